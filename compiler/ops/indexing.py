"""Operations that read or write where integers say: gather, scatter, take along an axis, slices written into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from ..dispatch.current import current
from ..errors import DTypeError, IndexOutOfRange, ShapeError
from ..ir.dims import Dim, Expr, symbol
from ..ir.dtypes import DType, bool_, dtype_of, float64, int64
from ..ir.types import Shape, TensorType, broadcast, show_shape, unify
from .constant import zeros_like
from .movement import broadcast_to, check_limits, flip, normalize_slice, slice_length
from .op import ForEach, Kind, Op, Sample, TensorLike, define
from .scattering import add_along, add_at, add_rows
from .shapes import normalize_axis, same_dtype

__all__ = [
    "GATHER", "GATHER_ND", "IOTA", "NONZERO", "ONE_HOT", "SCATTER_ADD", "SCATTER_ADD_ALONG",
    "SCATTER_ADD_ND", "SCATTER_SET_ND", "TAKE_ALONG", "UPDATE_SLICE",
    "gather", "gather_nd", "iota", "nonzero", "one_hot", "scatter_add", "scatter_add_along",
    "scatter_add_nd", "scatter_set_nd", "take_along", "update_slice",
]  # fmt: skip


def _integers(name: str, indices: TensorType) -> None:
    if not indices.dtype.is_integer:
        raise DTypeError(f"{name} takes integer indices, got {indices}", hint="cast them to int64")


def _same_shape(name: str, got: Shape, want: Shape) -> None:
    if len(got) != len(want) or any(unify(a, b) is None for a, b in zip(got, want, strict=True)):
        raise ShapeError(f"{name} must have shape {show_shape(want)}, got {show_shape(got)}")


def _out_of_range(indices: np.ndarray, extent: int, axis: int) -> IndexOutOfRange | None:
    """The error for the first index beyond the axis, if there is one."""
    beyond = (indices < -extent) | (indices >= extent)
    if not beyond.any():
        return None
    place = tuple(int(i) for i in np.argwhere(beyond)[0])
    at = f" (at {list(place)} of the indices)" if place else ""
    return IndexOutOfRange(
        f"index {indices[place]} is out of range for axis {axis} of extent {extent}{at}",
        hint=f"indices run from 0 to {extent - 1}" if extent else "the axis is empty",
    )


def _check_range(indices: np.ndarray, extent: int, axis: int) -> None:
    error = _out_of_range(indices, extent, axis)
    if error is not None:
        raise error


# --- whole slices along one axis ---


def _gather_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((4, 3))
    yield Sample((x, np.array([2, 0, 2])), {"axis": 0})
    yield Sample((x, np.array([[-1, 0], [1, 1]], np.int32)), {"axis": 1})
    yield Sample((x, np.array(3)), {"axis": 0})
    yield Sample((x, np.zeros((0,), np.int64)), {"axis": 0})


def _infer_gather(x: TensorType, indices: TensorType, *, axis: int) -> TensorType:
    _integers("gather", indices)
    axis = normalize_axis(axis, x.rank)
    return TensorType(x.dtype, x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


def _evaluate_gather(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
    try:
        return np.asarray(np.take(x, indices, axis))
    except IndexError:
        _check_range(indices, x.shape[axis], axis)
        raise


GATHER = define(
    Op(
        name="gather",
        kind=Kind.INDEXING,
        infer=_infer_gather,
        evaluate=_evaluate_gather,
        vjp=(
            lambda g, y, x, indices, *, axis: scatter_add(zeros_like(x), indices, g, axis),
            None,
        ),
        jvp=(lambda t, y, x, indices, *, axis: gather(t, indices, axis), None),
        samples=_gather_samples,
        doc="the slices of x at `indices` along `axis`, whose place the shape of indices takes",
    )
)


def gather(x: TensorLike, indices: TensorLike, axis: int = 0) -> TensorLike:
    """Slices of ``x`` picked along one axis, as `numpy.take` does; negative indices count from the end.

    Raises:
        IndexOutOfRange: an index beyond the axis.
        DTypeError: indices that are not integers.
    """
    return current().apply(GATHER, (x, indices), {"axis": normalize_axis(axis, x.ndim)})


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
    _same_shape("updates", updates.shape, _infer_gather(x, indices, axis=axis).shape)
    return x


def _evaluate_scatter_add(
    x: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, axis: int
) -> np.ndarray:
    extent = x.shape[axis]
    _check_range(indices, extent, axis)
    out = x.copy()
    flat = indices.reshape(-1)
    rows = updates.reshape(*x.shape[:axis], flat.size, *x.shape[axis + 1 :])
    if axis == 0:
        add_rows(out, flat, rows)
    else:
        moved = np.ascontiguousarray(np.moveaxis(out, axis, 0))
        add_rows(moved, flat, np.moveaxis(rows, axis, 0))
        out[...] = np.moveaxis(moved, 0, axis)
    return out


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
            lambda t, y, x, indices, updates, *, axis: scatter_add(zeros_like(x), indices, t, axis),
        ),
        samples=_scatter_add_samples,
        doc="x with slices of updates added at `indices` along `axis`, as often as an index occurs",
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


def _take_along_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((3, 4))
    yield Sample((x, np.array([[1], [0], [-1]])), {"axis": 1})
    yield Sample((x, np.array([[1, 0, 2, 2], [0, 0, 1, 2]], np.int32)), {"axis": 0})
    yield Sample((x, np.zeros((3, 0), np.int64)), {"axis": 1})


def _infer_take_along(x: TensorType, indices: TensorType, *, axis: int) -> TensorType:
    _integers("take_along", indices)
    axis = normalize_axis(axis, x.rank)
    if indices.rank != x.rank or any(
        unify(d, e) is None
        for i, (d, e) in enumerate(zip(x.shape, indices.shape, strict=True))
        if i != axis
    ):
        raise ShapeError(
            f"indices {indices} do not fit {x}: only axis {axis} may differ",
            hint="slice or broadcast one of them first",
        )
    return TensorType(x.dtype, indices.shape)


def _along(indices: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """The index tuple that means "along the axis": positions of the result on all other axes."""
    rank = indices.ndim
    places = [
        np.arange(d).reshape([-1 if a == i else 1 for a in range(rank)])
        for i, d in enumerate(indices.shape)
    ]
    places[axis] = indices
    return tuple(places)


def _require_fit(x: np.ndarray, indices: np.ndarray, axis: int) -> None:
    """Indexing would broadcast where the type rules forbid it."""
    if (
        x.ndim != indices.ndim
        or x.shape[:axis] != indices.shape[:axis]
        or x.shape[axis + 1 :] != indices.shape[axis + 1 :]
    ):
        raise ValueError("indices do not fit: the type rules say why")


def _evaluate_take_along(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
    _require_fit(x, indices, axis)
    try:
        return np.asarray(x[_along(indices, axis)])
    except IndexError:
        _check_range(indices, x.shape[axis], axis)
        raise


TAKE_ALONG = define(
    Op(
        name="take_along",
        kind=Kind.INDEXING,
        infer=_infer_take_along,
        evaluate=_evaluate_take_along,
        vjp=(
            lambda g, y, x, indices, *, axis: scatter_add_along(zeros_like(x), indices, g, axis),
            None,
        ),
        jvp=(lambda t, y, x, indices, *, axis: take_along(t, indices, axis), None),
        samples=_take_along_samples,
        doc="elements of x at `indices` along `axis`, all other positions being the result's own",
    )
)


def take_along(x: TensorLike, indices: TensorLike, axis: int) -> TensorLike:
    """``result[i, j, k] = x[i, indices[i, j, k], k]`` for axis 1, and likewise for others (torch.gather).

    Args:
        indices: integers; its shape is that of ``x`` but for the extent of the axis. Negative ones count from the end.

    Raises:
        IndexOutOfRange: an index beyond the axis.
        ShapeError: shapes differ elsewhere than on the axis.
    """
    return current().apply(TAKE_ALONG, (x, indices), {"axis": normalize_axis(axis, x.ndim)})


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
    _infer_take_along(x, indices, axis=axis)
    _same_shape("updates", updates.shape, indices.shape)
    return x


def _evaluate_scatter_add_along(
    x: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, axis: int
) -> np.ndarray:
    _require_fit(x, indices, axis)
    _check_range(indices, x.shape[axis], axis)
    return add_along(x, indices, updates, axis)


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
                zeros_like(x), indices, t, axis
            ),
        ),
        samples=_scatter_add_along_samples,
        doc="x with single updates added at `indices` along `axis`",
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


def _gather_nd_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((3, 4, 2))
    yield Sample((x, np.array([0, 2, -1]), np.array([1, 1, 3])))
    yield Sample((x, np.array([[0], [2]], np.int32), np.array([1, 3], np.int32)))
    yield Sample((x, np.array(1)))


def _infer_gather_nd(x: TensorType, *indices: TensorType) -> TensorType:
    lead: Shape = ()
    for one in indices:
        _integers("gather_nd", one)
        lead = broadcast(lead, one.shape)
    if len(indices) > x.rank:
        raise ShapeError(f"{len(indices)} indices are too many for {x}")
    return TensorType(x.dtype, lead + x.shape[len(indices) :])


def _check_ranges(x: np.ndarray, indices: Sequence[np.ndarray]) -> None:
    for axis, one in enumerate(indices):
        _check_range(one, x.shape[axis], axis)


def _evaluate_gather_nd(x: np.ndarray, *indices: np.ndarray) -> np.ndarray:
    try:
        found = np.asarray(x[indices])
    except IndexError:
        _check_ranges(x, indices)
        raise
    return found if indices else found.copy()


GATHER_ND = define(
    Op(
        name="gather_nd",
        kind=Kind.INDEXING,
        infer=_infer_gather_nd,
        evaluate=_evaluate_gather_nd,
        vjp=ForEach(lambda i, g, y, x, *indices: scatter_add_nd(zeros_like(x), g, *indices)),
        jvp=ForEach(lambda i, t, y, x, *indices: gather_nd(t, *indices)),
        samples=_gather_nd_samples,
        doc="x[indices]: one integer tensor for each leading axis, broadcast against each other",
    )
)


def gather_nd(x: TensorLike, *indices: TensorLike) -> TensorLike:
    """``x[i, j, ...]`` with integer tensors: advanced indexing of the leading axes.

    Returns:
        Shape: that of the indices broadcast together, followed by the axes of ``x`` that are not indexed.

    Raises:
        IndexOutOfRange: an index beyond its axis.
    """
    return current().apply(GATHER_ND, (x, *indices), {})


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
    _same_shape("updates", updates.shape, _infer_gather_nd(x, *indices).shape)
    return x


def _evaluate_scatter_add_nd(
    x: np.ndarray, updates: np.ndarray, *indices: np.ndarray
) -> np.ndarray:
    _check_ranges(x, indices)
    return add_at(x, indices, updates)


def _evaluate_scatter_set_nd(
    x: np.ndarray, updates: np.ndarray, *indices: np.ndarray
) -> np.ndarray:
    _check_ranges(x, indices)
    out = x.copy()
    out[indices] = updates
    return out


def _scatter_add_nd_rule(
    i: int, g: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    return g if i == 0 else gather_nd(g, *indices)


def _scatter_add_nd_forward(
    i: int, t: TensorLike, y: TensorLike, x: TensorLike, updates: TensorLike, *indices: TensorLike
) -> TensorLike:
    return t if i == 0 else scatter_add_nd(zeros_like(x), t, *indices)


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
    want = _infer_gather_nd(x.type, *[i.type for i in indices]).shape
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


def _cut(x: TensorLike, **where: tuple[Dim, ...]) -> TensorLike:
    from .movement import SLICE

    return current().apply(SLICE, (x,), where)


UPDATE_SLICE = define(
    Op(
        name="update_slice",
        kind=Kind.INDEXING,
        infer=_infer_update_slice,
        evaluate=_evaluate_update_slice,
        vjp=(
            lambda g, y, x, value, **where: _update(g, zeros_like(value), **where),
            lambda g, y, x, value, **where: _cut(g, **where),
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
    attrs, reverse = normalize_slice(x.shape, starts, limits, strides or (1,) * x.ndim)
    value = broadcast_to(value, tuple(map(slice_length, *attrs.values())))
    if reverse:
        value = flip(value, reverse)
    return _update(x, value, **attrs)


# --- indices made and found ---


def _one_hot_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([[0, 2], [3, -1]]),), {"depth": 3, "dtype": float64})
    yield Sample((np.array(1, np.int32),), {"depth": 2, "dtype": bool_})


def _infer_one_hot(indices: TensorType, *, depth: Dim, dtype: DType) -> TensorType:
    _integers("one_hot", indices)
    return TensorType(dtype, (*indices.shape, depth))


def _evaluate_one_hot(indices: np.ndarray, *, depth: int, dtype: DType) -> np.ndarray:
    return np.asarray(indices[..., None] == np.arange(depth)).astype(dtype.numpy)


ONE_HOT = define(
    Op(
        name="one_hot",
        kind=Kind.INDEXING,
        infer=_infer_one_hot,
        evaluate=_evaluate_one_hot,
        vjp=None,
        jvp=None,
        samples=_one_hot_samples,
        doc="1 at the index and 0 elsewhere, along a new last axis of extent `depth`; all 0 for an index outside",
    )
)


def one_hot(indices: TensorLike, depth: Dim, dtype: DType) -> TensorLike:
    """Integers ``[...]`` to rows ``[..., depth]`` with a single 1; an index outside gives a row of zeros."""
    return current().apply(ONE_HOT, (indices,), {"depth": depth, "dtype": dtype_of(dtype)})


def _iota_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((), {"size": 4, "dtype": int64})
    yield Sample((), {"size": 0, "dtype": float64})


IOTA = define(
    Op(
        name="iota",
        kind=Kind.CREATION,
        infer=lambda *, size, dtype: TensorType(dtype, (size,)),
        evaluate=lambda *, size, dtype: np.arange(size).astype(dtype.numpy),
        vjp=None,
        jvp=None,
        samples=_iota_samples,
        doc="0, 1, ..., `size` - 1",
    )
)


def iota(size: Dim, dtype: DType) -> TensorLike:
    """The numbers from 0 below ``size``."""
    return current().apply(IOTA, (), {"size": size, "dtype": dtype_of(dtype)})


def _nonzero_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([[1.0, 0.0], [0.0, 2.0]]),), {"count": symbol("n")})
    yield Sample((np.array([False, False]),), {"count": symbol("n")})


NONZERO = define(
    Op(
        name="nonzero",
        kind=Kind.INDEXING,
        infer=lambda x, *, count: TensorType(int64, (count, x.rank)),
        evaluate=lambda x, *, count: np.argwhere(x),
        vjp=None,
        jvp=None,
        samples=_nonzero_samples,
        doc="the positions of x that are not zero, row by row; `count` names how many",
    )
)
_counts = count()


def nonzero(x: TensorLike) -> TensorLike:
    """Positions of nonzero elements, in row-major order: int64 ``[count, rank]``.

    How many there are is only known at run time, so the first dimension is a symbol of its own.
    """
    fresh: Expr = symbol(f"nonzero_{next(_counts)}")
    return current().apply(NONZERO, (x,), {"count": fresh})
