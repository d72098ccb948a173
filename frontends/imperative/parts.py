"""Parts of a tensor along one axis: `select`, `narrow`, `split`, `chunk`, `unbind`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import index

import numpy as np

from ...compiler import ops
from ...compiler.dispatch.current import current
from ...compiler.errors import AttributeValueError, IndexOutOfRange, Place, ShapeError
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from .api import export
from .arguments import axis_of
from .creation import literal
from .tensor import Tensor, wrap
from .views import Select, view_of


def part(input: Tensor, axis: int, start: int, limit: int, stride: int = 1, drop: bool = False) -> Tensor:  # fmt: skip
    """The positions from ``start`` to ``limit`` of one axis; ``drop`` leaves out that axis."""
    shape = input.array.data.shape
    starts, limits, strides = [0] * len(shape), list(shape), [1] * len(shape)
    starts[axis], limits[axis], strides[axis] = start, limit, stride
    result = list(shape)
    result[axis] = len(range(start, limit, stride))
    if drop:
        del result[axis]
    return view_of(input, Select(tuple(starts), tuple(limits), tuple(strides), tuple(result)))


@export("select")
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One position of an axis, without that axis."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    if not -extent <= index < extent:
        raise IndexOutOfRange(
            f"select(): index {index} out of range for tensor of size {show_shape(input.array.data.shape)} "
            f"at dimension {axis}",
            places=(Place("here", Location.here(1)),),
        )
    i = int(index) % extent
    return part(input, axis, i, i + 1, drop=True)


@export("narrow")
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """``length`` positions of an axis from ``start``."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    first = int(start) + (extent if start < 0 else 0)
    if not 0 <= first <= extent or length < 0 or first + length > extent:
        raise AttributeValueError(
            f"start ({start}) + length ({length}) exceeds dimension size ({extent}).",
            places=(Place("here", Location.here(1)),),
        )
    return part(input, axis, first, first + length)


@export("split")
def split(
    input: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces of an axis: of one size (the last may be smaller), or of the sizes given."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        sizes = [min(size, extent - i) for i in range(0, extent, size)] or [0]
        lengths = current().lengths
        if lengths is not None:
            lengths.pieces(input.array, axis, len(sizes), size=index(size))
    else:
        sizes = list(split_size_or_sections)
        if sum(sizes) != extent:
            raise ShapeError(
                f"split_with_sizes expects split_sizes to sum exactly to {extent} (input tensor's size at "
                f"dimension {axis}), but got split_sizes={sizes}",
                places=(Place("here", Location.here(1)),),
            )
    pieces, start = [], 0
    for size in sizes:
        pieces.append(part(input, axis, start, start + size))
        start += size
    return tuple(pieces)


@export("chunk")
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The axis in at most ``chunks`` pieces of equal size; the last may be smaller."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    found = split(input, max(-(-extent // chunks), 1), dim)
    lengths = current().lengths
    if lengths is not None:
        lengths.pieces(input.array, axis, len(found), parts=index(chunks))
    return found


@export("tensor_split")
def tensor_split(
    input: Tensor, indices_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces of an axis, as even as possible, or cut at the given positions."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    if isinstance(indices_or_sections, int):
        n = indices_or_sections
        sizes = [extent // n + (i < extent % n) for i in range(n)]
        cuts = [sum(sizes[:i]) for i in range(n + 1)]
    else:
        cuts = [0, *[min(c, extent) for c in indices_or_sections], extent]
    return tuple([part(input, axis, a, max(a, b)) for a, b in pairwise(cuts)])


@export("unbind")
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All positions of an axis."""
    axis = axis_of(input, dim)
    extent = input.array.data.shape[axis]
    lengths = current().lengths
    if lengths is not None:
        lengths.spread(input.array, axis)
    return tuple([part(input, axis, i, i + 1, drop=True) for i in range(extent)])


@export("unfold", function=False)
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of ``size`` along a dimension, every ``step``, as a new last dimension (a copy)."""
    at = axis_of(input, dimension)
    extent = input.array.data.shape[at]
    if size > extent:
        raise AttributeValueError(
            f"maximum size for tensor {show_shape(input.array.data.shape)} at dimension {at} is {extent} but "
            f"size is {size}",
            places=(Place("here", Location.here(1)),),
        )
    places = np.arange(0, extent - size + 1, step)[:, None] + np.arange(size)
    found = ops.gather(input.array, literal(places).array, at)
    rank = input.array.data.ndim
    order = [*range(at + 1), *range(at + 2, rank + 1), at + 1]
    return wrap(ops.transpose(found, order))  # type: ignore[arg-type]
