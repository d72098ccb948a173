"""How an operand of a repeated node changes from iteration to iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..ir import DType, Node, TensorType, Value
from ..ir.types import Shape

__all__ = ["Carried", "Counted", "Made", "Outer", "Part", "Pattern", "Shown", "Sliced", "Tabled"]


@dataclass(frozen=True, slots=True)
class Outer:
    """The same value from outside in every iteration."""

    value: Value


@dataclass(frozen=True, slots=True)
class Made:
    """What a node of the iteration itself makes.

    Attributes:
        at: position of the node in the iteration.
        index: which of its outputs.
    """

    at: int
    index: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A view of something.

    Attributes:
        key: equal for the same view.
        node: one such view.
    """

    key: object
    of: Pattern
    node: Node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and (self.key, self.of) == (other.key, other.of)

    def __hash__(self) -> int:
        return hash((self.key, self.of))


@dataclass(frozen=True, slots=True)
class Carried:
    """What ``next`` was in the iteration before; in the first iteration a value from outside.

    Attributes:
        first: that value.
        type: the type in the later iterations; where ``first`` is a number of another shape, it fills this shape.
    """

    first: Value
    next: Pattern
    type: TensorType


@dataclass(frozen=True, slots=True)
class Part:
    """Which parts of a value the iterations take, one after the other.

    Attributes:
        source: that value.
        lead: positions on the first axes, if all before ``axis`` are fixed to one; else nothing.
        axis: along which they lie.
        start: where the first one starts.
        step: how far it is to the next; negative from the end to the beginning.
        width: how long each is.
    """

    source: Value
    lead: Shape
    axis: int
    start: int
    step: int
    width: int

    @property
    def shape(self) -> Shape:
        """The shape of a slice of the sequence: without the axis where the parts have no extent along it."""
        shape = self.source.shape
        kept = (self.width,) if self.width > 1 else ()
        return (*shape[len(self.lead) : self.axis], *kept, *shape[self.axis + 1 :])


@dataclass(frozen=True, slots=True)
class Sliced:
    """One part after the other of a value from outside.

    Attributes:
        starts, limits: what is taken of the slices' axes.
        shape: the shape that it is given.
    """

    part: Part
    starts: Shape
    limits: Shape
    shape: Shape


@dataclass(frozen=True, slots=True)
class Counted:
    """A number that grows by the same amount from iteration to iteration."""

    start: int
    step: int
    dtype: DType


@dataclass(frozen=True, slots=True)
class Tabled:
    """Other constants in every iteration, of one type."""

    values: tuple[Value, ...]


Pattern: TypeAlias = "Outer | Made | Shown | Carried | Sliced | Counted | Tabled"
