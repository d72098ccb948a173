"""Keys of dictionaries in the place of tensors and variables, whose ``==`` compares elements."""

from __future__ import annotations

__all__ = ["Reference"]


class Reference:
    """Stands for one tensor or variable: equal to another reference to the same object."""

    __slots__ = ("_referred",)

    def __init__(self, referred: object) -> None:
        self._referred = referred

    def deref(self) -> object:
        """The tensor or variable."""
        return self._referred

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._referred is self._referred

    def __hash__(self) -> int:
        return id(self._referred)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referred!r}>"
