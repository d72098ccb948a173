"""`TensorShape` as TensorFlow 2 has it: its dimensions are Python integers, or None where they are not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..static.shape import TensorShape as OldTensorShape

__all__ = ["TensorShape"]


class TensorShape(OldTensorShape):
    """A shape whose rank or whose dimensions may be unknown."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.as_list())

    def __getitem__(self, key: int | slice) -> Any:
        if self.ndims is None:
            return TensorShape(None) if isinstance(key, slice) else None
        found = self.as_list()[key]
        return TensorShape(found) if isinstance(key, slice) else found

    def concatenate(self, other: object) -> TensorShape:
        return TensorShape(OldTensorShape.concatenate(self, other))

    def merge_with(self, other: object) -> TensorShape:
        return TensorShape(OldTensorShape.merge_with(self, other))

    def __str__(self) -> str:
        if self.ndims is None:
            return "<unknown>"
        dims = self.as_list()
        return f"({dims[0]},)" if len(dims) == 1 else "(" + ", ".join(map(str, dims)) + ")"

    def __repr__(self) -> str:
        return f"TensorShape({None if self.ndims is None else self.as_list()})"
