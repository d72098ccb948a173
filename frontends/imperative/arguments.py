"""Arguments as PyTorch takes them: shapes, dimensions, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from ...compiler.errors import (
    AttributeValueError,
    DTypeError,
    IndexOutOfRange,
    Place,
    ShapeError,
)
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from .tensor import Tensor

Shape = tuple[int, ...]


def as_shape(shape: Sequence[object]) -> Shape:
    """Dimensions given one by one or as one sequence."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    try:
        return tuple([d if type(d) is int else index(d) for d in shape])  # type: ignore[arg-type]
    except TypeError:
        wrong = next(d for d in shape if not hasattr(d, "__index__"))
        raise DTypeError(
            f"a shape must be a tuple of ints, but found element of type {type(wrong).__name__}"
        ) from None


def solved(tensor: Tensor, shape: Shape) -> Shape:
    """The shape with its -1 replaced.

    Raises:
        ShapeError: the elements do not fill it.
    """
    size = tensor.array.data.size
    rest = 1
    for d in shape:
        rest *= 1 if d == -1 else d
    free = shape.count(-1)
    if any(d < -1 for d in shape) or free > 1:
        raise AttributeValueError(
            f"invalid shape {show_shape(shape)}: "
            + ("only one dimension can be inferred" if free > 1 else "negative dimension")
        )
    if (rest == 0 and free) or (size % rest if free and rest else size != rest):
        raise ShapeError(
            f"shape '{show_shape(shape)}' is invalid for input of size {size}",
            places=(
                Place("here", Location.here()),
                Place(f"it is {tensor.array.type}, made here", tensor.array.location),
            ),
            hint="the product of the dimensions must stay the same; one of them may be -1",
        )
    return tuple([size // rest if d == -1 else d for d in shape]) if free else shape


def axis_of(tensor: Tensor, dim: int) -> int:
    """The dimension counted from the front; a scalar counts as having one.

    Raises:
        AttributeValueError: there is no such dimension.
    """
    rank = max(tensor.array.data.ndim, 1)
    dim = index(dim)
    if not -rank <= dim < rank:
        raise IndexOutOfRange(
            f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {dim})",
            places=(
                Place("here", Location.here()),
                Place(f"it is {tensor.array.type}, made here", tensor.array.location),
            ),
        )
    return dim % rank


def axes_of(tensor: Tensor, dim: int | Sequence[int] | None) -> Shape | None:
    """The dimensions counted from the front; None (or an empty sequence) means all of them."""
    if dim is None:
        return None
    if isinstance(dim, (tuple, list)):
        return tuple([axis_of(tensor, d) for d in dim]) or None
    return (axis_of(tensor, dim),)  # type: ignore[arg-type]
