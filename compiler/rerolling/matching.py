"""Find the pattern in the values that one operand has from iteration to iteration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..ir import Node, Value
from ..ops import CONSTANT, RESHAPE, SLICE
from .patterns import Carried, Counted, Made, Outer, Part, Pattern, Shown, Sliced, Tabled
from .stream import Stream, attrs_key

__all__ = ["Match", "Matcher"]

_LONGEST_DELAY = 4
"""How many iterations back a value may come from."""
_LARGEST_TABLE = 4096
"""How many elements a constant may have that differs from iteration to iteration."""


class Match(NamedTuple):
    """A pattern and the number of iterations, from the first one on, that follow it."""

    pattern: Pattern | None
    good: int


NOTHING = Match(None, 0)


class Matcher:
    """Patterns of operands in iterations of ``period`` items each, of which the first begins at the item ``start``."""

    def __init__(self, stream: Stream, start: int, period: int, times: int) -> None:
        self.stream = stream
        self.start = start
        self.period = period
        self.end = start + period * times

    def match(self, values: Sequence[Value]) -> Match:
        """The pattern of an operand that has these values, one in each iteration."""
        return self._match(values, 0)

    def handed_on(self, values: Sequence[Value]) -> Match:
        """The pattern of a value that is looked at before each iteration, and once more after the last."""
        best = self._same(values) if self.is_outside(values[0]) else NOTHING
        return best if best.good == len(values) else self._carried(values, 0)

    def made(self, value: Value) -> tuple[int, int] | None:
        """Iteration and position of the item that makes a value; None if it is made outside."""
        at = self.stream.place.get(value, -1)
        return divmod(at - self.start, self.period) if self.start <= at < self.end else None

    def is_outside(self, value: Value) -> bool:
        return self.made(self.stream.base(value)) is None

    def _match(self, values: Sequence[Value], delay: int) -> Match:
        """The pattern of values ``delay`` iterations later: ``values[i]`` belongs to what iteration ``i`` makes."""
        first = values[0]
        made = self.made(first)
        if made is not None:
            return self._made(values, *made)
        best = NOTHING
        if self.is_outside(first):
            if delay == 0:
                best = self._same(values)
            if delay < 2 and best.good < len(values):
                best = _better(best, self._sliced(values))
            if delay == 0 and best.good < len(values):
                best = _better(best, self._counted(values))
        if best.good < len(values):
            best = _better(best, self._shown(values, delay))
        if best.good < len(values) and self.is_outside(first):
            best = _better(best, self._carried(values, delay))
        if delay == 0 and best.good < len(values):
            best = _better(best, self._tabled(values))
        return best

    def _made(self, values: Sequence[Value], iteration: int, at: int) -> Match:
        place, index = self.stream.place, values[0].index
        if iteration != 0:
            return NOTHING
        expected = self.start + at
        good = 0
        for value in values:
            if place.get(value) != expected or value.index != index:
                break
            expected += self.period
            good += 1
        return Match(Made(at, index), good)

    def _same(self, values: Sequence[Value]) -> Match:
        number = self.stream.number
        wanted = number(values[0])
        good = _count(number(v) == wanted for v in values)
        return Match(Outer(self.stream.one_of(wanted)), good)

    def _shown(self, values: Sequence[Value], delay: int) -> Match:
        """The same view of something in every iteration."""
        first = self.stream.shown(values[0])
        if first is None:
            return NOTHING
        wanted = attrs_key(first.attrs)
        shown: list[Value] = []
        for value in values:
            node = self.stream.shown(value)
            if node is None or node.op is not first.op or attrs_key(node.attrs) != wanted:
                break
            shown.append(node.inputs[0])
        inner = self._match(shown, delay)
        if inner.pattern is None:
            return NOTHING
        return Match(Shown((first.op.name, wanted), inner.pattern, first), inner.good)

    def _carried(self, values: Sequence[Value], delay: int) -> Match:
        if len(values) < 2 or delay == _LONGEST_DELAY:
            return NOTHING
        first, type = values[0], values[1].type
        following = self._match(values[1:], delay + 1)
        if following.pattern is None:
            return NOTHING
        if first.type != type and not self._fills(first, values[1]):
            return NOTHING
        first = self.stream.one_of(self.stream.number(first))
        return Match(Carried(first, following.pattern, type), following.good + 1)

    def _fills(self, first: Value, later: Value) -> bool:
        """Whether the first value is one number, which may as well be an array full of it."""
        node = self.stream.constant(first)
        number = node is not None and node.op is CONSTANT and not first.shape
        return number and first.dtype is later.dtype

    def _sliced(self, values: Sequence[Value]) -> Match:
        """Parts of one value, one after the other."""
        if len(values) < 2:
            return NOTHING
        cuts = [self._cut(v) for v in values[:2]]
        (first, shape), (second, _) = cuts
        if first is None or second is None:
            return NOTHING
        source = self.stream.number(first.inputs[0])
        starts, limits = _bounds(first)
        others, _ = _bounds(second)
        moving = [a for a, (s, t) in enumerate(zip(starts, others, strict=False)) if s != t]
        if len(moving) != 1 or set(_ints(first.attrs["strides"])) != {1}:
            return NOTHING
        (axis,) = moving
        width, step = limits[axis] - starts[axis], others[axis] - starts[axis]
        if width > 1 and step != width:
            return NOTHING
        strides = first.attrs["strides"]
        good = 0
        begin, end = list(starts), list(limits)
        for value in values:
            cut, form = self._cut(value)
            if (
                cut is None
                or form != shape
                or cut.attrs["starts"] != tuple(begin)
                or cut.attrs["limits"] != tuple(end)
                or cut.attrs["strides"] != strides
                or self.stream.number(cut.inputs[0]) != source
            ):
                break
            begin[axis] += step
            end[axis] += step
            good += 1
        if good < 2:
            return NOTHING
        sizes = [b - a for a, b in zip(starts[:axis], limits[:axis], strict=True)]
        fixed = axis if sizes == [1] * axis else 0
        lead = starts[:fixed]
        part = Part(self.stream.one_of(source), lead, axis, starts[axis], step, width)
        lows, highs = list(starts[fixed:]), list(limits[fixed:])
        at = axis - fixed
        lows[at : at + 1], highs[at : at + 1] = ([0], [width]) if width > 1 else ([], [])
        return Match(Sliced(part, tuple(lows), tuple(highs), values[0].shape), good)

    def _cut(self, value: Value) -> tuple[Node | None, tuple[int, ...] | None]:
        """A slice, and the shape that it is given at once."""
        node = self.stream.shown(value)
        if node is None or node.op is SLICE:
            return node, None
        inner = self.stream.shown(node.inputs[0])
        if node.op is RESHAPE and inner is not None and inner.op is SLICE:
            return inner, _ints(node.attrs["shape"])
        return None, None

    def _counted(self, values: Sequence[Value]) -> Match:
        """Whole numbers in arithmetic progression."""
        numbers = []
        for value in values:
            node = self.stream.constant(value)
            number = _whole(node)
            if number is None or value.dtype is not values[0].dtype:
                break
            numbers.append(number)
        if len(numbers) < 2:
            return NOTHING
        start, step = numbers[0], numbers[1] - numbers[0]
        good = _count(number == start + i * step for i, number in enumerate(numbers))
        if step == 0:
            return NOTHING
        return Match(Counted(start, step, values[0].dtype), good)

    def _tabled(self, values: Sequence[Value]) -> Match:
        kind = values[0].type
        size = kind.size
        if not isinstance(size, int) or size > _LARGEST_TABLE:
            return NOTHING
        good = _count(
            (node := self.stream.constant(v)) is not None and node.op is CONSTANT and v.type == kind
            for v in values
        )
        return Match(Tabled(tuple(values[:good])), good) if good > 1 else NOTHING


def _better(a: Match, b: Match) -> Match:
    return b if b.good > a.good else a


def _count(conditions: Iterable[bool]) -> int:
    """How many hold before the first that does not."""
    good = 0
    for condition in conditions:
        if not condition:
            break
        good += 1
    return good


def _bounds(node: Node) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return _ints(node.attrs["starts"]), _ints(node.attrs["limits"])


def _ints(attr: object) -> tuple[int, ...]:
    return attr  # type: ignore[return-value]


def _whole(node: Node | None) -> int | None:
    """The whole number that a constant is."""
    if node is None or node.op is not CONSTANT:
        return None
    data = node.attrs["value"]
    assert isinstance(data, np.ndarray)
    if data.shape or data.dtype.kind not in "iuf":
        return None
    number = data.item()
    exact = isinstance(number, int) or (
        number.is_integer() and not (number == 0 and np.signbit(number))
    )
    return int(number) if exact and abs(number) < 2**31 else None
