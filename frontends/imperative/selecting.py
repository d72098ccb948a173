"""Choosing and placing elements: `where`, masks, `gather`, `scatter`, `index_*`, triangles and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array
from ...compiler.errors import AttributeValueError, DTypeError, Place
from ...compiler.location import Location
from .api import export
from .arguments import axis_of
from .arithmetic import truth
from .creation import literal
from .promotion import as_array, joint_type, operand
from .tensor import Tensor, wrap


def _condition(condition: Tensor) -> Array:
    if condition.array.data.dtype.kind != "b" and condition.array.data.dtype != np.uint8:
        raise DTypeError(
            f"where expected condition to be a boolean tensor, but got {condition.array.type}",
            places=(Place("here", Location.here()),),
        )
    return truth(condition)


@export("where", method=False, out=True)
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; with the condition alone, the positions where it holds."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    a, b = operand(input, "where"), operand(other, "where")
    kind = joint_type([a, b])
    return wrap(ops.where(_condition(condition), as_array(a, kind), as_array(b, kind)))  # type: ignore[arg-type]


@export("where", function=False)
def where_method(input: Tensor, condition: Tensor, other: Any) -> Tensor:
    return where(condition, input, other)  # type: ignore[no-any-return]


def _mask(mask: Tensor, name: str) -> Array:
    if mask.array.data.dtype.kind != "b" and mask.array.data.dtype != np.uint8:
        raise DTypeError(
            f"{name} only supports boolean masks, but got mask with dtype {mask.dtype}",
            places=(Place("here", Location.here()),),
        )
    return truth(mask)


@export("masked_fill", inplace=True)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with ``value`` where the mask is true."""
    filling = value.array if isinstance(value, Tensor) else as_array(value, input.array.dtype)
    filling = ops.cast(filling, input.array.dtype)  # type: ignore[assignment]
    return wrap(ops.where(_mask(mask, "masked_fill"), filling, input.array))  # type: ignore[arg-type]


@export("masked_select")
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, as a vector."""
    shape = np.broadcast_shapes(input.array.data.shape, mask.array.data.shape)
    return input.expand(shape)[mask.expand(shape)]  # type: ignore[no-any-return]


@export("masked_scatter", inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with the first numbers of ``source`` where the mask is true, in order."""
    chosen = mask.expand_as(input)
    made: Tensor = input.clone()
    made[chosen] = source.reshape(-1)[: int(chosen.sum())]
    return made


@export("nonzero", "argwhere")
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of elements that are not 0, one a row, or one tensor for each dimension."""
    source = truth(input)
    if as_tuple and not source.data.ndim:
        source = ops.reshape(source, (1,))  # type: ignore[assignment]
    found = wrap(ops.nonzero(source))  # type: ignore[arg-type]
    return found.unbind(1) if as_tuple else found


# --- by positions along a dimension ---


def _positions(index: Tensor, name: str) -> Array:
    if index.array.data.dtype.kind not in "iu":
        raise DTypeError(
            f"{name}(): Expected dtype int64 for index, got {index.array.type}",
            places=(Place("here", Location.here()),),
            hint="cast it with .long()",
        )
    return index.array


def _cut(array: Array, index: Array, axis: int) -> Array:
    """The part whose other extents are those of the index, which may be smaller."""
    limits = [d if a == axis else index.data.shape[a] for a, d in enumerate(array.data.shape)]
    return ops.slice_(array, [0] * len(limits), limits)  # type: ignore[return-value]


@export("gather")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """One element of the dimension for each element of ``index``."""
    at = axis_of(input, dim)
    where_ = _positions(index, "gather")
    if not input.array.data.ndim:
        return input.clone().expand_as(index)  # type: ignore[no-any-return]
    return wrap(ops.take_along(_cut(input.array, where_, at), where_, at))  # type: ignore[arg-type]


export("take_along_dim")(lambda input, indices, dim: gather(input, dim, indices))


@export("scatter_add", inplace=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The tensor with each element of ``src`` added at its position along the dimension."""
    at = axis_of(input, dim)
    where_ = _positions(index, "scatter_add")
    part = ops.slice_(src.array, [0] * where_.data.ndim, where_.data.shape)
    inner = _cut(input.array, where_, at)
    added = ops.scatter_add_along(inner, where_, part, at)
    if inner is input.array:
        return wrap(added)  # type: ignore[arg-type]
    zeros = [0] * where_.data.ndim
    return wrap(ops.update_slice(input.array, added, zeros, added.shape))  # type: ignore[arg-type]


def _grid(index: Array, axis: int) -> list[Any]:
    """For every axis, which position each element of the index stands for."""
    shape = index.data.shape
    grids: list[Any] = []
    for a, extent in enumerate(shape):
        if a == axis:
            grids.append(index)
        else:
            line = np.arange(extent).reshape([-1 if b == a else 1 for b in range(len(shape))])
            grids.append(literal(np.ascontiguousarray(np.broadcast_to(line, shape))).array)
    return grids


