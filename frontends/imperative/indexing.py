"""``x[...]`` and ``x[...] = y``: ints, slices, None, ellipsis, boolean masks, integer tensors, and mixtures of them.

Basic indices make a view (`Select`). Where tensors are among the indices, the axes that they index are moved to the
front, gathered at once, and the new axes are put where NumPy and PyTorch put them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array, leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import (
    AttributeValueError,
    DTypeError,
    IndexOutOfRange,
    Place,
    ShapeError,
)
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from .size import LISTENING
from .storage import spread
from .tensor import Tensor, give, wrap
from .views import Select, Step, view_of
from .writing import write

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pick(Step):
    """Indexing with tensors of positions: one for each axis in ``axes``, broadcast together."""

    axes: Shape
    positions: tuple[Array, ...]

    def _order(self, rank: int) -> Shape:
        return (*self.axes, *[a for a in range(rank) if a not in self.axes])

    def _place(self) -> int:
        """Where the new axes stand: in place of the old ones if those were neighbours, else in front."""
        first = self.axes[0]
        together = self.axes == tuple(range(first, first + len(self.axes)))
        return first if together else 0

    def _extra(self) -> int:
        return max(p.data.ndim for p in self.positions)

    def forward(self, array: Array) -> Array:
        if len(self.axes) == 1:
            return ops.gather(array, self.positions[0], self.axes[0])  # type: ignore[return-value]
        rank = array.data.ndim
        found = ops.gather_nd(ops.transpose(array, self._order(rank)), *self.positions)
        return ops.transpose(found, self._back(rank))  # type: ignore[return-value]

    def _back(self, rank: int) -> Shape:
        """From (new axes, the rest) to the order of the result."""
        extra, place = self._extra(), self._place()
        rest = rank - len(self.axes)
        front = tuple(range(extra, extra + place))
        return (*front, *range(extra), *range(extra + place, extra + rest))

    def write(self, whole: Array, part: Array) -> Array:
        rank = whole.data.ndim
        order = self._order(rank)
        back = self._back(rank)
        shape = tuple([self._shape(whole.data.shape)[i] for i in range(len(back))])
        value = ops.transpose(spread(part, shape), np.argsort(back).tolist())
        moved = ops.scatter_set_nd(ops.transpose(whole, order), value, *self.positions)
        return ops.transpose(moved, np.argsort(order).tolist())  # type: ignore[return-value]

    def _shape(self, whole: Shape) -> Shape:
        new = np.broadcast_shapes(*[p.data.shape for p in self.positions])
        rest = [d for a, d in enumerate(whole) if a not in self.axes]
        place = self._place()
        return (*rest[:place], *new, *rest[place:])

    def select(self, data: np.ndarray) -> np.ndarray:
        return data[self._key(data)]  # type: ignore[no-any-return]

    def store(self, data: np.ndarray, part: np.ndarray) -> None:
        data[self._key(data)] = part

    def _key(self, data: np.ndarray) -> tuple[Any, ...]:
        key: list[Any] = [slice(None)] * data.ndim
        for axis, position in zip(self.axes, self.positions, strict=True):
            key[axis] = np.asarray(position.data)
        return tuple(key)


def parse(tensor: Tensor, key: Any) -> tuple[Select | None, Pick | None]:
    """What an index asks for: a basic part, and then positions in that part. None where there is nothing to do."""
    shape = tensor.array.data.shape
    rank = len(shape)
    items = list(key) if isinstance(key, tuple) else [key]
    items = [_item(i) for i in items]
    used = sum(_consumes(i) for i in items)
    if used > rank:
        raise IndexOutOfRange(
            f"too many indices for tensor of dimension {rank}",
            places=(
                Place("here", Location.here()),
                Place(f"it is {tensor.array.type}, made here", tensor.array.location),
            ),
        )
    dots = [n for n, i in enumerate(items) if i is Ellipsis]
    if len(dots) > 1:
        raise IndexOutOfRange("an index can only have a single ellipsis ('...')")
    fill: list[Any] = [slice(None)] * (rank - used)
    items = [*items[: dots[0]], *fill, *items[dots[0] + 1 :]] if dots else items + fill
    starts: list[int] = []
    limits: list[int] = []
    strides: list[int] = []
    result: list[int] = []
    picked: list[tuple[int, Array]] = []
    for item in items:
        axis = len(starts)
        if item is None:
            result.append(1)
        elif isinstance(item, slice):
            if LISTENING and current().lengths is not None:
                current().lengths.sliced(tensor.array, axis, item)
            span = range(*item.indices(shape[axis]))
            if span.step < 1:
                raise AttributeValueError(
                    "step must be greater than zero", places=(Place("here", Location.here()),)
                )
            starts.append(span.start)
            limits.append(max(span.stop, span.start))
            strides.append(span.step)
            result.append(len(span))
        elif isinstance(item, int):
            i = _position(tensor, item, axis)
            starts.append(i)
            limits.append(i + 1)
            strides.append(1)
        else:
            for position in _positions(tensor, item, axis):
                picked.append((len(result), position))
                extent = shape[len(starts)]
                starts.append(0)
                limits.append(extent)
                strides.append(1)
                result.append(extent)
    trivial = tuple(result) == shape and all(
        (a, b, c) == (0, d, 1) for a, b, c, d in zip(starts, limits, strides, shape, strict=True)
    )
    basic = None if trivial else Select(tuple(starts), tuple(limits), tuple(strides), tuple(result))
    if not picked:
        return basic, None
    return basic, Pick(tuple([a for a, _ in picked]), tuple([p for _, p in picked]))


def _item(item: Any) -> Any:
    if item is None or item is Ellipsis or type(item) is int or type(item) is Tensor:
        pass
    elif isinstance(item, slice):
        bounds = (item.start, item.stop, item.step)
        if LISTENING:
            # Sizes stay what they are until it was noted where the slice ends.
            return slice(*[b if b is None or isinstance(b, int) else index(b) for b in bounds])
        return slice(*[None if b is None else index(b) for b in bounds])
    elif isinstance(item, (bool, np.bool_)):
        return leaf(np.asarray(bool(item)))
    elif isinstance(item, (list, tuple, np.ndarray, range)):
        from .creation import numbers_of

        data, _ = numbers_of(item, None)
        return _indices(leaf(data if data.size else data.astype(np.int64)))
    elif not isinstance(item, Tensor):
        try:
            return index(item)
        except TypeError:
            kind = IndexOutOfRange if isinstance(item, float) else DTypeError
            raise kind(
                "an index is an int, a slice, None, ..., or a tensor of integers or bools, "
                f"not {type(item).__name__}",
                places=(Place("here", Location.here()),),
            ) from None
    if isinstance(item, Tensor):
        array = item.array
        if array.data.ndim == 0 and array.data.dtype.kind in "iu" and array.op is None:
            return int(item)
        return _indices(array)
    return item


def _indices(array: Array) -> Array:
    kind = array.data.dtype.kind
    if kind == "f":
        raise IndexOutOfRange(
            f"tensors used as indices must be long, int, byte or bool tensors, not {array.type}",
            places=(Place("here", Location.here()),),
            hint="cast it with .long()",
        )
    if array.data.dtype == np.uint8:  # what masks were before there was bool
        return ops.ne(array, 0)  # type: ignore[return-value]
    return array


def _consumes(item: Any) -> int:
    if isinstance(item, Array):
        return item.data.ndim if item.data.dtype.kind == "b" else 1
    return 0 if item is None or item is Ellipsis else 1


def _position(tensor: Tensor, i: int, axis: int) -> int:
    extent = tensor.array.data.shape[axis]
    if not -extent <= i < extent:
        raise IndexOutOfRange(
            f"index {i} is out of bounds for dimension {axis} with size {extent}",
            places=(
                Place("here", Location.here()),
                Place(f"it is {tensor.array.type}, made here", tensor.array.location),
            ),
        )
    return i % extent  # type: ignore[no-any-return]


def _positions(tensor: Tensor, item: Array, axis: int) -> Sequence[Array]:
    """The positions that a tensor of indices, or a mask over one or more axes, stands for."""
    if item.data.dtype.kind != "b":
        return (item,)
    shape = tensor.array.data.shape[axis : axis + item.data.ndim]
    if item.data.shape != shape:
        raise IndexOutOfRange(
            f"The shape of the mask {show_shape(item.data.shape)} does not match the shape of the indexed "
            f"tensor {show_shape(tensor.array.data.shape)} at index {axis}",
            places=(
                Place("here", Location.here()),
                Place(f"the mask is {item.type}, made here", item.location),
            ),
        )
    where = ops.nonzero(item)
    count = where.shape[0]
    columns = [ops.slice_(where, (0, i), (count, i + 1)) for i in range(len(shape))]
    return [ops.reshape(c, (count,)) for c in columns]  # type: ignore[misc]


def _whole_mask(tensor: Tensor, key: Any) -> Array | None:
    """The mask, where the index is a mask of the whole tensor's shape."""
    if not isinstance(key, Tensor) or key.array.data.dtype.kind != "b":
        return None
    shape = key.array.data.shape
    return key.array if shape and shape == tensor.array.data.shape else None


