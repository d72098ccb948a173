"""Reading where integers say: slices and elements picked by tensors of positions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from ..dispatch.current import current
from ..errors import DTypeError, ShapeError
from ..ir.dims import Dim, Expr, symbol
from ..ir.dtypes import DType, bool_, dtype_of, float64, int64
from ..ir.types import Shape, TensorType, broadcast, unify
from .constant import constant
from .movement import broadcast_to
from .op import ForEach, Kind, Op, Sample, TensorLike, define
from .positions import along, checked
from .shapes import normalize_axis

__all__ = [
    "GATHER", "GATHER_ND", "IOTA", "NONZERO", "ONE_HOT", "TAKE_ALONG",
    "gather", "gather_nd", "iota", "nonzero", "one_hot", "take_along",
]  # fmt: skip


def integers(name: str, indices: TensorType) -> None:
    if not indices.dtype.is_integer:
        raise DTypeError(f"{name} takes integer indices, got {indices}", hint="cast them to int64")


# --- whole slices along one axis ---


def _gather_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((4, 3))
    yield Sample((x, np.array([2, 0, 2])), {"axis": 0})
    yield Sample((x, np.array([[-1, 0], [1, 1]], np.int32)), {"axis": 1})
    yield Sample((x, np.array(3)), {"axis": 0})
    yield Sample((x, np.zeros((0,), np.int64)), {"axis": 0})


def infer_gather(x: TensorType, indices: TensorType, *, axis: int) -> TensorType:
    integers("gather", indices)
    axis = normalize_axis(axis, x.rank)
    return TensorType(x.dtype, x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


def _evaluate_gather(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
    try:
        return np.asarray(np.take(x, indices, axis))
    except IndexError:
        checked(indices, x.shape[axis], axis)
        raise


def nothing_like(x: TensorLike) -> TensorLike:
    """Zeros that take no memory, to be added to."""
    return broadcast_to(constant(0, x.dtype), x.shape)


def _gather_back(
    g: TensorLike, y: TensorLike, x: TensorLike, indices: TensorLike, *, axis: int
) -> TensorLike:
    from .scattering import scatter_add

    return scatter_add(nothing_like(x), indices, g, axis)


GATHER = define(
    Op(
        name="gather",
        kind=Kind.INDEXING,
        infer=infer_gather,
        evaluate=_evaluate_gather,
        vjp=(_gather_back, None),
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


# --- single elements along one axis ---


def _take_along_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((3, 4))
    yield Sample((x, np.array([[1], [0], [-1]])), {"axis": 1})
    yield Sample((x, np.array([[1, 0, 2, 2], [0, 0, 1, 2]], np.int32)), {"axis": 0})
    yield Sample((x, np.zeros((3, 0), np.int64)), {"axis": 1})


def infer_take_along(x: TensorType, indices: TensorType, *, axis: int) -> TensorType:
    integers("take_along", indices)
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


def _evaluate_take_along(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
    return np.asarray(x.reshape(-1)[along(x.shape, indices, axis)])


def _take_along_back(
    g: TensorLike, y: TensorLike, x: TensorLike, indices: TensorLike, *, axis: int
) -> TensorLike:
    from .scattering import scatter_add_along

    return scatter_add_along(nothing_like(x), indices, g, axis)


TAKE_ALONG = define(
    Op(
        name="take_along",
        kind=Kind.INDEXING,
        infer=infer_take_along,
        evaluate=_evaluate_take_along,
        vjp=(_take_along_back, None),
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


# --- several leading axes at once ---


def _gather_nd_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((3, 4, 2))
    yield Sample((x, np.array([0, 2, -1]), np.array([1, 1, 3])))
    yield Sample((x, np.array([[0], [2]], np.int32), np.array([1, 3], np.int32)))
    yield Sample((x, np.array(1)))


def infer_gather_nd(x: TensorType, *indices: TensorType) -> TensorType:
    lead: Shape = ()
    for one in indices:
        integers("gather_nd", one)
        lead = broadcast(lead, one.shape)
    if len(indices) > x.rank:
        raise ShapeError(f"{len(indices)} indices are too many for {x}")
    return TensorType(x.dtype, lead + x.shape[len(indices) :])


def _evaluate_gather_nd(x: np.ndarray, *indices: np.ndarray) -> np.ndarray:
    if not indices:
        return x.copy()
    try:
        return np.asarray(x[indices])
    except IndexError:
        for axis, one in enumerate(indices):
            checked(one, x.shape[axis], axis)
        raise


def _gather_nd_back(
    i: int, g: TensorLike, y: TensorLike, x: TensorLike, *indices: TensorLike
) -> TensorLike:
    from .scattering import scatter_add_nd

    return scatter_add_nd(nothing_like(x), g, *indices)


GATHER_ND = define(
    Op(
        name="gather_nd",
        kind=Kind.INDEXING,
        infer=infer_gather_nd,
        evaluate=_evaluate_gather_nd,
        vjp=ForEach(_gather_nd_back),
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


# --- indices made and found ---


def _one_hot_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([[0, 2], [3, -1]]),), {"depth": 3, "dtype": float64})
    yield Sample((np.array(1, np.int32),), {"depth": 2, "dtype": bool_})


def _infer_one_hot(indices: TensorType, *, depth: Dim, dtype: DType) -> TensorType:
    integers("one_hot", indices)
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
