"""Tensor types, and the one table of how shapes combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import ShapeError
from .dims import Dim, product, substitute
from .dtypes import DType

Shape: TypeAlias = "tuple[Dim, ...]"


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type and shape of a tensor; a dimension is an int or a symbolic expression."""

    dtype: DType
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Dim:
        """Number of elements."""
        return product(self.shape)

    @property
    def is_concrete(self) -> bool:
        return all(isinstance(d, int) for d in self.shape)

    def with_shape(self, shape: Sequence[Dim]) -> TensorType:
        return TensorType(self.dtype, tuple(shape))

    def with_dtype(self, dtype: DType) -> TensorType:
        return TensorType(dtype, self.shape)

    def substitute(self, binding: Mapping[str, Dim]) -> TensorType:
        return TensorType(self.dtype, tuple(substitute(d, binding) for d in self.shape))

    def __str__(self) -> str:
        return f"{self.dtype.short}[{', '.join(map(str, self.shape))}]"


def broadcast(a: Shape, b: Shape) -> Shape:
    """NumPy's broadcasting. A symbol and an int unify where the int is 1; otherwise they must be equal.

    A symbol against a different symbol or a number other than 1 cannot be proved to fit; it is taken to be equal (the
    executor checks at run time) and the more specific of the two is the result.

    Raises:
        ShapeError: two known dimensions differ and neither is 1.
    """
    if a == b:
        return a
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    lead = len(longer) - len(shorter)
    return longer[:lead] + tuple(
        _broadcast_dim(x, y, a, b) for x, y in zip(longer[lead:], shorter, strict=True)
    )


def _broadcast_dim(x: Dim, y: Dim, a: Shape, b: Shape) -> Dim:
    if x == y or y == 1:
        return x
    if x == 1:
        return y
    if isinstance(x, int) and isinstance(y, int):
        raise ShapeError(
            f"shapes {show_shape(a)} and {show_shape(b)} do not broadcast: {x} against {y}"
        )
    return x if isinstance(x, int) else y


def unify(x: Dim, y: Dim) -> Dim | None:
    """The dimension that both stand for, or None where they cannot be the same."""
    if x == y:
        return x
    if isinstance(x, int) and isinstance(y, int):
        return None
    return x if isinstance(x, int) else y


def show_shape(shape: Sequence[Dim]) -> str:
    return f"[{', '.join(map(str, shape))}]"
