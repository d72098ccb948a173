"""Shapes, and the moving of elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ...compiler import ops
from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ir import Dim, Expr, Value
from ...compiler.ops import TensorLike
from .build import add_operation, apply, scoped
from .convert import convert, require_same_dtype
from .dims import DimsArgument, dimensions, is_dynamic
from .dtypes import DType, as_dtype, int32
from .reduction import as_axes, older
from .slicing import WHOLE, index
from .tensor import Tensor

__all__ = [
    "boolean_mask", "broadcast_to", "concat", "expand_dims", "gather", "gather_nd",
    "invert_permutation", "pack", "pad", "rank", "reshape", "reverse", "reverse_v2", "shape",
    "shape_n", "size", "slice", "split", "squeeze", "stack", "strided_slice", "tile", "transpose",
    "unpack", "unstack",
]  # fmt: skip

_slice = slice


# Shapes as numbers


def shape_vector(x: TensorLike, dtype: DType) -> TensorLike:
    """The shape of an IR value as a vector: a constant where it is known."""
    dims = x.shape
    if not is_dynamic(x) and not any(isinstance(d, Expr) for d in dims):
        return ops.constant(np.array(dims, dtype.ir.numpy))
    return ops.concatenate([ops.reshape(ops.extent(d, dtype.ir), (1,)) for d in dims], 0)


def shape(input: object, name: str | None = None, out_type: object = int32) -> Tensor:
    """The shape, as it is at run time."""
    kind = as_dtype(out_type)
    return apply("Shape", lambda x: shape_vector(x, kind), convert(input), name=name)


def shape_n(input: Iterable[object], out_type: object = int32, name: str | None = None) -> list[Tensor]:  # fmt: skip
    """The shapes of several tensors."""
    return [shape(x, name, out_type) for x in input]


def size(input: object, name: str | None = None, out_type: object = int32) -> Tensor:
    """The number of elements, as it is at run time."""
    kind = as_dtype(out_type).ir
    return apply("Size", lambda x: ops.extent(x.type.size, kind), convert(input), name=name)


def rank(input: object, name: str | None = None) -> Tensor:
    """The number of axes."""
    return apply("Rank", lambda x: ops.constant(np.int32(x.ndim)), convert(input), name=name)


# One tensor in, one out


@scoped("Reshape")
def reshape(tensor: object, shape: object, name: str | None = None) -> Tensor:
    """The same elements in the same order under another shape; one dimension may be -1.

    Raises:
        ShapeError: the number of elements differs.
    """
    wanted = DimsArgument(shape)
    x = convert(tensor, name="tensor")
    return apply(
        "Reshape", lambda v, *dims: ops.reshape(v, wanted.dims(dims)), x, *wanted.tensors, name=name
    )


@scoped("transpose")
def transpose(
    a: object, perm: object = None, name: str | None = None, conjugate: bool = False
) -> Tensor:
    """The axes in another order, by default reversed: axis i of the result is axis ``perm[i]``."""
    order = None if perm is None else DimsArgument(perm)
    given = order.tensors if order is not None else []

    def recipe(x: TensorLike, *values: Value) -> TensorLike:
        return ops.transpose(x, None if order is None else order.dims(values))  # type: ignore[arg-type]

    return apply("Transpose", recipe, convert(a), *given, name=name)


@scoped("ExpandDims")
def expand_dims(
    input: object, axis: object = None, name: str | None = None, dim: object = None
) -> Tensor:
    """A dimension of extent 1 put in at ``axis``."""
    where = int(older(axis, dim, "axis", "dim"))  # type: ignore[call-overload]
    return apply("ExpandDims", lambda x: ops.expand_dims(x, where), convert(input), name=name)


@scoped("Squeeze")
def squeeze(
    input: object, axis: object = None, name: str | None = None, squeeze_dims: object = None
) -> Tensor:
    """Dimensions of extent 1 left out: those at ``axis``, or all of them."""
    axes = as_axes(older(axis, squeeze_dims, "axis", "squeeze_dims"))
    return apply("Squeeze", lambda x: ops.squeeze(x, axes or None), convert(input), name=name)


def broadcast_to(input: object, shape: object, name: str | None = None) -> Tensor:
    """The tensor repeated so that it has the given shape."""
    wanted = DimsArgument(shape)
    return apply(
        "BroadcastTo",
        lambda x, *dims: ops.broadcast_to(x, wanted.dims(dims)),
        convert(input), *wanted.tensors, name=name,
    )  # fmt: skip


@scoped("Tile")
def tile(input: object, multiples: object, name: str | None = None) -> Tensor:
    """The tensor repeated ``multiples[i]`` times along axis i."""
    wanted = DimsArgument(multiples)

    def recipe(x: TensorLike, *values: Value) -> TensorLike:
        times = wanted.dims(values)
        if len(times) != x.ndim:
            raise ShapeError(f"tile needs one multiple for each of {x.ndim} axes, got {len(times)}")
        if all(d == 1 for d in times):
            return x
        between: list[Dim] = []
        repeated: list[Dim] = []
        for extent, count in zip(x.shape, times, strict=True):
            between += [1, extent]
            repeated += [count, extent]
        final = [d * n for d, n in zip(x.shape, times, strict=True)]
        return ops.reshape(ops.broadcast_to(ops.reshape(x, between), repeated), final)

    return apply("Tile", recipe, convert(input), *wanted.tensors, name=name)


def pad(
    tensor: object, paddings: object, mode: str = "CONSTANT", name: str | None = None,
    constant_values: float = 0,
) -> Tensor:  # fmt: skip
    """Elements put before and after each axis: ``paddings`` is ``[[before, after], ...]``.

    Args:
        mode: ``CONSTANT`` (``constant_values``), ``REFLECT`` or ``SYMMETRIC``.
    """
    amounts = convert(paddings, name="Pad/paddings")

    def recipe(x: TensorLike, given: Value) -> TensorLike:
        known = dimensions(given)
        if known is None:
            raise AttributeValueError("paddings must be known while the graph is built")
        return ops.pad(x, [tuple(p) for p in known.reshape(-1, 2)], mode.lower(), constant_values)

    kind = "Pad" if mode.upper() == "CONSTANT" else "MirrorPad"
    return apply(kind, recipe, convert(tensor), amounts, name=name)


@scoped("ReverseV2")
def reverse(tensor: object, axis: object, name: str | None = None) -> Tensor:
    """The elements in reverse order along the axes."""
    axes = as_axes(axis)
    return apply("ReverseV2", lambda x: ops.flip(x, axes), convert(tensor), name=name)


reverse_v2 = reverse


@scoped("Slice")
def slice(input_: object, begin: object, size: object, name: str | None = None) -> Tensor:
    """``size[i]`` elements from ``begin[i]`` along each axis; -1 for all that are left."""
    first, extent = DimsArgument(begin), DimsArgument(size)
    count = len(first.tensors)

    def recipe(x: TensorLike, *values: Value) -> TensorLike:
        starts = first.dims(values[:count])
        sizes = extent.dims(values[count:])
        limits = [None if n == -1 else s + n for s, n in zip(starts, sizes, strict=True)]
        return ops.slice_(x, starts, limits)

    return apply("Slice", recipe, convert(input_), *first.tensors, *extent.tensors, name=name)


@scoped("strided_slice")
def strided_slice(
    input_: object, begin: Sequence[int], end: Sequence[int], strides: Sequence[int] | None = None,
    begin_mask: int = 0, end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0,
    shrink_axis_mask: int = 0, var: object = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``input_[begin:end:strides]``; bit i of a mask changes what entry i means."""
    from .slicing import getitem

    steps = strides or [1] * len(begin)
    key: list[object] = []
    for i, (first, past, step) in enumerate(zip(begin, end, steps, strict=True)):
        if ellipsis_mask >> i & 1:
            key.append(Ellipsis)
        elif new_axis_mask >> i & 1:
            key.append(None)
        elif shrink_axis_mask >> i & 1:
            key.append(first)
        else:
            low = None if begin_mask >> i & 1 else first
            high = None if end_mask >> i & 1 else past
            key.append(_slice(low, high, step))
    return getitem(input_, tuple(key), name=name)


