"""Elements that integers pick: tables of any layout, and indices out of range."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.ir.dtypes import int64
from bifront.compiler.ops import (
    add,
    broadcast_to,
    flip,
    gather,
    gather_nd,
    iota,
    mul,
    reshape,
    scatter_add,
    take_along,
    transpose,
)

from .both_backends import NUMBERS, SIZES, agree, built, sample

RNG = np.random.default_rng(0)
INDICES = (np.int8, np.int32, np.int64, np.uint8)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_picking_by_several_indices(dtype: type) -> None:
    for n in SIZES:
        x = sample(RNG, (5, 3, max(n, 1)), dtype)
        i, j = RNG.integers(-5, 5, (n,)), RNG.integers(-3, 3, (n,))
        agree(lambda x, i, j: gather_nd(x, i, j), x, i, j)
        agree(lambda x, i, j: gather_nd(x, i, j), x, i[:, None], j[None, :7])
        agree(lambda x, i: gather_nd(x, i), x, i)
        agree(lambda x, i: gather_nd(transpose(x), i), x, np.zeros((n,), np.int64))
    agree(lambda x: gather_nd(x), sample(RNG, (5, 3), dtype))
    agree(gather_nd, sample(RNG, (5, 3), dtype), np.array(-1), np.array([0, 2]))


@pytest.mark.parametrize("index", INDICES)
def test_picking_along_an_axis(index: type) -> None:
    for n in SIZES:
        x = sample(RNG, (6, 17), np.float32)
        low = 0 if index is np.uint8 else -6
        i = RNG.integers(low, 6, (n, 3)).astype(index)
        agree(lambda x, i: gather(x, i, 0), x, i)
        agree(lambda x, i: gather(flip(transpose(x), (0,)), i, 1), x, i)
        agree(lambda x, i: mul(gather(x, i, 1), 2.0), x, i)  # type: ignore[arg-type]
        agree(lambda x, i: take_along(x, i, 0), x, RNG.integers(low, 6, (n, 17)).astype(index))
        agree(lambda x, i: gather(x, i, 0), x, i, symbols=("m", "n"))


def test_tables_that_lie_in_no_memory() -> None:
    i = np.array([1, 4, -1])
    agree(lambda i: gather(iota(5, int64), i, 0), i)
    agree(lambda i: gather(add(iota(5, int64), i), i, 0), np.array([1, 4, -1, 0, 0]))


@pytest.mark.parametrize("bad", [5, -6, 2**40])
def test_an_index_out_of_range_raises_the_error(bad: int) -> None:
    x, i, j = np.zeros((5, 3)), np.array([0, 4, bad]), np.array([0, 1, 2])
    for function in (
        lambda x, i, j: gather_nd(x, i, j),
        lambda x, i, j: gather(x, i, 0),
        lambda x, i, j: take_along(x, broadcast_to(reshape(i, (3, 1)), (3, 3)), 0),
    ):
        executable = bf.compile(built(function, (x, i, j)), "native")
        assert executable(x, i % 5, j)
        with pytest.raises(bf.IndexOutOfRange, match=f"index {bad} is out of range for axis 0"):
            executable(x, i, j)


def test_an_error_is_raised_though_there_is_nothing_to_compute() -> None:
    x, u, i = np.zeros((0, 5)), np.zeros((0, 1)), np.array([5])
    for symbols in ((), ("n", "n")):
        graph = built(lambda x, u, i: scatter_add(x, i, u, 1), (x, u, i), symbols)
        with pytest.raises(bf.IndexOutOfRange):
            bf.compile(graph, "native")(x, u, i)
