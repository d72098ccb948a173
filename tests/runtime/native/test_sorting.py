"""Sorting by native code: equal elements in order, a NaN after all numbers, every axis and length."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ops import add, argsort, flip, sort, take_along, transpose

from .both_backends import NUMBERS, SIZES, agree, sample

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("descending", [False, True])
def test_orders(dtype: type, descending: bool) -> None:
    for n in (*SIZES, 2, 1000):
        for shape in ((n,), (3, n), (2, n, 3)):
            for axis in range(len(shape)):
                x = sample(RNG, shape, dtype)
                (found,) = agree(lambda x, axis=axis: sort(x, axis, descending), x)
                if np.dtype(dtype).kind == "f":
                    wanted = np.sort(x, axis, kind="stable")
                    wanted = np.flip(wanted, axis) if descending else wanted
                    # Zeros of either sign are equal, and keep their order.
                    assert (np.signbit(found) == np.signbit(wanted))[~np.isnan(found)].all()
                agree(lambda x, axis=axis: argsort(x, axis, descending), x)


def test_orders_of_what_is_in_order() -> None:
    for x in (np.arange(100), np.arange(100)[::-1].copy(), np.zeros(100, np.int64)):
        for descending in (False, True):
            agree(lambda x, d=descending: [sort(x, 0, d), argsort(x, 0, d)], x)
    agree(lambda x: argsort(x, 0), np.array([0, 255, 128, 127] * 9, np.uint8))
    agree(lambda x: argsort(x, 0), np.array([-128, 127, 0, -1] * 9, np.int8))


def test_what_is_around() -> None:
    x = sample(RNG, (5, 33), np.float32)
    agree(lambda x: sort(flip(transpose(x), (0,)), 0), x)
    agree(lambda x: take_along(x, argsort(add(x, x), 1, True), 1), x)
    for n in SIZES:
        y = sample(RNG, (n, 4), np.float64)
        agree(lambda x: [sort(x, 0), argsort(x, 1, True), argsort(x, 0)], y, symbols=("n",))
