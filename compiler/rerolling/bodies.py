"""The region that one iteration becomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..dispatch import Building, using
from ..ir import DType, Node, TensorType, Value
from ..ir.dtypes import int32
from ..location import Location
from ..ops import add, cast, constant, reshape, slice_
from .patterns import Carried, Counted, Made, Outer, Part, Pattern, Shown, Sliced, Tabled
from .stream import Stream

__all__ = ["Body"]

Counter = tuple[DType, int]
"""Whole numbers of one type that grow by the same amount."""


class Body:
    """One iteration, taken out of a path.

    Attributes:
        nodes: the builder of the region.
        carries: what is handed from one iteration to the next, with the inputs that stand for it.
        counters: for each kind of counter the number that it starts with.
        slices: sequences, with the inputs that stand for their slices.
        captures: values from outside, with the inputs that stand for them.
    """

    def __init__(self, stream: Stream, name: str, location: Location | None) -> None:
        self.stream = stream
        self.nodes = Building(name)
        self.nodes.at = location
        self.carries: dict[Carried, Value] = {}
        self.counters: dict[Counter, tuple[int, Value]] = {}
        self.slices: dict[Part | Tabled, Value] = {}
        self.captures: dict[Value, Value] = {}
        self._made: list[Node] = []
        self._values: dict[Pattern, Value] = {}

    def prepare(self, patterns: Iterable[Pattern]) -> None:
        """Make the inputs that stand for what differs from iteration to iteration."""
        for pattern in patterns:
            if isinstance(pattern, Carried) and pattern not in self.carries:
                value = self.nodes.input(pattern.type, pattern.first.hint, pattern.first.location)
                self.carries[pattern] = value
            elif isinstance(pattern, Sliced) and pattern.part not in self.slices:
                part, source = pattern.part, pattern.part.source
                type = TensorType(source.dtype, part.shape)
                self.slices[part] = self.nodes.input(type, source.hint, source.location)
            elif isinstance(pattern, Tabled) and pattern not in self.slices:
                self.slices[pattern] = self.nodes.input(pattern.values[0].type)
            elif isinstance(pattern, Counted):
                self._count(pattern)

    def add(self, node: Node, operands: Sequence[Pattern]) -> None:
        """Append the next node of the iteration."""
        inputs = [self.value(p) for p in operands]
        self.nodes.at = node.location
        made = self.nodes.node(node.op, inputs, node.attrs, node.regions)
        for old, new in zip(node.outputs, made.outputs, strict=True):
            new.hint = old.hint
        self._made.append(made)

    def skip(self) -> None:
        """Leave out the next item of the iteration: a check, or a node that nothing here needs."""
        self._made.append(None)  # type: ignore[arg-type]

    def value(self, pattern: Pattern) -> Value:
        """What an operand is, inside."""
        known = self._values.get(pattern)
        if known is None:
            with using(self.nodes):
                known = self._values[pattern] = self._value(pattern)
        return known

    def next_counters(self) -> list[Value]:
        """What the counters are in the next iteration."""
        following = []
        with using(self.nodes):
            for (dtype, step), (_, value) in self.counters.items():
                following.append(add(value, constant(step, dtype)))
        return following  # type: ignore[return-value]

    def _value(self, pattern: Pattern) -> Value:
        match pattern:
            case Made(at, index):
                return self._made[at].outputs[index]
            case Outer(value):
                return self._outer(value)
            case Shown(_, of, node):
                return self._again(node, [self.value(of)])
            case Carried():
                return self.carries[pattern]
            case Sliced(part, starts, limits, shape):
                value = slice_(self.slices[part], starts, limits)  # type: ignore[assignment]
                return reshape(value, shape)  # type: ignore[return-value]
            case Tabled():
                return self.slices[pattern]
            case Counted(start, _, dtype):
                base, value = self.counters[_counter(pattern)]
                if start != base:
                    value = add(value, constant(start - base, value.dtype))  # type: ignore[assignment]
                return cast(value, dtype)  # type: ignore[return-value]

    def _outer(self, value: Value) -> Value:
        """A value from outside. Views and constants are made again: what they show may change in a loop inside."""
        view = self.stream.shown(value)
        if view is not None:
            return self._again(view, [self.value(Outer(view.inputs[0]))])
        fixed = self.stream.constant(value)
        if fixed is not None:
            return self._again(fixed, [])
        if value not in self.captures:
            self.captures[value] = self.nodes.input(value.type, value.hint, value.location)
        return self.captures[value]

    def _again(self, node: Node, operands: Sequence[Value]) -> Value:
        self.nodes.at = node.location
        return self.nodes.apply(node.op, operands, node.attrs)

    def _count(self, pattern: Counted) -> None:
        key = _counter(pattern)
        known = self.counters.get(key)
        if known is None:
            self.counters[key] = pattern.start, self.nodes.input(TensorType(key[0], ()), "i")
        elif pattern.start == 0:
            self.counters[key] = 0, known[1]


def _counter(pattern: Counted) -> Counter:
    dtype = int32 if pattern.dtype.is_float else pattern.dtype
    return dtype, pattern.step


def first_count(counter: Counter, start: int) -> np.ndarray:
    """The number with which a counter enters the first iteration."""
    return np.asarray(start, counter[0].numpy)
