"""Tensors made from shapes and numbers, and the moving of elements."""

from __future__ import annotations

import builtins
from typing import Any

from ...compiler import ops
from ...compiler.ops import TensorLike
from ..static import array_ops, control, convert, creation
from ..static.build import apply
from ..static.dtypes import bool as bool_
from ..static.dtypes import int32
from ..static.errors import UnsupportedError
from ..static.reduction import as_axes
from ..static.slicing import index
from .evaluation import eager
from .shape import TensorShape
from .tensor import EagerTensor
from .variable import Variable

__all__ = [
    "boolean_mask", "broadcast_to", "concat", "constant", "convert_to_tensor", "ensure_shape", "expand_dims",
    "eye", "fill", "gather", "gather_nd", "identity", "is_tensor", "linspace", "meshgrid", "one_hot", "ones",
    "ones_like", "pad", "range", "rank", "repeat", "reshape", "reverse", "roll", "scatter_nd",
    "sequence_mask", "shape", "shape_n", "size", "slice", "split", "squeeze", "stack", "stop_gradient",
    "strided_slice", "tensor_scatter_nd_add", "tensor_scatter_nd_update", "tile", "transpose", "unstack",
    "zeros", "zeros_like",
]  # fmt: skip

# From numbers and shapes

constant = eager(convert.constant)
convert_to_tensor = eager(convert.convert_to_tensor)
zeros = eager(creation.zeros)
ones = eager(creation.ones)
fill = eager(creation.fill)
eye = eager(creation.eye)
one_hot = eager(creation.one_hot)
range = eager(creation.range)
linspace = eager(creation.linspace)
meshgrid = eager(creation.meshgrid)
diag = eager(creation.diag)


@eager
def zeros_like(input: object, dtype: object = None, name: str | None = None) -> Any:
    """Zeros of the same shape."""
    return creation.zeros_like(input, dtype, name)


@eager
def ones_like(input: object, dtype: object = None, name: str | None = None) -> Any:
    """Ones of the same shape."""
    return creation.ones_like(input, dtype, name)


@eager
def sequence_mask(
    lengths: object, maxlen: object = None, dtype: object = bool_, name: str | None = None
) -> Any:
    """True at the first ``lengths[i]`` of ``maxlen`` (default: the largest of the lengths) positions of row i."""
    counts = convert.convert(lengths)
    if maxlen is None:
        assert isinstance(counts, EagerTensor)
        maxlen = int(counts.numpy().max())
    return creation.sequence_mask(counts, maxlen, dtype, name)


# Shapes


@eager
def shape(input: object, out_type: object = int32, name: str | None = None) -> Any:
    """The shape as a tensor."""
    return array_ops.shape(input, name, out_type)


@eager
def size(input: object, out_type: object = int32, name: str | None = None) -> Any:
    """The number of elements."""
    return array_ops.size(input, name, out_type)


shape_n = eager(array_ops.shape_n)
rank = eager(array_ops.rank)
reshape = eager(array_ops.reshape)
transpose = eager(array_ops.transpose)
expand_dims = eager(array_ops.expand_dims)
squeeze = eager(array_ops.squeeze)
broadcast_to = eager(array_ops.broadcast_to)


@eager
def ensure_shape(x: Any, shape: object, name: str | None = None) -> EagerTensor:
    """The tensor itself.

    Raises:
        ShapeError: its shape is another one.
    """
    tensor: EagerTensor = convert_to_tensor(x)  # type: ignore[assignment]
    tensor.shape.assert_is_compatible_with(TensorShape(shape))
    return tensor


# Parts and wholes

concat = eager(array_ops.concat)
stack = eager(array_ops.stack)
unstack = eager(array_ops.unstack)
split = eager(array_ops.split)
tile = eager(array_ops.tile)
reverse = eager(array_ops.reverse)
slice = eager(array_ops.slice)
strided_slice = eager(array_ops.strided_slice)
invert_permutation = eager(array_ops.invert_permutation)


