"""Concatenation, padding and replaced slices in kernels: every size, axis and element type, and what joins them."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ir import Value, symbol
from bifront.compiler.ops import (
    add,
    broadcast_to,
    concatenate,
    constant,
    flip,
    full,
    iota,
    matmul,
    mul,
    pad,
    reduce_sum,
    slice_,
    transpose,
    update_slice,
)

from .both_backends import NUMBERS, SIZES, agree, sample

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_concatenation(dtype: type, axis: int) -> None:
    for n in SIZES:
        shapes = [[3, 2, 5] for _ in range(3)]
        for shape, extent in zip(shapes, (n, 1, 17), strict=True):
            shape[axis] = extent
        xs = [sample(RNG, shape, dtype) for shape in shapes]
        agree(lambda *xs: concatenate(xs, axis), *xs)


def test_a_concatenation_of_many_is_copied() -> None:
    xs = [sample(RNG, (4, n), np.float32) for n in (3, 0, 16, 1, 5, 17, 2, 9, 33)]
    agree(lambda *xs: concatenate(xs, 1), *xs)
    agree(lambda *xs: concatenate([transpose(x) for x in xs], 0), *xs)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_padding(dtype: type) -> None:
    for n in SIZES:
        x = sample(RNG, (3, n), dtype)
        for value in (0, 1):
            agree(lambda x, value=value: pad(x, [(0, 0), (2, 3)], "constant", value), x)
            agree(lambda x, value=value: pad(x, [(1, 0), (0, 17)], "constant", value), x)
            agree(lambda x, value=value: pad(transpose(x), [(1, 4), (3, 1)], "constant", value), x)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "edge", "wrap"])
def test_padding_with_elements_of_its_own(mode: str) -> None:
    for n in (7, 16, 17, 40):
        x = sample(RNG, (5, n), np.float32)
        agree(lambda x: pad(x, [(3, 4), (5, 6)], mode), x)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_replaced_slices(dtype: type) -> None:
    for n in (7, 16, 17, 100):
        x = sample(RNG, (4, n), dtype)
        agree(lambda x, v: update_slice(x, v, (1, 2), (3, 6)), x, sample(RNG, (2, 4), dtype))
        agree(lambda x, v: update_slice(x, v, (0, 0), (4, 5)), x, sample(RNG, (4, 5), dtype))
        agree(lambda x, v: update_slice(x, v, (2, 0), (2, None)), x, sample(RNG, (0, n), dtype))
        for step in (2, 3, -2):
            v = x[::2, ::step]
            agree(
                lambda x, v, step=step: update_slice(x, v, (None, None), (None, None), (2, step)),
                x,
                np.flip(v, 0).copy(),
            )


def test_pieces_join_the_loops_around_them() -> None:
    x, y = sample(RNG, (9, 20), np.float32), sample(RNG, (9, 33), np.float32)

    def rotated(x: Value, y: Value) -> Value:
        halves = concatenate(
            [mul(slice_(y, (0, 16), (9, 33)), -1.0), slice_(y, (0, 0), (9, 16))], 1
        )  # type: ignore[arg-type]
        sums = add(mul(y, 2.0), halves)
        return add(sums, pad(x, [(0, 0), (5, 8)]))  # type: ignore[arg-type]

    agree(rotated, x, y)
    agree(lambda x, y: reduce_sum(pad(concatenate([x, y], 1), [(0, 0), (1, 2)]), 1), x, y, ulp=32)
    a, b = (np.nan_to_num(v, posinf=1, neginf=1) for v in (x, y))

    def product(x: Value, y: Value) -> Value:
        both = concatenate([x, y], 1)
        return matmul(both, both, False, True)  # type: ignore[return-value]

    agree(product, a, b, ulp=64)
    agree(lambda x, y: flip(concatenate([flip(x, (1,)), y], 1), (0, 1)), x, y)


def test_pieces_that_lie_in_no_memory() -> None:
    x = sample(RNG, (3, 7), np.float64)

    def made(x: Value) -> Value:
        ones = full((3, 2), 1.0, x.dtype)
        count = broadcast_to(iota(18, x.dtype), (3, 18))
        return concatenate([ones, x, count, broadcast_to(constant(2, x.dtype), (3, 1))], 1)  # type: ignore[return-value]

    agree(made, x)
    agree(lambda x: pad(iota(20, x.dtype), [(1, 2)], "constant", 5), x)
    agree(lambda x: update_slice(x, full((2, 3), 4.0, x.dtype), (0, 2), (2, 5)), x)


def test_pieces_of_any_size() -> None:
    for n in SIZES:
        x, y = sample(RNG, (n, 5), np.float32), sample(RNG, (n, 5), np.float32)
        agree(lambda x, y: concatenate([x, y], 0), x, y[: n // 2], symbols=("n", "m"))
        agree(lambda x, y: concatenate([x, y], 1), x, y, symbols=("n", "n"))
        agree(lambda x: pad(x, [(symbol("n"), 1), (0, 2)], "constant", 3), x, symbols=("n",))
        if n > 2:
            agree(
                lambda x, y: update_slice(x, slice_(y, (0, 0), (symbol("n") - 2, 5)), (1, 0), (symbol("n") - 1, 5)),
                x, y, symbols=("n", "n"),
            )  # fmt: skip


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_what_is_read_backwards(dtype: type) -> None:
    for n in SIZES:
        x = sample(RNG, (3, n), dtype)
        agree(lambda x: flip(x, (0, 1)), x)
        agree(lambda x: pad(flip(x, (1,)), [(0, 1), (2, 3)]), x)
        agree(lambda x: concatenate([flip(x, (1,)), x], 1), x)
