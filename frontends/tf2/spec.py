"""`TensorSpec`: the type of an argument; None stands for a dimension of any size."""

from __future__ import annotations

from typing import Any

from ..static.dtypes import DType, as_dtype, float32
from .shape import TensorShape
from .tensor import EagerTensor
from .variable import Variable

__all__ = ["TensorSpec"]


class TensorSpec:
    """What a tensor must be like.

    Args:
        shape: its dimensions; None among them for those of any size.
        dtype: its element type.
        name: what graphs call the argument.
    """

    __slots__ = ("_name", "dtype", "shape")

    def __init__(self, shape: object, dtype: object = float32, name: str | None = None) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self._name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The type of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    from_spec = from_tensor

    @property
    def name(self) -> str | None:
        return self._name

    def is_compatible_with(self, other: object) -> bool:
        """Whether a tensor, or a type, is like this."""
        if not isinstance(other, (EagerTensor, Variable, TensorSpec)):
            return False
        return self.dtype == other.dtype and self.shape.is_compatible_with(other.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype, self._name) == (other.shape, other.dtype, other._name)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype=tf.{self.dtype.name}, name={self._name!r})"
