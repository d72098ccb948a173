"""Products of vectors, matrices and batches of them, all through `matmul`."""

from __future__ import annotations

from ..errors import ShapeError
from ..ir.dims import product
from ..ir.types import show_shape
from ..ops import (
    TensorLike,
    add,
    expand_dims,
    gather,
    matmul,
    mul,
    reduce_sum,
    reshape,
    squeeze,
    transpose,
)

__all__ = ["bilinear", "dot", "embedding_lookup", "linear", "outer", "vector_matmul"]


def linear(
    x: TensorLike, w: TensorLike, b: TensorLike | None = None, transpose_w: bool = True
) -> TensorLike:
    """``x`` times ``w`` plus ``b`` on the last axis of ``x``, as one matrix product whatever the rank of ``x``.

    Args:
        x: ``[..., n]``.
        w: ``[m, n]``, or ``[n, m]`` if not ``transpose_w``.
        b: ``[m]``.

    Returns:
        ``[..., m]``.
    """
    shape = x.shape
    matrix = len(shape) == 2
    y = matmul(x if matrix else reshape(x, (product(shape[:-1]), shape[-1])), w, False, transpose_w)
    if b is not None:
        y = add(y, b)
    return y if matrix else reshape(y, (*shape[:-1], y.shape[-1]))


def vector_matmul(a: TensorLike, b: TensorLike) -> TensorLike:
    """`numpy.matmul`: a vector on the left counts as a row, one on the right as a column.

    Raises:
        ShapeError: a scalar, or shapes that do not fit.
    """
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(
            f"matmul needs at least a vector on each side, got {show_shape(a.shape)} and "
            f"{show_shape(b.shape)}",
            hint="multiply by a scalar with *",
        )
    if a.ndim == 1 and b.ndim == 1:
        return dot(a, b)
    if a.ndim == 1:
        return squeeze(matmul(expand_dims(a, 0), b), -2)
    if b.ndim == 1:
        return squeeze(matmul(a, expand_dims(b, -1)), -1)
    return matmul(a, b)


def dot(a: TensorLike, b: TensorLike) -> TensorLike:
    """The inner product of two vectors of one length.

    Raises:
        ShapeError: other shapes.
    """
    if a.ndim != 1 or b.ndim != 1 or (1 in a.shape + b.shape and a.shape != b.shape):
        raise ShapeError(
            f"dot takes two vectors of one length, got {show_shape(a.shape)} and {show_shape(b.shape)}"
        )
    return reduce_sum(mul(a, b))


def outer(a: TensorLike, b: TensorLike) -> TensorLike:
    """All products of elements of two vectors: ``[n]`` and ``[m]`` to ``[n, m]``."""
    return mul(expand_dims(a, 1), b)


def bilinear(
    a: TensorLike, b: TensorLike, w: TensorLike, bias: TensorLike | None = None
) -> TensorLike:
    """``a W b`` for each of several matrices: ``[..., n]``, ``[..., m]``, ``[o, n, m]`` to ``[..., o]``."""
    o, n, m = w.shape
    *lead, _ = a.shape
    rows = product(lead)
    half = matmul(reshape(a, (rows, n)), w)
    y = transpose(reduce_sum(mul(half, reshape(b, (rows, m))), -1), (1, 0))
    y = reshape(y, (*lead, o))
    return y if bias is None else add(y, bias)


def embedding_lookup(table: TensorLike, ids: TensorLike) -> TensorLike:
    """Rows of ``table`` ``[n, ...]`` picked by integers of any shape.

    Raises:
        IndexOutOfRange: an id that is no row.
    """
    return gather(table, ids, 0)