def get_item(self: Tensor, key: Any) -> Tensor:
    """The part that an index chooses: a view for basic indices, a copy where tensors are among them.

    Raises:
        IndexOutOfRange: there is no such position, or too many indices.
    """
    if type(key) is int:
        shape = self.array.data.shape
        if shape:
            extent = shape[0]
            i = _position(self, key, 0) if not 0 <= key < extent else key
            zeros = (0,) * (len(shape) - 1)
            ones = (1,) * len(shape)
            return view_of(self, Select((i, *zeros), (i + 1, *shape[1:]), ones, shape[1:]))
    if isinstance(key, (bool, np.bool_)):
        return self.unsqueeze(0) if key else self.new_empty((0, *self.array.data.shape))  # type: ignore[no-any-return]
    basic, pick = parse(self, key)
    if pick is None:
        return view_of(self, basic or Select(*_everything(self.array.data.shape)))
    array = self.array if basic is None else basic.forward(self.array)
    return wrap(pick.forward(array))


def _everything(shape: Shape) -> tuple[Shape, Shape, Shape, Shape]:
    return (0,) * len(shape), shape, (1,) * len(shape), shape


def set_item(self: Tensor, key: Any, value: Any) -> None:
    """Overwrite the part that an index chooses; the value broadcasts to it.

    Raises:
        IndexOutOfRange: there is no such position.
        ShapeError: the value does not broadcast.
    """
    number = _value(self, value)
    mask = _whole_mask(self, key)
    if mask is not None and not number.data.ndim:
        write(self, number, "__setitem__", (Masked(mask),))
        return
    if type(key) is bool:
        if key:
            write(self, number, "__setitem__", (Select(*_everything(self.array.data.shape)),))
        return
    basic, pick = parse(self, key)
    steps: tuple[Step, ...] = ()
    if basic is not None or pick is None:
        steps = (basic or Select(*_everything(self.array.data.shape)),)
    if pick is not None:
        steps = (*steps, pick)
        shape = pick._shape(basic.shape if basic is not None else self.array.data.shape)
    else:
        last = steps[-1]
        assert isinstance(last, Select)
        shape = last.shape
    _check_fit(self, number, shape)
    write(self, number, "__setitem__", steps)


