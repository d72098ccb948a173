"""Positions of extremes in kernels: the first of equals, and a NaN before all numbers."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ir import Value
from bifront.compiler.ops import (
    argmax,
    argmin,
    exp,
    flip,
    one_hot,
    reduce_max,
    reduce_sum,
    sub,
    transpose,
)

from .both_backends import NUMBERS, SIZES, agree, sample

RNG = np.random.default_rng(0)
BOTH = (argmax, argmin)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("function", BOTH)
def test_positions(function: object, dtype: type) -> None:
    for n in SIZES[1:]:
        for shape in ((n,), (3, n), (2, n, 3)):
            for axis in range(len(shape)):
                x = sample(RNG, shape, dtype)
                agree(lambda x, axis=axis: function(x, axis), x)  # type: ignore[operator]
    agree(lambda x: function(x, 1), sample(RNG, (0, 3), dtype))  # type: ignore[operator]


@pytest.mark.parametrize("function", BOTH)
def test_the_first_of_equals(function: object) -> None:
    for n in SIZES[1:]:
        for value in (0.0, -np.inf, np.inf, np.nan):
            x = np.full((2, n), value, np.float32)
            for axis in (0, 1):
                (found,) = agree(lambda x, axis=axis: function(x, axis), x)  # type: ignore[operator]
                assert not found.any()
    for dtype, number in ((np.uint8, 0), (np.uint8, 255), (np.int8, -128), (np.int8, 127)):
        agree(lambda x: function(x, 0), np.full((40,), number, dtype))  # type: ignore[operator]
    x = np.array([0.0, -0.0] * 20, np.float32)
    agree(lambda x: function(x, 0), x)  # type: ignore[operator]
    agree(lambda x: function(flip(x, (0,)), 0), np.arange(33.0) % 7)  # type: ignore[operator]


def test_positions_join_the_loops_around_them() -> None:
    x = RNG.standard_normal((17, 40)).astype(np.float32)

    def probabilities(x: Value) -> list[Value]:
        e = exp(sub(x, reduce_max(x, 1, True)))
        return [reduce_sum(e, 1), argmax(e, 1), argmin(sub(e, reduce_sum(e, 1, True)), 1)]  # type: ignore[list-item]

    agree(probabilities, x, ulp=32)
    agree(lambda x: argmax(transpose(x), 0), x)
    agree(lambda x: one_hot(argmax(x, 1), 40, x.dtype), x)
    agree(lambda x: argmax(x, 0), x, symbols=("n",))
    agree(lambda x: argmax(x, 1), x, symbols=("n",))
