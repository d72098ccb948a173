"""Other arrangements of the same elements: `view`, `reshape`, `permute`, `squeeze`, `expand`, ..."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compiler.errors import AttributeValueError, Place, ShapeError
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from ...compiler.ops.shapes import normalize_axis
from .api import export
from .arguments import as_shape, axis_of, solved
from .tensor import Tensor
from .views import Expand, Permute, Reshape, view_of


@export("reshape", function=False)
def reshape_method(input: Tensor, *shape: object) -> Tensor:
    """The same elements in another shape: a view where possible, else a copy."""
    return view_of(input, Reshape(solved(input, as_shape(shape))))


@export("reshape", method=False)
def reshape_function(input: Tensor, shape: Sequence[int]) -> Tensor:
    return reshape_method(input, shape)


@export("view", function=False)
def view(input: Tensor, *shape: object) -> Tensor:
    """The same memory in another shape.

    Raises:
        ShapeError: the elements do not lie in the order of the new shape.
    """
    if len(shape) == 1 and not isinstance(shape[0], (int, tuple, list, Tensor)):
        return input.to(shape[0])  # type: ignore[no-any-return]
    made = view_of(input, Reshape(solved(input, as_shape(shape))))
    if made.shared is None and input.array.data.size:
        raise ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces)",
            places=(
                Place("here", Location.here(1)),
                Place(f"it is {input.array.type}, made here", input.array.location),
            ),
            hint="use .reshape(...) instead, or .contiguous() before",
        )
    return made


@export("view_as", function=False)
def view_as(input: Tensor, other: Tensor) -> Tensor:
    return view(input, other.array.data.shape)


@export("reshape_as", function=False)
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    return reshape_method(input, other.array.data.shape)


@export("permute", function=False)
def permute_method(input: Tensor, *dims: object) -> Tensor:
    """Axis i of the result is axis dims[i]."""
    rank = input.array.data.ndim
    perm = tuple([normalize_axis(d, rank) for d in as_shape(dims)])
    if sorted(perm) != list(range(rank)):
        raise AttributeValueError(
            f"permute(dims): dims {perm} are no permutation of the {rank} axes of {input.array.type}",
            places=(Place("here", Location.here(1)),),
        )
    return view_of(input, Permute(perm))


@export("permute", method=False)
def permute_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    return permute_method(input, *dims)


@export("transpose", "swapaxes", "swapdims")
def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The two axes swapped."""
    rank = input.array.data.ndim
    perm = list(range(rank))
    a, b = axis_of(input, dim0), axis_of(input, dim1)
    if rank:
        perm[a], perm[b] = b, a
    return view_of(input, Permute(tuple(perm)))


@export("t")
def t(input: Tensor) -> Tensor:
    """A matrix transposed; tensors of fewer dimensions as they are."""
    rank = input.array.data.ndim
    if rank > 2:
        raise ShapeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {rank}D",
            places=(Place("here", Location.here(1)),),
        )
    return view_of(input, Permute(tuple(range(rank))[::-1]))


@export("movedim", "moveaxis")
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes moved from ``source`` to ``destination``; the others keep their order."""
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    pairs = sorted(
        (axis_of(input, d), axis_of(input, s)) for s, d in zip(sources, targets, strict=True)
    )
    moved = {s for _, s in pairs}
    perm = [a for a in range(input.array.data.ndim) if a not in moved]
    for d, s in pairs:
        perm.insert(d, s)
    return view_of(input, Permute(tuple(perm)))


@export("unsqueeze")
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A dimension of extent 1 put in at ``dim``."""
    shape = list(input.array.data.shape)
    at = normalize_axis(dim, len(shape) + 1)
    shape.insert(at, 1)
    return view_of(input, Reshape(tuple(shape)))


@export("squeeze")
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Dimensions of extent 1 left out: all, or those of ``dim`` that have it."""
    shape = input.array.data.shape
    if dim is None:
        axes = set(range(len(shape)))
    else:
        axes = {axis_of(input, d) for d in ([dim] if isinstance(dim, int) else dim)}
    kept = tuple([d for i, d in enumerate(shape) if d != 1 or i not in axes])
    return view_of(input, Reshape(kept))


@export("flatten")
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one."""
    shape = input.array.data.shape
    if not shape:
        return view_of(input, Reshape((1,)))
    first, last = axis_of(input, start_dim), axis_of(input, end_dim)
    if first > last:
        raise AttributeValueError("flatten() has invalid args: start_dim cannot come after end_dim")
    middle = 1
    for d in shape[first : last + 1]:
        middle *= d
    if first == last:
        return input
    return view_of(input, Reshape((*shape[:first], middle, *shape[last + 1 :])))


@export("ravel")
def ravel(input: Tensor) -> Tensor:
    return reshape_method(input, -1)


@export("unflatten")
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several."""
    shape = input.array.data.shape
    at = axis_of(input, dim)
    return view(input, (*shape[:at], *_inferred(sizes, shape[at]), *shape[at + 1 :]))


def _inferred(sizes: Sequence[int], total: int) -> list[int]:
    rest = 1
    for s in sizes:
        rest *= 1 if s == -1 else s
    return [total // rest if s == -1 else s for s in sizes]


@export("expand", function=False)
def expand(input: Tensor, *sizes: object) -> Tensor:
    """Axes of extent 1, and new ones in front, repeated without copying; -1 keeps an extent."""
    shape = as_shape(sizes)
    have = input.array.data.shape
    lead = len(shape) - len(have)
    full = tuple([have[i - lead] if d == -1 and i >= lead else d for i, d in enumerate(shape)])
    if lead < 0 or any(h not in (1, f) for h, f in zip(have, full[lead:], strict=True)):
        raise ShapeError(
            f"the expanded size {show_shape(shape)} must match the existing size {show_shape(have)} where "
            "that is not 1",
            places=(
                Place("here", Location.here(1)),
                Place(f"it is {input.array.type}, made here", input.array.location),
            ),
        )
    return view_of(input, Expand(full))


@export("expand_as", function=False)
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    return expand(input, *other.array.data.shape)


@export("broadcast_to")
def broadcast_to_(input: Tensor, shape: Sequence[int]) -> Tensor:
    return expand(input, *shape)


@export("broadcast_tensors", method=False)
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to their common shape."""
    shape = np.broadcast_shapes(*[t.array.data.shape for t in tensors])
    return tuple([expand(t, *shape) for t in tensors])
