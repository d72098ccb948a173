"""Sorting along one axis; equal elements keep their order, NaN counts as greater than everything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..dispatch.current import current
from ..ir.dtypes import int64
from ..ir.types import TensorType
from .constant import zeros_like
from .op import Kind, Op, Sample, TensorLike, define
from .rules import numbers
from .shapes import check_axes, normalize_axis

__all__ = ["ARGSORT", "SORT", "argsort", "sort"]


def _infer_sort(x: TensorType, *, axis: int, descending: bool) -> TensorType:
    numbers(x)
    check_axes((axis,), x.rank)
    return x


def _infer_argsort(x: TensorType, *, axis: int, descending: bool) -> TensorType:
    numbers(x)
    check_axes((axis,), x.rank)
    return x.with_dtype(int64)


def _evaluate_sort(x: np.ndarray, *, axis: int, descending: bool) -> np.ndarray:
    rising = np.sort(x, axis, kind="stable")
    return np.flip(rising, axis).copy() if descending else rising


def _evaluate_argsort(x: np.ndarray, *, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.argsort(x, axis, kind="stable")
    # Falling order is rising order read backwards; counting from the end keeps equal elements in order.
    rising = np.argsort(np.flip(x, axis), axis, kind="stable")
    falling: np.ndarray = x.shape[axis] - 1 - np.flip(rising, axis)
    return falling


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.permutation(24).reshape(2, 3, 4) + rng.uniform(0.1, 0.9, (2, 3, 4))
    yield Sample((x,), {"axis": 1, "descending": False})
    yield Sample((x,), {"axis": 2, "descending": True})
    yield Sample((x.astype(np.float32),), {"axis": 0, "descending": False})
    yield Sample((np.array([[3, 1, 3, 2, 1]]),), {"axis": 1, "descending": True})
    yield Sample(
        (np.array([2.0, np.nan, 1.0, 2.0]),), {"axis": 0, "descending": True}, differentiable=False
    )
    yield Sample((np.zeros((2, 0)),), {"axis": 1, "descending": False})


def _sort_vjp(
    g: TensorLike, y: TensorLike, x: TensorLike, *, axis: int, descending: bool
) -> TensorLike:
    from .scattering import scatter_add_along

    return scatter_add_along(zeros_like(x), argsort(x, axis, descending), g, axis)


def _sort_jvp(
    t: TensorLike, y: TensorLike, x: TensorLike, *, axis: int, descending: bool
) -> TensorLike:
    from .indexing import take_along

    return take_along(t, argsort(x, axis, descending), axis)


SORT = define(
    Op(
        name="sort",
        kind=Kind.SORTING,
        infer=_infer_sort,
        evaluate=_evaluate_sort,
        vjp=(_sort_vjp,),
        jvp=(_sort_jvp,),
        samples=_samples,
        doc="the elements along `axis` in rising (`descending`: falling) order",
    )
)
ARGSORT = define(
    Op(
        name="argsort",
        kind=Kind.SORTING,
        infer=_infer_argsort,
        evaluate=_evaluate_argsort,
        vjp=None,
        jvp=None,
        samples=_samples,
        doc="positions along `axis` of the elements in rising (`descending`: falling) order",
    )
)


def sort(x: TensorLike, axis: int, descending: bool = False) -> TensorLike:
    """The elements along ``axis`` in order."""
    attrs = {"axis": normalize_axis(axis, x.ndim), "descending": bool(descending)}
    return current().apply(SORT, (x,), attrs)


def argsort(x: TensorLike, axis: int, descending: bool = False) -> TensorLike:
    """The positions, as int64, that put the elements along ``axis`` in order; equal elements keep theirs."""
    attrs = {"axis": normalize_axis(axis, x.ndim), "descending": bool(descending)}
    return current().apply(ARGSORT, (x,), attrs)