@export("scatter", inplace=True)
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """The tensor with each element of ``src`` (or one value) put at its position along the dimension."""
    at = axis_of(input, dim)
    where_ = _positions(index, "scatter")
    given = src if value is None else value
    if isinstance(given, Tensor) and given.array.data.ndim:
        part: Any = ops.slice_(given.array, [0] * where_.data.ndim, where_.data.shape)
        part = ops.cast(part, input.array.dtype)
    else:
        number = given.item() if isinstance(given, Tensor) else given
        part = ops.full(where_.data.shape, number, input.array.dtype)
    if reduce == "add":
        return scatter_add(input, dim, index, wrap(part))
    if reduce is not None:
        raise AttributeValueError(
            f"scatter with reduce={reduce!r} is not supported", hint="use 'add'"
        )
    return wrap(ops.scatter_set_nd(input.array, part, *_grid(where_, at)))  # type: ignore[arg-type]


@export("index_select")
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The positions of a dimension that ``index`` names."""
    return wrap(ops.gather(input.array, _positions(index, "index_select"), axis_of(input, dim)))  # type: ignore[arg-type]


@export("index_add", inplace=True)
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """The tensor with the slices of ``source`` added at the positions."""
    part = source.array if alpha == 1 else (source * alpha).array
    at = axis_of(input, dim)
    return wrap(ops.scatter_add(input.array, _positions(index, "index_add"), part, at))  # type: ignore[arg-type]


def _index_put(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    made: Tensor = input.clone()
    key = (slice(None),) * axis_of(input, dim) + (index,)
    made[key] = value
    return made


@export("index_fill", inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """The tensor with one value at the positions of a dimension."""
    return _index_put(input, dim, index, value)


@export("index_copy", inplace=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The tensor with the slices of ``source`` put at the positions of a dimension."""
    return _index_put(input, dim, index, source)


@export("index_put", inplace=True)
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor with values put (or added) at the positions that tensors of indices name."""
    if accumulate:
        arrays = [i.array for i in indices]
        return wrap(ops.scatter_add_nd(input.array, values.array, *arrays))  # type: ignore[arg-type]
    made: Tensor = input.clone()
    made[tuple(indices)] = values
    return made


@export("take")
def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements by their position in the flattened tensor."""
    flat = ops.reshape(input.array, (-1,))
    return wrap(ops.gather(flat, _positions(index, "take"), 0))  # type: ignore[arg-type]


@export("put", inplace=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor with values put (or added) at positions in the flattened tensor."""
    flat = ops.reshape(input.array, (-1,))
    place = ops.scatter_add_nd if accumulate else ops.scatter_set_nd
    rows = ops.reshape(_positions(index, "put"), (-1,))
    found = place(flat, ops.reshape(source.array, (-1,)), rows)
    return wrap(ops.reshape(found, input.array.data.shape))  # type: ignore[arg-type]


# --- triangles and diagonals ---


def _triangle(name: str, keep: Any) -> None:
    def apply(input: Tensor, diagonal: int = 0) -> Tensor:
        n, m = input.array.data.shape[-2:]
        kept = literal(keep(np.ones((n, m), bool), diagonal)).array
        zero = ops.constant(0, input.array.dtype)
        return wrap(ops.where(kept, input.array, zero))  # type: ignore[arg-type]

    apply.__name__ = name
    export(name, inplace=True)(apply)


_triangle("tril", np.tril)
_triangle("triu", np.triu)


@export("tril_indices", method=False)
def tril_indices(row: int, col: int, offset: int = 0, **_: Any) -> Tensor:
    return literal(np.stack(np.tril_indices(row, offset, col)))


@export("triu_indices", method=False)
def triu_indices(row: int, col: int, offset: int = 0, **_: Any) -> Tensor:
    return literal(np.stack(np.triu_indices(row, offset, col)))


@export("diagonal")
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions as the last dimension (a copy, unlike PyTorch's view)."""
    moved = input.movedim((dim1, dim2), (0, 1))
    n, m = moved.array.data.shape[:2]
    count = max(min(n + min(offset, 0), m - max(offset, 0)), 0)
    i = np.arange(count)
    rows, columns = literal(i - min(offset, 0)).array, literal(i + max(offset, 0)).array
    found = wrap(ops.gather_nd(moved.array, rows, columns))  # type: ignore[arg-type]
    return found.movedim(0, -1)  # type: ignore[no-any-return]


@export("diag")
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector as its diagonal."""
    if input.array.data.ndim == 2:
        return _diagonal(input, diagonal)
    return diag_embed(input, diagonal)


_diagonal = diagonal


@export("diag_embed")
def diag_embed(input: Tensor, offset: int = 0) -> Tensor:
    """Vectors as the diagonals of matrices."""
    *lead, count = input.array.data.shape
    n = count + abs(offset)
    i = np.arange(count)
    rows, columns = literal(i - min(offset, 0)).array, literal(i + max(offset, 0)).array
    empty = ops.full((n, n, *lead), 0, input.array.dtype)
    values = input.movedim(-1, 0).array
    found = wrap(ops.scatter_set_nd(empty, values, rows, columns))  # type: ignore[arg-type]
    return found.movedim((0, 1), (-2, -1)) if lead else found


@export("diagflat")
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    return diag_embed(input.reshape(-1), offset)


@export("trace")
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal."""
    return _diagonal(input).sum()  # type: ignore[no-any-return]


@export("fill_diagonal_", function=False)
def fill_diagonal_(input: Tensor, value: Any, wrap: bool = False) -> Tensor:
    """Overwrite the main diagonal with one number."""
    i = literal(np.arange(min(input.array.data.shape)))
    input[(i,) * input.array.data.ndim] = value
    return input