# Several tensors


@scoped("concat")
def concat(values: object, axis: object, name: str | None = None) -> Tensor:
    """Tensors joined along an axis."""
    if isinstance(values, (int, np.integer)) and not isinstance(axis, (int, np.integer)):
        # Before TensorFlow 1 the axis came first.
        values, axis = axis, values
    tensors = _alike(values)
    over = int(axis)  # type: ignore[call-overload]
    return apply("ConcatV2", lambda *xs: ops.concatenate(xs, over), *tensors, name=name)


def _alike(values: object) -> list[Tensor]:
    """A list of tensors of one type."""
    if hasattr(values, "_as_tensor"):
        return [convert(values)]
    items = list(values)  # type: ignore[call-overload]
    known = next((convert(v).dtype for v in items if hasattr(v, "_as_tensor")), None)
    tensors = [v._as_tensor() if hasattr(v, "_as_tensor") else convert(v, known) for v in items]
    if tensors:
        require_same_dtype(*tensors)
    return tensors


@scoped("stack")
def stack(values: object, axis: int = 0, name: str | None = None) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    tensors = _alike(values)

    def recipe(*xs: Value) -> TensorLike:
        where = axis if axis >= 0 else axis + xs[0].ndim + 1
        return ops.concatenate([ops.expand_dims(x, where) for x in xs], where)

    return apply("Pack", recipe, *tensors, name=name)


pack = stack


