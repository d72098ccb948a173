"""The same numbers in another element type."""

from __future__ import annotations

from ...compiler import ops
from ...compiler.ops import TensorLike
from .build import apply
from .convert import convert
from .dims import dimensions, is_size
from .dtypes import DType, as_dtype, float32, float64, int32, int64
from .operation import Recipe
from .tensor import Tensor

__all__ = [
    "cast", "saturate_cast", "to_double", "to_float", "to_int32", "to_int64",
]  # fmt: skip


def cast(x: object, dtype: object, name: str | None = None) -> Tensor:
    """The same numbers in another type; floats lose their fraction in integers, and are true unless 0 in bool."""
    kind, tensor = as_dtype(dtype), convert(x, name="x")
    if tensor.dtype == kind:
        return tensor
    return apply("Cast", _recipe(tensor, kind), tensor, name=name)


def _recipe(tensor: Tensor, kind: DType) -> Recipe:
    if not is_size(tensor):
        return lambda v: ops.cast(v, kind.ir)

    def number(v: TensorLike) -> TensorLike:
        # A size as a number of that type is one node, as it is where a mean divides by it.
        known = dimensions(v)
        return ops.cast(v, kind.ir) if known is None else ops.extent(known.item(), kind.ir)

    return number


def saturate_cast(value: object, dtype: object, name: str | None = None) -> Tensor:
    """`cast`, with numbers beyond the range of the type replaced by its ends."""
    kind, tensor = as_dtype(dtype), convert(value)
    if kind.is_integer:
        low, high = max(kind.min, tensor.dtype.min), min(kind.max, tensor.dtype.max)
        tensor = apply("ClipByValue", lambda v: ops.clip(v, low, high), tensor)
    return cast(tensor, kind, name=name)


def to_float(x: object, name: str = "ToFloat") -> Tensor:
    """`cast` to float32."""
    return cast(x, float32, name=name)


def to_double(x: object, name: str = "ToDouble") -> Tensor:
    """`cast` to float64."""
    return cast(x, float64, name=name)


def to_int32(x: object, name: str = "ToInt32") -> Tensor:
    """`cast` to int32."""
    return cast(x, int32, name=name)


def to_int64(x: object, name: str = "ToInt64") -> Tensor:
    """`cast` to int64."""
    return cast(x, int64, name=name)
