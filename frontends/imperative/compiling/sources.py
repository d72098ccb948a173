"""Where a path's inputs and states come from, each time it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from weakref import ref

from ....compiler.dispatch import Array, Origin
from ..storage import settle

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .signature import Call

__all__ = ["Argument", "Gone", "Gradient", "Held", "Source", "overwritable"]


class Gone(Exception):
    """A tensor that a path uses is no more."""


class Argument:
    """A tensor among the arguments."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def tensor(self, call: Call) -> Tensor:
        return call.tensors[self.index]

    def array(self, call: Call) -> Array:
        return call.tensors[self.index].array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Argument) and other.index == self.index

    def __hash__(self) -> int:
        return hash((Argument, self.index))


class Held:
    """A tensor that the program holds somewhere: a parameter, a buffer, a slot, the key of a generator, data."""

    __slots__ = ("_id", "ref")

    def __init__(self, tensor: Tensor) -> None:
        self.ref = ref(tensor)
        self._id = id(tensor)

    def tensor(self, call: Call) -> Tensor:
        found = self.ref()
        if found is None:
            raise Gone
        return found

    def array(self, call: Call) -> Array:
        return self.tensor(call).array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other._id == self._id and other.ref() is self.ref()

    def __hash__(self) -> int:
        return self._id


class Gradient:
    """The gradient of a leaf."""

    __slots__ = ("origin",)

    def __init__(self, origin: Origin) -> None:
        self.origin = origin

    def tensor(self, call: Call) -> Tensor:
        found = self.origin.grad
        if found is None:
            raise Gone
        return found  # type: ignore[return-value]

    def array(self, call: Call) -> Array:
        return self.tensor(call).array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gradient) and other.origin is self.origin

    def __hash__(self) -> int:
        return hash((Gradient, id(self.origin)))


Source: TypeAlias = "Argument | Held | Gradient"


def overwritable(tensor: Tensor) -> bool:
    """Whether no other tensor sees the memory, so that a write changes this one only."""
    storage = tensor.shared
    if storage is None or settle(tensor):
        return True
    return storage.exported and all(t is tensor for t in storage.tensors())
