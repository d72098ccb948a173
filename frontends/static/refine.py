"""``tensor.set_shape``: what a program knows of a shape and inference does not."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler import ops
from ...compiler.dispatch import Building
from ...compiler.errors import Place, ShapeError
from ...compiler.ir import Dim, TensorType, Value, symbol
from ...compiler.location import Location
from .shape import TensorShape
from .tensor import Tensor


def refine(tensor: Tensor, shape: TensorShape) -> None:
    """Take the tensor to have this shape from here on.

    Raises:
        ShapeError: what is known contradicts it.
    """
    if not tensor.shape.is_compatible_with(shape):
        raise ShapeError(
            f"set_shape: {tensor.name!r} has shape {tensor.shape}, which is not compatible with {shape}",
            places=(
                Place("called here", Location.here()),
                Place(f"{tensor.name!r} was made here", tensor.op.location),
            ),
        )
    merged = tensor.shape.merge_with(shape)
    if merged == tensor.shape or merged.ndims is None:
        return
    builder = tensor.graph.builder
    if tensor.op.type == "Placeholder" or tensor.op.host is not None:
        type = TensorType(tensor.dtype.ir, named(merged.as_list(), tensor.op.name))
        tensor.type = type
        tensor.value = builder.input(type, tensor.op.name, tensor.op.location)
        return
    tensor.refinement = merged
    if tensor.value is None:
        tensor.type = TensorType(tensor.dtype.ir, named(merged.as_list(), tensor.op.name))
    else:
        tensor.value = refined(builder, tensor.value, merged)
        tensor.type = tensor.value.type


def refined(builder: Building, value: Value, shape: TensorShape) -> Value:
    """The value under the more exact shape; reshaping checks it when the graph runs."""
    known = shape.as_list()
    if len(known) != value.ndim:
        raise ShapeError(f"set_shape said {shape}, but the tensor has rank {value.ndim}")
    exact = tuple(
        dim if size is None else size for dim, size in zip(value.shape, known, strict=True)
    )
    if exact == value.shape:
        return value
    return builder.apply(ops.RESHAPE, (value,), {"shape": exact})


def named(dims: Sequence[int | None], name: str) -> tuple[Dim, ...]:
    """Known dimensions as they are, a symbol named after the tensor for each unknown one."""
    return tuple(symbol(f"{name}_{i}") if d is None else d for i, d in enumerate(dims))
