"""Running sums, products and recurrences in kernels: to the last bit those of the reference."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ir import Value
from bifront.compiler.ops import (
    add,
    cumprod,
    cumsum,
    exp,
    mul,
    recurrence,
    reduce_sum,
    sub,
    transpose,
)

from .both_backends import NUMBERS, SIZES, agree, sample

RNG = np.random.default_rng(0)
FLOATS = (np.float64, np.float32, np.float16)


def shapes(n: int) -> list[tuple[int, ...]]:
    return [(n,), (3, n), (2, n, 3), (n, 1)]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("function", [cumsum, cumprod])
def test_running_values(function: object, dtype: type) -> None:
    for n in SIZES:
        for shape in shapes(n):
            for axis in range(len(shape)):
                x = sample(RNG, shape, dtype)
                agree(lambda x, axis=axis: function(x, axis), x)  # type: ignore[operator]


@pytest.mark.parametrize("dtype", FLOATS)
def test_recurrences(dtype: type) -> None:
    for n in SIZES:
        for shape in shapes(n):
            for axis in range(len(shape)):
                a, b = sample(RNG, shape, dtype), sample(RNG, shape, dtype)
                agree(lambda a, b, axis=axis: recurrence(a, b, axis), a, b)
    first = np.array([np.nan, 0.5, 2.0])
    (y,) = agree(lambda a, b: recurrence(a, b, 0), first, np.array([1.0, 2.0, 3.0]))
    assert y.tolist() == [1.0, 2.5, 8.0]


def test_rounding_is_that_of_one_number_after_the_other() -> None:
    x = RNG.uniform(-1, 1, (4, 1000)).astype(np.float32)
    for axis in (0, 1):
        agree(lambda x, axis=axis: cumsum(x, axis), x)
        agree(lambda x, axis=axis: cumprod(add(x, 1.0), axis), x)  # type: ignore[arg-type]
        agree(lambda x, axis=axis: recurrence(x, transpose(transpose(x)), axis), x)
        agree(lambda x, axis=axis: recurrence(x, mul(x, x), axis), x)
    # A product of factors that overflows by itself is not formed.
    agree(lambda x: cumprod(x, 0), np.array([0.0, 1e300, 1e300, 1e300, 1.0] * 5))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("exclusive", [False, True])
def test_backwards_and_exclusive(reverse: bool, exclusive: bool) -> None:
    for n in SIZES:
        x = sample(RNG, (3, n), np.float32)
        for function in (cumsum, cumprod):
            for axis in (0, 1):
                agree(lambda x, f=function, axis=axis: f(x, axis, reverse, exclusive), x)
        agree(lambda x: cumsum(x, 0, reverse, exclusive), x, symbols=("n",))


def test_running_values_join_the_loops_around_them() -> None:
    x = RNG.uniform(-1, 1, (9, 37)).astype(np.float32)

    def shares(x: Value, axis: int) -> Value:
        run = cumsum(exp(x), axis)
        return sub(mul(run, 2.0), reduce_sum(run, axis, True))  # type: ignore[return-value,arg-type]

    def twice(x: Value, axis: int) -> Value:
        return cumsum(mul(cumsum(x, axis), x), axis)  # type: ignore[return-value]

    for axis in (0, 1):
        agree(lambda x, axis=axis: shares(x, axis), x, ulp=32)
        agree(lambda x, axis=axis: twice(x, axis), x)
        agree(lambda x, axis=axis: cumsum(twice(x, axis), 1 - axis), x)
