"""`TensorShape` as TensorFlow 2 has it: its dimensions are Python integers, or None where they are not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..static.shape import Dimension
from ..static.shape import TensorShape as OldTensorShape

__all__ = ["TensorShape"]


class TensorShape(OldTensorShape):
    """A shape whose rank or whose dimensions may be unknown."""

    __slots__ = ("_sizes",)

    _sizes: tuple[Any, ...] | None

    def __init__(self, dims: object) -> None:
        old = OldTensorShape(dims)
        self._sizes = None if old.ndims is None else tuple(old.as_list())

    @classmethod
    def seen(cls, sizes: tuple[int, ...]) -> TensorShape:
        """The shape of a value. A trace is told what becomes of its sizes."""
        shape = cls.__new__(cls)
        shape._sizes = sizes
        return shape

    @property
    def _dims(self) -> tuple[Dimension, ...] | None:  # type: ignore[override]
        return None if self._sizes is None else tuple(map(Dimension, self._sizes))

    @property
    def ndims(self) -> int | None:
        return None if self._sizes is None else len(self._sizes)

    rank = ndims

    def __len__(self) -> int:
        return super().__len__() if self._sizes is None else len(self._sizes)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.as_list())

    def as_list(self) -> list[Any]:
        return super().as_list() if self._sizes is None else list(self._sizes)

    def __getitem__(self, key: int | slice) -> Any:
        if self._sizes is None:
            return TensorShape(None) if isinstance(key, slice) else None
        found = self._sizes[key]
        return TensorShape.seen(found) if isinstance(key, slice) else found

    def concatenate(self, other: object) -> TensorShape:
        return TensorShape(OldTensorShape.concatenate(self, other))

    def merge_with(self, other: object) -> TensorShape:
        return TensorShape(OldTensorShape.merge_with(self, other))

    def __str__(self) -> str:
        if self._sizes is None:
            return "<unknown>"
        sizes = list(map(str, self._sizes))
        return f"({sizes[0]},)" if len(sizes) == 1 else "(" + ", ".join(sizes) + ")"

    def __repr__(self) -> str:
        return f"TensorShape({None if self._sizes is None else list(self._sizes)})"
