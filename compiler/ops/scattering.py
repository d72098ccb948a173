"""Writing where integers say: the adjoints of the operations that read, and slices replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from ..dispatch.current import current
from ..errors import ShapeError
from ..ir.dims import Dim
from ..ir.types import Shape, TensorType, show_shape, unify
from .accuracy import SUM
from .constant import zeros_like
from .indexing import (
    gather,
    gather_nd,
    infer_gather,
    infer_gather_nd,
    infer_take_along,
    nothing_like,
    take_along,
)
from .movement import broadcast_to
from .op import ForEach, Kind, Op, Sample, TensorLike, define
from .positions import along, checked, flat, sum_at, sum_rows
from .shapes import normalize_axis, same_dtype
from .slicing import check_limits, cut, flip, normalize_slice, slice_length

__all__ = [
    "SCATTER_ADD", "SCATTER_ADD_ALONG", "SCATTER_ADD_ND", "SCATTER_SET_ND", "UPDATE_SLICE",
    "scatter_add", "scatter_add_along", "scatter_add_nd", "scatter_set_nd", "update_slice",
]  # fmt: skip


def _same_shape(name: str, got: Shape, want: Shape) -> None:
    if len(got) != len(want) or any(unify(a, b) is None for a, b in zip(got, want, strict=True)):
        raise ShapeError(f"{name} must have shape {show_shape(want)}, got {show_shape(got)}")


# --- whole slices along one axis ---


def _scatter_add_samples(rng: np.random.Generator) -> Iterator[Sample]:
    draw = rng.standard_normal
    yield Sample((draw((4, 3)), np.array([2, 0, 2]), draw((3, 3))), {"axis": 0})
    yield Sample((draw((2, 4)), np.array([[-1, 0], [1, 1]]), draw((2, 2, 2))), {"axis": 1})
    yield Sample((draw((4,)), np.array(1), draw(())), {"axis": 0})
    yield Sample((draw((4, 2)), np.zeros((0,), np.int64), draw((0, 2))), {"axis": 0})


def _infer_scatter_add(
    x: TensorType, indices: TensorType, updates: TensorType, *, axis: int
) -> TensorType:
    same_dtype(x, updates)
    _same_shape("updates", updates.shape, infer_gather(x, indices, axis=axis).shape)
    return x


def _evaluate_scatter_add(
    x: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, axis: int
) -> np.ndarray:
    before, extent, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if updates.shape != before + indices.shape + after or x.dtype != updates.dtype:
        raise ValueError("scatter_add: the type rules say why")
    places = checked(indices, extent, axis).reshape(-1)
    planes = updates.reshape(prod(before), places.size, prod(after)).swapaxes(0, 1)
    rows = planes.reshape(places.size, prod(before) * prod(after))
    sums = sum_rows(extent, places, rows).reshape(extent, prod(before), prod(after))
    return added(x, sums.swapaxes(0, 1).reshape(x.shape))


def added(x: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """``x + sums``, in the memory of the sums; there is nothing to do where ``x`` is a single zero spread out."""
    if x.size and not any(x.strides) and not x[(0,) * x.ndim]:
        return sums
    sums += x
    return sums


SCATTER_ADD = define(
    Op(
        name="scatter_add",
        kind=Kind.INDEXING,
        infer=_infer_scatter_add,
        evaluate=_evaluate_scatter_add,
        vjp=(
            lambda g, y, x, indices, updates, *, axis: g,
            None,
            lambda g, y, x, indices, updates, *, axis: gather(g, indices, axis),
        ),
        jvp=(
            lambda t, y, x, indices, updates, *, axis: t,
            None,
            lambda t, y, x, indices, updates, *, axis: scatter_add(
                nothing_like(x), indices, t, axis
            ),
        ),
        samples=_scatter_add_samples,
        doc="x with slices of updates added at `indices` along `axis`, as often as an index occurs",
        accuracy=SUM,
    )
)


def scatter_add(
    x: TensorLike, indices: TensorLike, updates: TensorLike, axis: int = 0
) -> TensorLike:
    """``x`` with ``updates`` (shaped as ``gather(x, indices, axis)``) added where the indices point.

    Raises:
        IndexOutOfRange: an index beyond the axis.
        ShapeError: updates of another shape.
    """
    attrs = {"axis": normalize_axis(axis, x.ndim)}
    return current().apply(SCATTER_ADD, (x, indices, updates), attrs)


# --- single elements along one axis ---


def _scatter_add_along_samples(rng: np.random.Generator) -> Iterator[Sample]:
    draw = rng.standard_normal
    yield Sample(
        (draw((2, 4)), np.array([[1, 1, 0], [-1, 2, 3]]), draw((2, 3))),
        {"axis": 1},
    )
    yield Sample((draw((3, 2)), np.array([[2, 0]]), draw((1, 2))), {"axis": 0})
    yield Sample((draw((2, 4)), np.zeros((2, 0), np.int64), draw((2, 0))), {"axis": 1})


def _infer_scatter_add_along(
    x: TensorType, indices: TensorType, updates: TensorType, *, axis: int
) -> TensorType:
    same_dtype(x, updates)
    infer_take_along(x, indices, axis=axis)
    _same_shape("updates", updates.shape, indices.shape)
    return x


def _evaluate_scatter_add_along(
    x: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, axis: int
) -> np.ndarray:
    if updates.shape != indices.shape or x.dtype != updates.dtype:
        raise ValueError("scatter_add_along: the type rules say why")
    # One index for each row along the axis: no two of them meet.
    apart = indices.shape[axis] == 1
    return added(x, sum_at(x.shape, along(x.shape, indices, axis), updates, apart))


SCATTER_ADD_ALONG = define(
    Op(
        name="scatter_add_along",
        kind=Kind.INDEXING,
        infer=_infer_scatter_add_along,
        evaluate=_evaluate_scatter_add_along,
        vjp=(
            lambda g, y, x, indices, updates, *, axis: g,
            None,
            lambda g, y, x, indices, updates, *, axis: take_along(g, indices, axis),
        ),
        jvp=(
            lambda t, y, x, indices, updates, *, axis: t,
            None,
            lambda t, y, x, indices, updates, *, axis: scatter_add_along(
                nothing_like(x), indices, t, axis
            ),
        ),
        samples=_scatter_add_along_samples,
        doc="x with single updates added at `indices` along `axis`",
        accuracy=SUM,
    )
)


def scatter_add_along(
    x: TensorLike, indices: TensorLike, updates: TensorLike, axis: int
) -> TensorLike:
    """``x`` with ``updates`` (shaped as ``indices``) added at the places that `take_along` reads.

    Raises:
        IndexOutOfRange: an index beyond the axis.
        ShapeError: shapes that do not fit.
    """
    attrs = {"axis": normalize_axis(axis, x.ndim)}
    return current().apply(SCATTER_ADD_ALONG, (x, indices, updates), attrs)


# --- several leading axes at once ---


def _scatter_nd_samples(rng: np.random.Generator) -> Iterator[Sample]:
    draw = rng.standard_normal
    x = draw((3, 4, 2))
    yield Sample((x, draw((3, 2)), np.array([0, 2, -1]), np.array([1, 1, 3])))
    yield Sample((x, draw((2, 2, 2)), np.array([[0], [2]]), np.array([1, 3])))
    yield Sample((x, draw((4, 2)), np.array(1)))


def _scatter_add_nd_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield from _scatter_nd_samples(rng)
    yield Sample((np.zeros((3,)), rng.standard_normal((4,)), np.array([0, 2, 0, 0])))


def _infer_scatter_nd(x: TensorType, updates: TensorType, *indices: TensorType) -> TensorType:
    same_dtype(x, updates)
    _same_shape("updates", updates.shape, infer_gather_nd(x, *indices).shape)
    return x


def _rows(x: np.ndarray, updates: np.ndarray, indices: Sequence[np.ndarray]) -> np.ndarray:
    """The indices as places among the rows of ``x`` (all its leading axes as one)."""
    places = flat(x.shape[: len(indices)], indices)
    if updates.shape != places.shape + x.shape[len(indices) :] or x.dtype != updates.dtype:
        raise ValueError("the type rules say why")
    return places.reshape(-1)


def _evaluate_scatter_add_nd(
    x: np.ndarray, updates: np.ndarray, *indices: np.ndarray
) -> np.ndarray:
    places = _rows(x, updates, indices)
    count, width = prod(x.shape[: len(indices)]), prod(x.shape[len(indices) :])
    sums = sum_rows(count, places, updates.reshape(places.size, width))
    return added(x, sums.reshape(x.shape))


def _evaluate_scatter_set_nd(
    x: np.ndarray, updates: np.ndarray, *indices: np.ndarray
) -> np.ndarray:
    places = _rows(x, updates, indices)
    count, width = prod(x.shape[: len(indices)]), prod(x.shape[len(indices) :])
    out = x.copy(order="C")
    out.reshape(count, width)[places] = updates.reshape(places.size, width)
    return out


def _scatter_add_nd_rule(
    i: int, g: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    return g if i == 0 else gather_nd(g, *indices)


def _scatter_add_nd_forward(
    i: int, t: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    return t if i == 0 else scatter_add_nd(nothing_like(x), t, *indices)


def _scatter_set_nd_rule(
    i: int, g: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    if i == 0:
        return scatter_set_nd(g, zeros_like(updates), *indices)
    return gather_nd(g, *indices)


def _scatter_set_nd_forward(
    i: int, t: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    if i == 0:
        return scatter_set_nd(t, zeros_like(updates), *indices)
    return scatter_set_nd(zeros_like(x), t, *indices)


SCATTER_ADD_ND = define(
    Op(
        name="scatter_add_nd",
        kind=Kind.INDEXING,
        infer=_infer_scatter_nd,
        evaluate=_evaluate_scatter_add_nd,
        vjp=ForEach(_scatter_add_nd_rule),
        jvp=ForEach(_scatter_add_nd_forward),
        samples=_scatter_add_nd_samples,
        doc="x with updates added at x[indices], as often as a place occurs",
        accuracy=SUM,
    )
)
SCATTER_SET_ND = define(
    Op(
        name="scatter_set_nd",
        kind=Kind.INDEXING,
        infer=_infer_scatter_nd,
        evaluate=_evaluate_scatter_set_nd,
        vjp=ForEach(_scatter_set_nd_rule),
        jvp=ForEach(_scatter_set_nd_forward),
        samples=_scatter_nd_samples,
        doc="x with the elements x[indices] replaced by updates (of equal places, the last one counts)",
    )
)


def scatter_add_nd(x: TensorLike, updates: TensorLike, *indices: TensorLike) -> TensorLike:
    """``x`` with ``updates`` (broadcast to the shape of ``gather_nd(x, *indices)``) added there.

    Raises:
        IndexOutOfRange: an index beyond its axis.
    """
    return current().apply(SCATTER_ADD_ND, (x, _fit_updates(x, updates, indices), *indices), {})


def scatter_set_nd(x: TensorLike, updates: TensorLike, *indices: TensorLike) -> TensorLike:
    """``x`` with the elements ``x[indices]`` replaced by ``updates`` (broadcast to their shape).

    Where a place occurs twice the last update counts; its gradient then goes to all updates of that place.

    Raises:
        IndexOutOfRange: an index beyond its axis.
    """
    return current().apply(SCATTER_SET_ND, (x, _fit_updates(x, updates, indices), *indices), {})


def _fit_updates(x: TensorLike, updates: TensorLike, indices: Sequence[TensorLike]) -> TensorLike:
    want = infer_gather_nd(x.type, *[i.type for i in indices]).shape
    return updates if updates.shape == want else broadcast_to(updates, want)


# --- writing into a slice ---


def _update_slice_samples(rng: np.random.Generator) -> Iterator[Sample]:
    draw = rng.standard_normal
    x = draw((4, 5))
    yield Sample((x, draw((2, 5))), {"starts": (1, 0), "limits": (3, 5), "strides": (1, 1)})
    yield Sample((x, draw((2, 2))), {"starts": (0, 1), "limits": (4, 5), "strides": (3, 2)})
    yield Sample((x, draw((0, 5))), {"starts": (2, 0), "limits": (2, 5), "strides": (1, 1)})


def _infer_update_slice(
    x: TensorType, value: TensorType, *, starts: Shape, limits: Shape, strides: tuple[int, ...]
) -> TensorType:
    same_dtype(x, value)
    _same_shape("the value", value.shape, tuple(map(slice_length, starts, limits, strides)))
    return x


def _evaluate_update_slice(
    x: np.ndarray,
    value: np.ndarray,
    *,
    starts: tuple[int, ...],
    limits: tuple[int, ...],
    strides: tuple[int, ...],
) -> np.ndarray:
    check_limits(limits, x.shape)
    out = x.copy()
    out[tuple(map(slice, starts, limits, strides))] = value
    return out


def _update(x: TensorLike, value: TensorLike, **where: tuple[Dim, ...]) -> TensorLike:
    return current().apply(UPDATE_SLICE, (x, value), where)


UPDATE_SLICE = define(
    Op(
        name="update_slice",
        kind=Kind.INDEXING,
        infer=_infer_update_slice,
        evaluate=_evaluate_update_slice,
        vjp=(
            lambda g, y, x, value, **where: _update(g, zeros_like(value), **where),
            lambda g, y, x, value, **where: cut(g, **where),
        ),
        jvp=(
            lambda t, y, x, value, **where: _update(t, zeros_like(value), **where),
            lambda t, y, x, value, **where: _update(zeros_like(x), t, **where),
        ),
        samples=_update_slice_samples,
        doc="x with x[starts:limits:strides] replaced by a value of that shape",
    )
)


def update_slice(
    x: TensorLike,
    value: TensorLike,
    starts: Sequence[Dim | None],
    limits: Sequence[Dim | None],
    strides: Sequence[int] | None = None,
) -> TensorLike:
    """``x`` with ``x[start:limit:stride]`` replaced by ``value``, which is broadcast to that shape.

    Starts, limits and strides are those of `slice_`; negative strides write backwards.

    Raises:
        ShapeError: the value does not broadcast to the slice.
    """
    attrs, reverse, _ = normalize_slice(
        x.shape, tuple(starts), tuple(limits), tuple(strides) if strides else None
    )
    value = broadcast_to(value, tuple(map(slice_length, *attrs.values())))
    if reverse:
        value = flip(value, reverse)
    return _update(x, value, **attrs)