def _check_fit(tensor: Tensor, value: Array, shape: Shape) -> None:
    have = value.data.shape
    while len(have) > len(shape) and have[0] == 1:
        have = have[1:]
    lead = len(shape) - len(have)
    if lead < 0 or any(h not in (1, s) for h, s in zip(have, shape[lead:], strict=True)):
        raise ShapeError(
            f"shape mismatch: value tensor of shape {show_shape(value.data.shape)} cannot be broadcast to "
            f"indexing result of shape {show_shape(shape)}",
            places=(
                Place("here", Location.here()),
                Place(f"the tensor is {tensor.array.type}, made here", tensor.array.location),
            ),
        )


def _value(tensor: Tensor, value: Any) -> Array:
    if isinstance(value, Tensor):
        return value.array
    if isinstance(value, np.ndarray):
        return leaf(value)
    data = np.asarray(value, tensor.array.data.dtype)
    return current().constant(data)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Masked(Step):
    """The elements at which a mask of the same shape is true, as one number."""

    mask: Array

    def write(self, whole: Array, part: Array) -> Array:
        return ops.where(self.mask, part, whole)  # type: ignore[return-value]

    def store(self, data: np.ndarray, part: np.ndarray) -> None:
        data[np.asarray(self.mask.data)] = part


def attach() -> None:
    """Give `Tensor` the subscript operator."""
    give(__getitem__=get_item)
