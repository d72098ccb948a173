"""Several tensors to one, and one repeated or turned: `cat`, `stack`, `repeat`, `roll`, `flip`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...compiler import ops
from ...compiler.errors import AttributeValueError, Place, ShapeError
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from ...compiler.ops.shapes import normalize_axis
from .api import export
from .arguments import as_shape, axis_of
from .promotion import joint_type
from .tensor import Tensor, wrap


def _same_type(tensors: Sequence[Tensor]) -> list[Any]:
    if len({t.array.data.dtype for t in tensors}) == 1:
        return [t.array for t in tensors]
    kind = joint_type(list(tensors))
    return [ops.cast(t.array, kind) for t in tensors]


@export("cat", "concat", "concatenate", method=False, out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors one after the other along a dimension; the other extents must agree.

    Raises:
        ShapeError: they do not.
    """
    given = list(tensors)
    if not given:
        raise AttributeValueError(
            "torch.cat(): expected a non-empty list of Tensors",
            places=(Place("here", Location.here(1)),),
        )
    # An empty vector adds nothing to whatever the others are.
    solid = [t for t in given if t.array.data.shape != (0,)] or given[:1]
    if not solid[0].array.data.ndim:
        raise ShapeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    at = axis_of(solid[0], dim if axis is None else axis)
    return wrap(ops.concatenate(_same_type(solid), at))  # type: ignore[arg-type]


@export("stack", method=False, out=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape along a new dimension.

    Raises:
        ShapeError: their shapes differ.
    """
    given = list(tensors)
    if not given:
        raise AttributeValueError(
            "stack expects a non-empty TensorList", places=(Place("here", Location.here(1)),)
        )
    first = given[0].array.data.shape
    for i, t in enumerate(given):
        if t.array.data.shape != first:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {show_shape(first)} at entry 0 and "
                f"{show_shape(t.array.data.shape)} at entry {i}",
                places=(
                    Place("here", Location.here(1)),
                    Place("entry 0 was made here", given[0].array.location),
                    Place(f"entry {i} was made here", t.array.location),
                ),
            )
    at = normalize_axis(dim, len(first) + 1)
    return wrap(ops.concatenate([ops.expand_dims(a, at) for a in _same_type(given)], at))  # type: ignore[arg-type]


def _stacker(name: str, least: int, axis: int) -> None:
    def apply(tensors: Sequence[Tensor]) -> Tensor:
        given = [_at_least(t, least) for t in tensors]
        return cat(given, axis if given[0].array.data.ndim > axis else 0)

    apply.__name__ = name
    export(name, method=False)(apply)


def _at_least(t: Tensor, rank: int) -> Tensor:
    while t.array.data.ndim < rank:
        t = t.unsqueeze(0) if t.array.data.ndim < 2 else t.unsqueeze(-1)
    return t


_stacker("vstack", 2, 0)
_stacker("row_stack", 2, 0)
_stacker("hstack", 1, 1)
_stacker("dstack", 3, 2)


@export("column_stack", method=False)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    return cat([t if t.array.data.ndim > 1 else t.reshape(-1, 1) for t in tensors], 1)


@export("atleast_1d", method=False)
def atleast_1d(input: Tensor) -> Tensor:
    return _at_least(input, 1)


@export("atleast_2d", method=False)
def atleast_2d(input: Tensor) -> Tensor:
    return _at_least(input, 2)


@export("repeat", function=False)
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """The tensor side by side with itself, so many times along each dimension.

    Raises:
        ShapeError: fewer numbers than dimensions.
    """
    times = as_shape(repeats)
    shape = input.array.data.shape
    if len(times) < len(shape):
        raise ShapeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
            places=(Place("here", Location.here(1)),),
        )
    shape = (1,) * (len(times) - len(shape)) + shape
    x: Any = ops.reshape(input.array, [d for s in shape for d in (1, s)])
    x = ops.broadcast_to(x, [d for r, s in zip(times, shape, strict=True) for d in (r, s)])
    x = ops.reshape(x, [r * s for r, s in zip(times, shape, strict=True)])
    return wrap(x) if x is not input.array else input.clone()


@export("tile")
def tile(input: Tensor, *dims: Any) -> Tensor:
    times = as_shape(dims)
    return repeat(input, *((1,) * (input.array.data.ndim - len(times)) + times))


@export("repeat_interleave")
def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None) -> Tensor:
    """Each element (each position of a dimension) repeated."""
    import numpy as np

    from .creation import literal

    if dim is None:
        input, dim = input.reshape(-1), 0
    at = axis_of(input, dim)
    counts = np.asarray(repeats.tolist() if isinstance(repeats, Tensor) else repeats)
    places = np.repeat(np.arange(input.array.data.shape[at]), counts)
    return wrap(ops.gather(input.array, literal(places).array, at))  # type: ignore[arg-type]


@export("flip")
def flip(input: Tensor, *dims: Any) -> Tensor:
    """The order of elements reversed along the dimensions."""
    axes = [axis_of(input, d) for d in as_shape(dims)]
    found = ops.flip(input.array, axes)
    return wrap(found) if found is not input.array else input.clone()  # type: ignore[arg-type]


@export("fliplr")
def fliplr(input: Tensor) -> Tensor:
    return flip(input, 1)


@export("flipud")
def flipud(input: Tensor) -> Tensor:
    return flip(input, 0)


@export("rot90")
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees ``k`` times, from the first of the dimensions towards the second."""
    a, b = dims
    for _ in range(k % 4):
        input = flip(input.transpose(a, b), a)
    return input


@export("roll")
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements moved along the dimensions; those that leave come in at the other end."""
    if dims is None:
        return roll(input.reshape(-1), shifts, 0).reshape(input.array.data.shape)  # type: ignore[no-any-return]
    for shift, dim in zip(*(((v,) if isinstance(v, int) else v) for v in (shifts, dims)), strict=True):  # fmt: skip
        extent = input.array.data.shape[axis_of(input, dim)]
        cut = -shift % extent if extent else 0
        pieces = [input.narrow(dim, cut, extent - cut), input.narrow(dim, 0, cut)]
        input = cat(pieces, dim) if cut else input.clone()
    return input


@export("meshgrid", method=False)
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Coordinate grids of coordinate vectors."""
    one = len(tensors) == 1 and isinstance(tensors[0], (tuple, list))
    given = list(tensors[0] if one else tensors)
    if indexing == "xy" and len(given) > 1:
        given[0], given[1] = given[1], given[0]
    shape = [t.array.data.size for t in given]
    grids = [
        t.reshape([-1 if a == i else 1 for a in range(len(given))]).expand(shape)
        for i, t in enumerate(given)
    ]
    if indexing == "xy" and len(given) > 1:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


@export("cartesian_prod", method=False)
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of elements, one a row."""
    if len(tensors) == 1:
        return tensors[0]
    return stack([g.reshape(-1) for g in meshgrid(*tensors)], 1)


@export("combinations")
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of ``r`` elements, one a row."""
    import itertools

    from .creation import tensor

    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = list(choose(range(input.array.data.shape[0]), r))
    return input[tensor(places)] if places else input.new_empty(0, r)


@export("block_diag", method=False)
def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a greater one."""
    blocks = [_at_least(t, 2) for t in tensors]
    width = 0
    for b in blocks:
        width += b.array.data.shape[1]
    rows, left = [], 0
    for b in blocks:
        w = b.array.data.shape[1]
        rows.append(wrap(ops.pad(b.array, ((0, 0), (left, width - left - w)))))  # type: ignore[arg-type]
        left += w
    return cat(rows, 0)
