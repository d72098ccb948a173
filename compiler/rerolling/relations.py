"""Whether iterations follow one another as those of a loop do, and what a loop must be worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..ir import Node, Value
from ..ops import Kind
from ..tracing.path import Check
from .matching import Matcher
from .patterns import Carried, Outer, Pattern, Shown, Sliced
from .stream import Stream

__all__ = ["Blame", "Relation", "relate", "walk", "worth_it"]

_HANDFUL = 8
"""A loop without sequences must save at least as many nodes."""


class Blame(NamedTuple):
    """The operand that fits no pattern from the iteration ``good`` on."""

    node: Node
    operand: int
    values: Sequence[Value]
    good: int


@dataclass(frozen=True, slots=True)
class Relation:
    """How the operands of iterations hang together.

    Attributes:
        start: the item with which the first iteration begins.
        period: items in an iteration.
        times: how many iterations the patterns hold for.
        patterns: for each item of an iteration (none for checks) and each of its operands.
        blames: operands that fit no further, those that go wrong first in front.
    """

    start: int
    period: int
    times: int
    patterns: tuple[tuple[Pattern, ...], ...]
    blames: tuple[Blame, ...]

    @property
    def end(self) -> int:
        return self.start + self.period * self.times


def relate(stream: Stream, start: int, period: int, times: int) -> Relation:
    """The patterns of all operands, for as many iterations as all of them hold."""
    matcher = Matcher(stream, start, period, times)
    items = stream.items
    found: list[tuple[Pattern, ...]] = []
    blames: list[Blame] = []
    left = times
    for at in range(start, start + period):
        first = items[at]
        if isinstance(first, Check):
            found.append(())
            continue
        nodes = items[at : at + left * period : period]
        patterns = []
        for i in range(len(first.inputs)):
            values = [n.inputs[i] for n in nodes]  # type: ignore[union-attr]
            pattern, good = matcher.match(values)
            if pattern is None or not _broadcasts(pattern, first):
                good = min(good, 1)
            if good < len(values):
                blames.append(Blame(first, i, values, good))
                left = max(min(left, good), 1)
                nodes = nodes[:left]
            patterns.append(pattern or Outer(values[0]))
        found.append(tuple(patterns))
    blames.sort(key=lambda b: b.good)
    return Relation(start, period, left, tuple(found), tuple(blames))


def _broadcasts(pattern: Pattern, node: Node) -> bool:
    """A number that stands for an array full of it is only known to do so in elementwise operations."""
    filled = isinstance(pattern, Carried) and pattern.first.type != pattern.type
    return not filled or node.op.kind is Kind.ELEMENTWISE


def walk(patterns: Sequence[Sequence[Pattern]]) -> Iterator[Pattern]:
    """Every pattern and all that it is made of, outer ones first."""
    stack = [p for operands in reversed(patterns) for p in reversed(operands)]
    while stack:
        pattern = stack.pop()
        yield pattern
        if isinstance(pattern, Shown):
            stack.append(pattern.of)
        elif isinstance(pattern, Carried):
            stack.append(pattern.next)


def worth_it(relation: Relation) -> bool:
    """Whether a loop should be made of iterations that could be one.

    Parts of a tensor, one after the other, are a loop over it. Two iterations alone must be a loop over a whole tensor
    of two that hands something on: the same function called for two halves looks just like it.
    """
    times = relation.times
    if times < 2 or not _stays_inside(relation):
        return False
    carries = any(isinstance(p, Carried) for p in walk(relation.patterns))
    slices = [p for p in walk(relation.patterns) if isinstance(p, Sliced)]
    if any(p.part.width == 1 and _is_whole(p, times) for p in slices):
        return times > 2 or carries
    if any(p.part.width == 1 or carries for p in slices):
        return times > 2
    return times > 2 and carries and (times - 1) * relation.period >= _HANDFUL


def _is_whole(pattern: Sliced, times: int) -> bool:
    part = pattern.part
    extent = part.source.shape[part.axis]
    return part.axis == 0 and abs(part.step) == 1 and extent == times


def _stays_inside(relation: Relation) -> bool:
    """Whether every source has a part for every iteration (of one that is carried, the last is never used)."""
    for pattern in walk(relation.patterns):
        if isinstance(pattern, Sliced):
            part = pattern.part
            extent = part.source.shape[part.axis]
            last = part.start + part.step * (relation.times - 1)
            if not isinstance(extent, int) or last < 0 or last + part.width > extent:
                return False
    return True
