"""Order: extremes with their positions, sorting, selection by rank, search."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.errors import AttributeValueError, Place
from ...compiler.location import Location
from .api import export
from .arguments import axis_of
from .outside import outside
from .tensor import Tensor, wrap


@cache
def named(function: str, *fields: str) -> Any:
    """The class of a result with names: ``torch.return_types.max(values=..., indices=...)``."""

    def show(self: tuple[Tensor, ...]) -> str:
        parts = ",\n".join(f"{f}={v!r}" for f, v in zip(fields, self, strict=True))
        return f"torch.return_types.{function}(\n{parts})"

    made = namedtuple(function, fields)  # type: ignore[misc]
    made.__repr__ = made.__str__ = show  # type: ignore[method-assign, assignment]
    made.__module__ = "torch.return_types"
    return made


def _at(input: Tensor, indices: Any, axis: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The values at one position of the axis each, and the positions."""
    kept = ops.expand_dims(indices, axis)
    values = ops.take_along(input.array, kept, axis)
    if not keepdim:
        return wrap(ops.squeeze(values, axis)), wrap(indices)  # type: ignore[arg-type]
    return wrap(values), wrap(kept)  # type: ignore[arg-type]


def _extreme(name: str) -> None:
    largest = name == "max"

    def apply(
        input: Tensor,
        dim: Any = None,
        keepdim: bool = False,
        *,
        axis: int | None = None,
        keepdims: bool = False,
        other: Tensor | None = None,
    ) -> Any:
        if other is not None:
            dim = other
        scalar = isinstance(dim, Tensor) and not dim.array.data.ndim
        if isinstance(dim, Tensor) and not (scalar and dim.array.data.dtype.kind in "iu"):
            return (input.maximum if largest else input.minimum)(dim)
        dim = axis if dim is None else dim
        array = input.array
        if dim is None:
            if not array.data.size:
                raise AttributeValueError(
                    f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                    "reduction dim with the 'dim' argument.",
                    places=(Place("here", Location.here(1)),),
                )
            return wrap((ops.reduce_max if largest else ops.reduce_min)(array))  # type: ignore[arg-type]
        result = named(name, "values", "indices")
        at = axis_of(input, dim)
        if not array.data.ndim:
            return result(input.clone(), wrap(ops.constant(0, ops.argmax(ops.reshape(array, (1,)), 0).dtype)))  # type: ignore[arg-type]  # fmt: skip
        source = array if array.data.dtype.kind != "b" else ops.cast(array, _byte())
        indices = (ops.argmax if largest else ops.argmin)(source, at)
        return result(*_at(input, indices, at, keepdim or keepdims))

    apply.__name__ = name
    export(name, out=True)(apply)


def _byte() -> Any:
    from .dtypes import uint8

    return uint8.ir


_extreme("max")
_extreme("min")


@export("sort")
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The values in order, and where they were."""
    result = named("sort", "values", "indices")
    if not input.array.data.ndim:
        return result(input.clone(), outside("sort", np.zeros_like, input).long())
    at = axis_of(input, dim)
    indices = ops.argsort(input.array, at, descending)
    return result(wrap(ops.take_along(input.array, indices, at)), wrap(indices))  # type: ignore[arg-type]


@export("argsort")
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the values in order are."""
    return sort(input, dim, descending).indices  # type: ignore[no-any-return]


@export("msort")
def msort(input: Tensor) -> Tensor:
    return sort(input, 0).values  # type: ignore[no-any-return]


@export("topk")
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The ``k`` greatest (smallest) values in order, and where they are.

    Raises:
        AttributeValueError: there are fewer than ``k``.
    """
    result = named("topk", "values", "indices")
    at = axis_of(input, dim)
    shape = input.array.data.shape
    extent = shape[at] if shape else 1
    if not 0 <= k <= extent:
        raise AttributeValueError(
            f"selected index k out of range: {k} of {extent}",
            places=(Place("here", Location.here(1)),),
        )
    if not shape:
        return result(*sort(input, 0))
    limits = [k if a == at else d for a, d in enumerate(shape)]
    order = ops.argsort(input.array, at, largest)
    indices = ops.slice_(order, [0] * len(shape), limits)
    return result(wrap(ops.take_along(input.array, indices, at)), wrap(indices))  # type: ignore[arg-type]


@export("kthvalue")
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The ``k``-th smallest value along a dimension, counted from 1, and where it is."""
    at = axis_of(input, dim)
    order = wrap(ops.argsort(input.array, at, False))  # type: ignore[arg-type]
    return named("kthvalue", "values", "indices")(
        *_at(input, order.select(at, k - 1).array, at, keepdim)
    )


