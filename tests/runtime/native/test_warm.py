"""What a program finds in the cache is neither written nor compiled anew, whatever its sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.compiler.ir import symbol
from bifront.compiler.ir.dims import FloorDiv
from bifront.runtime.native.cache import Cache
from bifront.runtime.native.places import Sizes

engine = pytest.importorskip("bifront.runtime.native.engine")
pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


def test_sizes_come_back() -> None:
    batch, length = symbol("batch"), symbol("length")
    half = (batch * length + 1) // 2
    assert any(isinstance(atom, FloorDiv) for monomial, _ in half.terms for atom in monomial)
    sizes = Sizes()
    for dim in (batch * 3 + length, half, (half - length) // batch, length * length):
        sizes.of(dim)
    sizes.count += 1
    other = Sizes()
    other.restore(sizes.to_text())
    assert other.dims == sizes.dims
    assert other.count == sizes.count == 5
    assert other.of(half) == 1
    assert other.of(batch) == 5


def program() -> bf.Graph:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 5])
        y = tf.reduce_sum(tf.reshape(tf.exp(x), [-1]), axis=0) + tf.nn.softmax(x[1:], axis=0)
        return bf.graph_of([y], inputs=[x])


def test_second_start_writes_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Cache(str(tmp_path / "cache"))
    monkeypatch.setattr(engine, "disk", lambda: store)
    data = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
    first = bf.compile(program(), "native")
    (expected,) = first(data)
    assert "text" in vars(first._fresh)

    def refuse(text: str) -> bytes:
        raise AssertionError("compiled again")

    monkeypatch.setattr(engine, "_compile", refuse)
    again = bf.compile(program(), "native")
    for rows in (6, 4, 9):
        np.testing.assert_array_equal(
            again(np.resize(data, (rows, 5)))[0], first(np.resize(data, (rows, 5)))[0]
        )
    np.testing.assert_array_equal(again(data)[0], expected)
    assert "text" not in vars(again._fresh)
    assert again.source == first.source
