"""``tensor[...]``: Python's and NumPy's basic indexing on symbolic tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array
from ...compiler.errors import AttributeValueError, IndexOutOfRange, ShapeError
from ...compiler.ir import Dim, Value
from ...compiler.ops import TensorLike
from .build import apply, scoped
from .convert import convert
from .dims import dimensions, is_dynamic
from .dtypes import DType
from .shape import Dimension
from .tensor import Tensor


@dataclass(frozen=True, slots=True)
class _Slice:
    """``start:stop:step``, the bounds as numbers, None, or positions among the operation's inputs."""

    start: int | str | None
    stop: int | str | None
    step: int


WHOLE = _Slice(None, None, 1)
"""An axis as it is."""


@scoped("strided_slice")
def getitem(x: object, key: object, name: str | None = None) -> Tensor:
    """``x[key]`` for integers, slices, ``...``, ``None`` and scalar tensors among them; a bool tensor is a mask.

    Raises:
        IndexOutOfRange: an index beyond the axis.
        ShapeError: more indices than axes.
    """
    tensor = convert(x)
    keys = list(key) if isinstance(key, tuple) else [key]
    if len(keys) == 1 and _is_mask(keys[0]):
        from .array_ops import boolean_mask

        return boolean_mask(tensor, keys[0])
    inputs: list[Tensor] = []

    def bound(given: object) -> int | str | None:
        if given is None:
            return None
        if isinstance(given, Dimension):
            return given.value
        if hasattr(given, "_as_tensor"):
            inputs.append(given._as_tensor())
            return f"input {len(inputs) - 1}"
        if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
            return int(given)
        raise TypeError(
            f"Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tensors are "
            f"valid indices, got {given!r}"
        )

    items: list[object] = []
    for item in keys:
        if isinstance(item, slice):
            step = 1 if item.step is None else bound(item.step)
            if not isinstance(step, int):
                raise AttributeValueError("the step of a slice must be a Python integer")
            items.append(_Slice(bound(item.start), bound(item.stop), step))
        elif item is None or item is Ellipsis:
            items.append(item)
        else:
            items.append(bound(item))

    def recipe(v: TensorLike, *bounds: Value) -> TensorLike:
        return index(v, items, bounds)

    return apply("StridedSlice", recipe, tensor, *inputs, name=name)


def _is_mask(key: object) -> bool:
    if isinstance(key, np.ndarray):
        return bool(key.dtype.kind == "b")
    dtype = key._as_tensor().dtype if hasattr(key, "_as_tensor") else None
    return isinstance(dtype, DType) and dtype.is_bool


def index(x: TensorLike, items: Sequence[object], bounds: Sequence[Value]) -> TensorLike:
    """Basic indexing of an IR value."""
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > x.ndim:
        raise ShapeError(f"{used} indices are too many for a tensor of shape {list(x.shape)}")
    if Ellipsis not in items:
        items = [*items, Ellipsis]
    axis = 0
    starts: list[Dim | None] = [None] * x.ndim
    limits: list[Dim | None] = [None] * x.ndim
    strides = [1] * x.ndim
    shape: list[int | None] = []  # None: the extent that comes out of the slice
    gathers: list[tuple[int, TensorLike]] = []

    def known(given: object, computed: bool = False) -> Dim | TensorLike | None:
        if not isinstance(given, str):
            return given  # type: ignore[return-value]
        value = bounds[int(given.split()[1])]
        if computed and is_dynamic(value):
            return value
        found = dimensions(value)
        return value if found is None else found.ravel()[0]

    for item in items:
        if item is None:
            shape.append(1)
        elif item is Ellipsis:
            width = x.ndim - used
            shape += [None] * width
            axis += width
        elif isinstance(item, _Slice):
            start, stop = known(item.start), known(item.stop)
            if isinstance(start, (Value, Array)) or isinstance(stop, (Value, Array)):
                raise AttributeValueError(
                    "the bounds of a slice must be Python integers or follow from shapes",
                    hint="use tf.gather with tf.range for a slice whose position is computed",
                )
            starts[axis], limits[axis], strides[axis] = start, stop, item.step
            shape.append(None)
            axis += 1
        else:
            where = known(item, computed=True)
            if isinstance(where, (Value, Array)):
                gathers.append((axis, where))
            else:
                assert where is not None
                _require_inside(where, x.shape[axis], axis)
                starts[axis] = where
                limits[axis] = None if where == -1 else where + 1
            shape.append(-1)
            axis += 1
    return _take(x, starts, limits, strides, shape, gathers)


def _take(
    x: TensorLike,
    starts: Sequence[Dim | None],
    limits: Sequence[Dim | None],
    strides: Sequence[int],
    shape: Sequence[int | None],
    gathers: Sequence[tuple[int, TensorLike]],
) -> TensorLike:
    """Slice every axis, gather where an index is computed, then drop and add axes.

    Args:
        shape: for each axis of the result None (as sliced), 1 (new) or -1 (indexed, so dropped).
    """
    x = ops.slice_(x, starts, limits, strides)
    for axis, where in gathers:
        x = ops.gather(x, ops.reshape(where, (1,)), axis)
    extents = iter(x.shape)
    final: list[Dim] = []
    for kind in shape:
        if kind == 1:
            final.append(1)
            continue
        extent = next(extents)
        if kind is None:
            final.append(extent)
    return ops.reshape(x, final)


def _require_inside(where: Dim, extent: Dim, axis: int) -> None:
    if isinstance(where, int) and isinstance(extent, int) and not -extent <= where < extent:
        raise SliceOutOfRange(
            f"slice index {where} of dimension {axis} out of bounds: its extent is {extent}",
            hint=f"use an index from {-extent} to {extent - 1}",
        )


class SliceOutOfRange(IndexOutOfRange, ValueError):
    """An index known while the graph is built lies beyond its axis: TensorFlow raises ``ValueError`` there."""
