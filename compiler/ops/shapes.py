"""Shape rules and gradient helpers that several operations share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import index
from typing import TYPE_CHECKING

from ..errors import AttributeValueError, DTypeError
from ..ir.types import TensorType, broadcast

if TYPE_CHECKING:
    from .op import TensorLike


def same_dtype(*types: TensorType) -> None:
    """Raises: DTypeError unless all types have the same element type."""
    first = types[0].dtype
    for other in types[1:]:
        if other.dtype is not first:
            raise DTypeError(
                f"element types differ: {' and '.join(str(t) for t in types)}",
                hint="cast one of them",
            )


def infer_elementwise(a: TensorType, b: TensorType) -> TensorType:
    same_dtype(a, b)
    return TensorType(a.dtype, broadcast(a.shape, b.shape))


def normalize_axis(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        AttributeValueError: there is no such axis.
    """
    axis = index(axis)
    if not -rank <= axis < rank:
        raise AttributeValueError(
            f"axis {axis} is out of range for a tensor of rank {rank}",
            hint=f"use an axis from {-rank} to {rank - 1}" if rank else "a scalar has no axes",
        )
    return axis % rank


def normalize_axes(axes: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Axes counted from the front, in increasing order; None means all of them."""
    if axes is None:
        return tuple(range(rank))
    return _normalized((axes,) if isinstance(axes, int) else tuple(axes), rank)


@lru_cache(1024)
def _normalized(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    found = sorted([normalize_axis(a, rank) for a in axes])
    if len(set(found)) != len(found):
        raise AttributeValueError(f"axes {axes} name the same axis twice")
    return tuple(found)


def check_axes(axes: Sequence[int], rank: int) -> None:
    """Raises: AttributeValueError unless these are axes as `normalize_axes` gives them."""
    if normalize_axes(axes, rank) != axes:
        raise AttributeValueError(
            f"axes {axes} are not in order", hint="count from the front, the first axis first"
        )


def unbroadcast(g: TensorLike, like: TensorLike) -> TensorLike:
    """Sum a cotangent over the axes along which ``like`` was broadcast."""
    shape, target = g.shape, like.shape
    if shape == target:
        return g
    from .movement import expand_dims, reshape
    from .reduction import reduce_sum

    lead = len(shape) - len(target)
    ones = [i for i, d in enumerate(target) if d == 1 and shape[lead + i] != 1]
    if lead or ones:
        axes = (*range(lead), *(lead + i for i in ones))
        g = reduce_sum(g, axes, keepdims=False)
        if ones:
            g = expand_dims(g, ones)
    # Other dimensions agree, or one of two symbols turns out to be 1, which reshaping to the other does not allow.
    return reshape(g, target)