@scoped("unstack")
def unstack(
    value: object, num: int | None = None, axis: int = 0, name: str | None = None
) -> list[Tensor]:
    """The slices along an axis, whose extent must be known or given as ``num``.

    Raises:
        ShapeError: the extent is not known, or is not ``num``.
    """
    x = convert(value)
    if num is None:
        dims = x.shape
        if dims.ndims is None or dims.as_list()[axis] is None:
            raise ShapeError(
                f"Cannot infer num from shape {dims}: unstack along axis {axis} needs num="
            )
        num = int(dims[axis])
    count = num

    def recipe(v: Value) -> list[TensorLike]:
        where = axis if axis >= 0 else axis + v.ndim
        extent = v.shape[where]
        if isinstance(extent, int) and extent != count:
            raise ShapeError(f"unstack: num is {count}, but axis {axis} has extent {extent}")
        before: list[object] = [WHOLE] * where
        return [index(v, [*before, i], ()) for i in range(count)]

    return list(add_operation("Unpack", recipe, [x], name=name).outputs)


unpack = unstack


@scoped("split")
def split(
    value: object, num_or_size_splits: object, axis: object = 0, num: int | None = None,
    name: str | None = "split", split_dim: object = None, num_split: object = None,
) -> list[Tensor]:  # fmt: skip
    """Pieces along an axis: so many equal ones, or of the given sizes."""
    if isinstance(value, (int, np.integer)) and hasattr(axis, "_as_tensor"):
        # Before TensorFlow 1: split(axis, number, value).
        value, axis = axis, value
    over = int(axis if split_dim is None else split_dim)  # type: ignore[call-overload]
    pieces = num_or_size_splits if num_split is None else num_split
    x = convert(value)
    sizes = None if isinstance(pieces, (int, np.integer)) else as_axes(pieces)
    number = int(pieces) if sizes is None else len(sizes)  # type: ignore[call-overload]

    def recipe(v: Value) -> list[TensorLike]:
        extent = v.shape[over]
        if isinstance(extent, int) and sizes is None and extent % number:
            raise ShapeError(
                f"split: axis {over} has extent {extent}, which {number} does not divide"
            )
        widths: list[Dim] = list(sizes) if sizes is not None else [extent // number] * number
        if -1 in widths:
            known = sum(w for w in widths if w != -1)
            widths[widths.index(-1)] = extent - known
        elif sizes is not None and isinstance(extent, int) and sum(widths) != extent:
            raise ShapeError(
                f"split: sizes {list(sizes)} do not add up to {extent}, the extent of axis {over}"
            )
        where = over if over >= 0 else over + v.ndim
        found: list[TensorLike] = []
        start: Dim = 0
        for width in widths:
            starts: list[Dim | None] = [None] * v.ndim
            limits: list[Dim | None] = [None] * v.ndim
            starts[where], limits[where] = start, start + width
            found.append(ops.slice_(v, starts, limits))
            start = start + width
        return found

    return list(add_operation("Split", recipe, [x], name=name).outputs)


# Picking by index


@scoped("GatherV2")
def gather(
    params: object, indices: object, validate_indices: object = None, name: str | None = None,
    axis: int = 0,
) -> Tensor:  # fmt: skip
    """The slices of ``params`` at ``indices`` along the axis."""
    return apply(
        "GatherV2",
        lambda x, i: ops.gather(x, i, axis),
        convert(params), convert(indices), name=name,
    )  # fmt: skip


@scoped("GatherNd")
def gather_nd(params: object, indices: object, name: str | None = None) -> Tensor:
    """The elements or slices at the places that the rows of ``indices`` name."""

    def recipe(x: TensorLike, i: Value) -> TensorLike:
        depth = i.shape[-1]
        if not isinstance(depth, int):
            raise ShapeError("gather_nd needs a known number of indices in each row")
        return ops.gather_nd(x, *[index(i, [Ellipsis, k], ()) for k in range(depth)])

    return apply("GatherNd", recipe, convert(params), convert(indices), name=name)


@scoped("boolean_mask")
def boolean_mask(
    tensor: object, mask: object, name: str | None = "boolean_mask", axis: int | None = None
) -> Tensor:
    """The elements (or slices) where the mask, whose axes are the tensor's from ``axis`` (default 0) on, is true."""
    from .dtypes import bool as bool_

    first = int(axis or 0)

    def recipe(x: TensorLike, m: Value) -> TensorLike:
        places = ops.nonzero(m)
        columns = [index(places, [WHOLE, k], ()) for k in range(m.ndim)]
        if not first:
            return ops.gather_nd(x, *columns)
        before = first % x.ndim
        masked = [*range(before, before + m.ndim)]
        order = [*masked, *(i for i in range(x.ndim) if i not in masked)]
        kept = ops.gather_nd(ops.transpose(x, order), *columns)
        rest = [*range(before + 1, kept.ndim)]
        return ops.transpose(kept, [*range(1, before + 1), 0, *rest])

    return apply("BooleanMask", recipe, convert(tensor), convert(mask, bool_), name=name)


@scoped("InvertPermutation")
def invert_permutation(x: object, name: str | None = None) -> Tensor:
    """The permutation that undoes ``x``."""
    given = convert(x)
    kind = given.dtype.ir
    return apply("InvertPermutation", lambda v: ops.cast(ops.argsort(v, 0), kind), given, name=name)