@eager
def pad(
    tensor: object, paddings: object, mode: str = "CONSTANT", constant_values: float = 0,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Elements put before and after each axis: ``paddings`` is ``[[before, after], ...]``."""
    return array_ops.pad(tensor, paddings, mode, name, constant_values)


@eager
def gather(
    params: object, indices: object, validate_indices: object = None, axis: int | None = None,
    batch_dims: int = 0, name: str | None = None,
) -> Any:  # fmt: skip
    """The slices of ``params`` at ``indices`` along the axis (default: the first)."""
    _no_batch(batch_dims, "gather")
    return array_ops.gather(params, indices, validate_indices, name, axis or 0)


@eager
def gather_nd(params: object, indices: object, batch_dims: int = 0, name: str | None = None) -> Any:
    """The elements or slices at the places that the rows of ``indices`` name."""
    _no_batch(batch_dims, "gather_nd")
    return array_ops.gather_nd(params, indices, name)


def _no_batch(batch_dims: int, name: str) -> None:
    if batch_dims:
        raise UnsupportedError(f"bifront has {name} with batch_dims=0 only")


@eager
def boolean_mask(
    tensor: object, mask: object, axis: int | None = None, name: str | None = None
) -> Any:
    """The elements (or slices) where the mask, whose axes are the first of the tensor's, is true."""
    return array_ops.boolean_mask(tensor, mask, name, axis)


@eager
def repeat(input: object, repeats: int, axis: int | None = None, name: str | None = None) -> Any:
    """Each element ``repeats`` times in a row along the axis (None: of the flattened tensor)."""
    count = int(repeats)

    def recipe(x: TensorLike) -> TensorLike:
        x = ops.reshape(x, (-1,)) if axis is None else x
        at = (axis or 0) % x.ndim
        lead, rest = x.shape[: at + 1], x.shape[at + 1 :]
        many = ops.broadcast_to(ops.expand_dims(x, at + 1), (*lead, count, *rest))
        return ops.reshape(many, (*lead[:-1], lead[-1] * count, *rest))

    return apply("Repeat", recipe, convert.convert(input), name=name)


@eager
def roll(input: object, shift: object, axis: object, name: str | None = None) -> Any:
    """The elements moved along the axes; those that leave at one end come back at the other."""
    pairs = list(zip(as_axes(shift) or (), as_axes(axis) or (), strict=True))

    def recipe(x: TensorLike) -> TensorLike:
        for by, where in pairs:
            at = where % x.ndim
            extent = x.shape[at]
            cut = (-by) % extent if isinstance(extent, int) and extent else 0
            cuts = [cut if i == at else None for i in builtins.range(x.ndim)]
            whole = [None] * x.ndim
            if cut:
                x = ops.concatenate([ops.slice_(x, cuts, whole), ops.slice_(x, whole, cuts)], at)
        return x

    return apply("Roll", recipe, convert.convert(input), name=name)


def _scattered(type: str, scatter: Any, tensor: object, indices: object, updates: object) -> Any:
    x = convert.convert(tensor)

    def recipe(v: TensorLike, i: TensorLike, u: TensorLike) -> TensorLike:
        depth = i.shape[-1]
        return scatter(v, u, *[index(i, [Ellipsis, k], ()) for k in builtins.range(int(depth))])  # type: ignore[arg-type, no-any-return]

    return apply(type, recipe, x, convert.convert(indices), convert.convert(updates, x.dtype))


@eager
def tensor_scatter_nd_update(
    tensor: object, indices: object, updates: object, name: str | None = None
) -> Any:
    """The tensor with other elements or slices at the places that the rows of ``indices`` name."""
    return _scattered("TensorScatterUpdate", ops.scatter_set_nd, tensor, indices, updates)


@eager
def tensor_scatter_nd_add(
    tensor: object, indices: object, updates: object, name: str | None = None
) -> Any:
    """The tensor with ``updates`` added at the places that the rows of ``indices`` name."""
    return _scattered("TensorScatterAdd", ops.scatter_add_nd, tensor, indices, updates)


@eager
def scatter_nd(indices: object, updates: object, shape: object, name: str | None = None) -> Any:
    """Zeros of the given shape with ``updates`` added at the places that the rows of ``indices`` name."""
    values = convert.convert(updates)
    zeros_ = creation.zeros(shape, values.dtype)
    return _scattered("ScatterNd", ops.scatter_add_nd, zeros_, indices, values)


# Values as they are

identity = eager(control.identity)
stop_gradient = eager(control.stop_gradient)


def is_tensor(x: object) -> bool:
    """Whether it is a tensor or a variable."""
    return isinstance(x, (EagerTensor, Variable))
