"""Sizes that broadcasting leaves open: code for the case that they are equal, the reference for the others."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.compiler.ir import Graph

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


def two_placeholders() -> Graph:
    with tf.Graph().as_default():
        x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
        return bf.graph_of([tf.exp(x) * z + tf.tanh(x)], inputs=[x, z])


def test_two_sizes_that_are_taken_to_be_equal_are_one_loop() -> None:
    run = bf.compile(two_placeholders(), "native")
    assert "in 1 kernels" in run.explain()
    x = np.linspace(-1, 1, 50, dtype=np.float32)
    np.testing.assert_allclose(run(x, x)[0], np.exp(x) * x + np.tanh(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", [(1, 4), (4, 1), (2, 3)])
def test_sizes_that_are_not_equal_are_an_error(sizes: tuple[int, int]) -> None:
    arrays = [np.ones(n, np.float32) for n in sizes]
    with pytest.raises(bf.ShapeError) as wanted:
        bf.compile(two_placeholders(), "numpy")(*arrays)
    with pytest.raises(bf.ShapeError) as found:
        bf.compile(two_placeholders(), "native")(*arrays)
    assert str(found.value) == str(wanted.value)


def test_one_that_is_broadcast_after_all() -> None:
    with tf.Graph().as_default():
        x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
        graph = bf.graph_of([x + z], inputs=[x, z])
    arrays = np.ones(1, np.float32), np.arange(5, dtype=np.float32)
    outcomes = []
    for backend in ("native", "numpy"):
        try:
            outcomes.append([a.tolist() for a in bf.compile(graph, backend)(*arrays)])
        except bf.ShapeError as error:
            outcomes.append([str(error)])
    assert outcomes[0] == outcomes[1]
