"""Large kernels share their work among threads, and give what one thread gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, symbol
from bifront.compiler.ir.dtypes import float32

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = bf.get_num_threads()
    yield
    bf.set_num_threads(before)


def graph(rows: int, columns: int, inner: int, symbolic: bool) -> Graph:
    builder = Building("large")
    m = symbol("m") if symbolic else rows
    x = builder.input(TensorType(float32, (m, inner)), "x")
    w = builder.input(TensorType(float32, (inner, columns)), "w")
    with using(builder):
        y = ops.tanh(ops.matmul(x, w))
        z = ops.exp(ops.mul(y, y))
        total = ops.reduce_sum(z, (1,))
        spread = ops.reduce_sum(z, (0,))
    return builder.close([x, w], [y, z, total, spread])


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("rows", "columns", "inner"), [(513, 301, 67), (4001, 33, 5), (40, 6007, 9)]
)
def test_threads_change_no_bit(rows: int, columns: int, inner: int, symbolic: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, inner)).astype(np.float32)
    w = rng.standard_normal((inner, columns)).astype(np.float32)
    executable = bf.compile(graph(rows, columns, inner, symbolic), "native")
    found = []
    for count in (1, 2, 3):
        bf.set_num_threads(count)
        found.append([a.tobytes() for a in executable(x, w)])
    assert found[0] == found[1] == found[2]
    wanted = bf.compile(executable.graph, "numpy")(x, w)
    for a, b in zip(executable(x, w), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5)
