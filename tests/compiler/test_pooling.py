"""Pooling against its definition; ties, padding, NaN."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bifront.compiler.errors import AttributeValueError, DTypeError, ShapeError
from bifront.compiler.ir import symbol
from bifront.compiler.ops import max_pool, pool_argmax, sum_pool, sum_unpool

from .support import gradients, shape_of, value

NONE = ((0, 0), (0, 0))
CASES = {
    "tiles": ((2, 3, 6, 8), (2, 2), (2, 2), NONE, (1, 1)),
    "overlap": ((2, 3, 7, 7), (3, 3), (1, 2), NONE, (1, 1)),
    "padding": ((2, 3, 6, 7), (3, 2), (2, 1), ((1, 1), (0, 1)), (1, 1)),
    "dilation": ((2, 3, 9, 9), (2, 3), (2, 2), ((1, 0), (0, 0)), (3, 2)),
    "one dimension": ((2, 3, 9), (4,), (3,), ((2, 1),), (1,)),
}
NAMES = ("shape", "window", "strides", "padding", "dilation")
every_case = pytest.mark.parametrize(NAMES, CASES.values(), ids=CASES)


def windows(x, window, strides, padding, dilation, fill):
    """What each window sees, one after the other in the last axis."""
    x = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=fill)
    extents = [
        (d - t * (k - 1) - 1) // s + 1
        for d, k, s, t in zip(x.shape[2:], window, strides, dilation, strict=True)
    ]
    seen = np.zeros((*x.shape[:2], *extents, int(np.prod(window))), x.dtype)
    for place in product(*map(range, extents)):
        cut = [
            slice(p * s, p * s + t * (k - 1) + 1, t)
            for p, s, k, t in zip(place, strides, window, dilation, strict=True)
        ]
        seen[(slice(None), slice(None), *place)] = x[(..., *cut)].reshape(*x.shape[:2], -1)
    return seen


@every_case
def test_maxima(shape, window, strides, padding, dilation) -> None:
    x = np.random.default_rng(0).standard_normal(shape) - 5  # all negative: padding must not win
    how = (window, strides, padding, dilation)
    y = max_pool(value(x), *how).data
    assert np.array_equal(y, windows(x, *how, -np.inf).max(-1))
    chosen = pool_argmax(value(x), *how).data
    flat = x.reshape(*x.shape[:2], -1)
    picked = np.take_along_axis(flat, chosen.reshape(*x.shape[:2], -1), 2)
    assert np.array_equal(picked.reshape(y.shape), y)


@every_case
def test_sums_and_their_adjoint(shape, window, strides, padding, dilation) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    how = (window, strides, padding, dilation)
    y = sum_pool(value(x), *how).data
    np.testing.assert_allclose(y, windows(x, *how, 0).sum(-1), atol=1e-12)
    g = rng.standard_normal(y.shape)
    back = sum_unpool(value(g), shape[2:], *how).data
    assert float(np.sum(back * x)) == pytest.approx(float(np.sum(y * g)))


def test_the_first_of_equals_takes_the_gradient() -> None:
    (g,) = gradients(lambda x: max_pool(x, (2, 2), (2, 2), NONE), np.zeros((1, 1, 2, 4)))
    assert g[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_nan_wins() -> None:
    x = np.array([1.0, np.nan, 3.0, 2.0]).reshape(1, 1, 4)
    how = ((2,), (2,), ((0, 0),))
    assert np.isnan(max_pool(value(x), *how).data[0, 0, 0])
    assert pool_argmax(value(x), *how).data.tolist() == [[[1, 2]]]


def test_minus_infinity_beats_padding() -> None:
    x = np.full((1, 1, 2), -np.inf)
    assert pool_argmax(value(x), (2,), (2,), ((1, 1),)).data.tolist() == [[[0, 1]]]


def test_integers() -> None:
    x = np.arange(-8, 0, dtype=np.int8).reshape(1, 1, 8)
    assert max_pool(value(x), (3,), (3,), ((1, 0),)).data.tolist() == [[[-7, -4, -1]]]


def test_symbolic() -> None:
    batch, width = symbol("batch"), symbol("width")
    shape = shape_of(lambda x: max_pool(x, (2, 2), (2, 2), NONE), (batch, 3, 8, width))
    assert isinstance(shape, tuple)
    assert shape[:3] == (batch, 3, 4)


def test_padding_that_fills_a_window() -> None:
    with pytest.raises(AttributeValueError, match="could see padding only"):
        max_pool(value(np.zeros((1, 1, 4))), (2,), (2,), ((2, 0),))


def test_a_window_larger_than_the_image() -> None:
    with pytest.raises(ShapeError, match=r"window of 5 .* spatial axis 1 of extent 4"):
        max_pool(value(np.zeros((1, 1, 5, 4))), (5, 5), (1, 1), NONE)
    with pytest.raises(ShapeError, match="2 spatial axes"):
        sum_pool(value(np.zeros((1, 1, 5))), (2, 2), (1, 1), NONE)


def test_bool_has_no_sum() -> None:
    with pytest.raises(DTypeError):
        sum_pool(value(np.zeros((1, 1, 5), bool)), (2,), (1,), ((0, 0),))


def test_a_window_that_sees_the_border_alone_has_no_maximum() -> None:
    """Positions are those of PyTorch's `max_pool2d(x, 2, 1, 1, (4, 1), return_indices=True)`."""
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    how = ((2, 2), (1, 1), ((1, 1), (1, 1)), (4, 1))
    assert np.isneginf(max_pool(value(x), *how).data).all()
    assert pool_argmax(value(x), *how).data.tolist() == [[[[12, 12, 13, 14, 15]]]]
    (found,) = gradients(lambda x: max_pool(x, *how), x)
    assert not found.any()


def test_gradients_beside_windows_that_see_the_border_alone() -> None:
    x = np.random.default_rng(0).standard_normal((2, 2, 2, 3))
    how = ((2, 2), (1, 1), ((2, 2), (1, 1)), (3, 1))
    y, chosen = max_pool(value(x), *how).data, pool_argmax(value(x), *how).data
    seen = np.isfinite(y)
    assert seen.any()
    assert not seen.all()
    wanted = np.zeros((2, 2, 6))
    for n, c, *place in np.argwhere(seen):
        wanted[n, c, chosen[n, c, *place]] += 1
    (found,) = gradients(lambda x: max_pool(x, *how), x)
    assert np.array_equal(found, wanted.reshape(x.shape))