@export("median")
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median: of all numbers, or along a dimension with its position."""
    if dim is None:
        flat = input.reshape(-1)
        return kthvalue(flat, (flat.array.data.size + 1) // 2, 0).values
    extent = input.array.data.shape[axis_of(input, dim)]
    return named("median", "values", "indices")(*kthvalue(input, (extent + 1) // 2, dim, keepdim))


@export("mode")
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent value along a dimension (the smallest of several), and the last place it stands at."""
    at = axis_of(input, dim)

    def last_of_mode(row: np.ndarray) -> int:
        values, counts = np.unique(row, return_counts=True)
        return int(np.flatnonzero(row == values[counts.argmax()])[-1])

    indices = outside("mode", lambda x: np.apply_along_axis(last_of_mode, at, x), input).array
    return named("mode", "values", "indices")(*_at(input, indices, at, keepdim))


@export("quantile")
def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The value below which the fraction ``q`` lies, between neighbours by linear interpolation."""
    points = q.tolist() if isinstance(q, Tensor) else q
    source = input.reshape(-1) if dim is None else input
    at = 0 if dim is None else axis_of(input, dim)
    values = source.sort(at).values
    last = values.array.data.shape[at] - 1

    def one(fraction: float) -> Tensor:
        place = fraction * last
        low = min(int(place), last)
        a = values.select(at, low)
        b = values.select(at, min(low + 1, last))
        found = a + (b - a) * (place - low)
        return found.unsqueeze(at) if keepdim and dim is not None else found  # type: ignore[no-any-return]

    if isinstance(points, list):
        from .combining import stack

        return stack([one(p) for p in points])
    return one(points)


@export("cummax")
def cummax(input: Tensor, dim: int) -> Any:
    """The greatest value so far, and where it stands."""
    return _running_extreme(input, dim, "cummax", np.maximum)


@export("cummin")
def cummin(input: Tensor, dim: int) -> Any:
    """The smallest value so far, and where it stands."""
    return _running_extreme(input, dim, "cummin", np.minimum)


def _running_extreme(input: Tensor, dim: int, name: str, function: np.ufunc) -> Any:
    at = axis_of(input, dim)

    def positions(x: np.ndarray) -> np.ndarray:
        shape = [-1 if a == at else 1 for a in range(x.ndim)]
        here = np.broadcast_to(np.arange(x.shape[at]).reshape(shape), x.shape)
        found: np.ndarray = np.maximum.accumulate(
            np.where(x == function.accumulate(x, axis=at), here, 0), axis=at
        )
        return found

    indices = outside(name, positions, input)
    values = ops.take_along(input.array, indices.array, at)
    return named(name, "values", "indices")(wrap(values), indices)  # type: ignore[arg-type]


@export("searchsorted", method=False)
def searchsorted(
    sorted_sequence: Tensor, values: Any, *, right: bool = False, side: str | None = None
) -> Tensor:
    """Where each value would be put in to keep the order."""
    place: Any = side or ("right" if right else "left")

    def search(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        if rows.ndim == 1:
            return np.asarray(np.searchsorted(rows, x, place))
        flat = rows.reshape(-1, rows.shape[-1])
        wanted = np.asarray(x).reshape(flat.shape[0], -1)
        found = [np.searchsorted(r, w, place) for r, w in zip(flat, wanted, strict=True)]
        return np.array(found).reshape(np.shape(x))

    return outside("searchsorted", search, sorted_sequence, values)  # type: ignore[no-any-return]


@export("bucketize", method=False)
def bucketize(input: Any, boundaries: Tensor, *, right: bool = False) -> Tensor:
    return searchsorted(boundaries, input, right=right)
