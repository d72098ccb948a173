"""Placeholders: tensors whose values are fed."""

from __future__ import annotations

from .build import add_operation, apply
from .convert import convert
from .dtypes import as_dtype
from .refine import refine
from .shape import TensorShape
from .tensor import Tensor

__all__ = ["placeholder", "placeholder_with_default"]


def placeholder(dtype: object, shape: object = None, name: str | None = None) -> Tensor:
    """A tensor that every run must feed.

    Args:
        shape: None for a dimension that may differ from run to run; no shape at all for one of any rank.
    """
    kind, known = as_dtype(dtype), TensorShape(shape)
    tensor = add_operation("Placeholder", None, name=name, outputs=[(kind, None)]).outputs[0]
    if kind.is_numeric:
        refine(tensor, known)
    return tensor


def placeholder_with_default(input: object, shape: object, name: str | None = None) -> Tensor:
    """A tensor that has the value ``input`` unless it is fed.

    Raises:
        ShapeError: ``shape`` says less than ``input``'s own shape; bifront takes the latter.
    """
    default = convert(input)
    default.shape.assert_is_compatible_with(shape)
    return apply("PlaceholderWithDefault", lambda x: x, default, name=name)
