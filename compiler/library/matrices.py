"""Matrices that follow from positions: identity, diagonals, triangles; and ranges of numbers."""

from __future__ import annotations

from ..errors import ShapeError
from ..ir.dims import Dim
from ..ir.dtypes import DType, bool_, float32, int64
from ..ir.types import show_shape
from ..ops import (
    TensorLike,
    add,
    cast,
    div,
    eq,
    expand_dims,
    extent,
    ge,
    iota,
    le,
    lt,
    mul,
    pad,
    reduce_sum,
    reshape,
    slice_,
    sub,
    where,
)
from .common import Number, number

__all__ = [
    "arange", "diag", "diag_part", "eye", "linspace", "lower_mask", "lower_triangle",
    "sequence_mask", "trace", "upper_mask", "upper_triangle",
]  # fmt: skip


def _places(rows: Dim, columns: Dim) -> tuple[TensorLike, TensorLike]:
    """Row numbers as a column and column numbers, which broadcast to a matrix."""
    return expand_dims(iota(rows, int64), 1), iota(columns, int64)


def _shifted(places: TensorLike, offset: int) -> TensorLike:
    return add(places, offset) if offset else places


def eye(rows: Dim, columns: Dim | None = None, dtype: DType = float32) -> TensorLike:
    """1 on the diagonal, 0 elsewhere: ``[rows, columns]``."""
    i, j = _places(rows, rows if columns is None else columns)
    return cast(eq(i, j), dtype)


def lower_mask(rows: Dim, columns: Dim, offset: int = 0) -> TensorLike:
    """True on and below the diagonal number ``offset`` (positive ones lie above the main one): ``[rows, columns]``."""
    i, j = _places(rows, columns)
    return ge(_shifted(i, offset), j)


def upper_mask(rows: Dim, columns: Dim, offset: int = 0) -> TensorLike:
    """True on and above the diagonal number ``offset``: ``[rows, columns]``."""
    i, j = _places(rows, columns)
    return le(_shifted(i, offset), j)


def lower_triangle(x: TensorLike, offset: int = 0) -> TensorLike:
    """``x`` ``[..., n, m]`` with 0 above its diagonal number ``offset``."""
    rows, columns = x.shape[-2:]
    return where(lower_mask(rows, columns, offset), x, number(0, x))


def upper_triangle(x: TensorLike, offset: int = 0) -> TensorLike:
    """``x`` ``[..., n, m]`` with 0 below its diagonal number ``offset``."""
    rows, columns = x.shape[-2:]
    return where(upper_mask(rows, columns, offset), x, number(0, x))


def diag_part(x: TensorLike, offset: int = 0) -> TensorLike:
    """The diagonal number ``offset`` of each matrix: ``[..., n, m]`` to ``[..., length]``.

    Raises:
        ShapeError: the matrix is too small, or its size is not known.
    """
    *lead, n, m = x.shape
    if not isinstance(n, int) or not isinstance(m, int):
        raise ShapeError(f"the diagonal of {show_shape(x.shape)} needs matrices of known size")
    length = min(n, m - offset) if offset >= 0 else min(n + offset, m)
    if length < 0:
        raise ShapeError(f"{show_shape(x.shape)} has no diagonal number {offset}")
    start = offset if offset >= 0 else -offset * m
    limit = start + (length - 1) * (m + 1) + 1 if length else start
    flat = reshape(x, (*lead, n * m))
    none = [None] * len(lead)
    return slice_(flat, [*none, start], [*none, limit], [*[1] * len(lead), m + 1])


def trace(x: TensorLike) -> TensorLike:
    """The sum of the diagonal of each matrix."""
    return reduce_sum(diag_part(x), -1)


def diag(v: TensorLike, offset: int = 0) -> TensorLike:
    """Matrices with the vectors ``[..., n]`` on diagonal number ``offset``, 0 elsewhere."""
    n = v.shape[-1]
    i, j = _places(n, n)
    square = where(eq(i, j), expand_dims(v, -1), number(0, v))
    if not offset:
        return square
    sides = ((0, offset), (offset, 0)) if offset > 0 else ((-offset, 0), (0, -offset))
    return pad(square, [*[(0, 0)] * (v.ndim - 1), *sides])


def arange(start: Number, count: Dim, step: Number, dtype: DType) -> TensorLike:
    """``start``, ``start + step``, ... : ``count`` numbers."""
    places = iota(count, dtype)
    if not (isinstance(step, (int, float)) and step == 1):
        places = mul(places, step)
    return places if isinstance(start, (int, float)) and start == 0 else add(places, start)


def linspace(start: Number, stop: Number, count: Dim, dtype: DType = float32) -> TensorLike:
    """``count`` numbers at equal distances from ``start`` to ``stop``, both included."""
    places = iota(count, dtype)
    if count == 1:
        return add(places, start)
    steps = extent(count - 1, dtype)
    # Both ends are exact: the last place is the number of steps.
    fraction = div(places, steps)
    return add(mul(fraction, stop), mul(sub(1, fraction), start))


def sequence_mask(lengths: TensorLike, size: Dim, dtype: DType = bool_) -> TensorLike:
    """Which positions lie within sequences: integers ``[...]`` to ``[..., size]``."""
    return cast(lt(iota(size, lengths.dtype), expand_dims(lengths, -1)), dtype)
