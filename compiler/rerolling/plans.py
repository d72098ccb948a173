"""Loops that were found, before the path is written anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..ir import Node, Value
from ..location import Location
from ..tracing.path import Check
from .bodies import Body
from .patterns import Carried, Made, Outer, Pattern, Shown, Sliced
from .relations import Relation, walk
from .stream import Stream

__all__ = ["Condition", "Plan"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What decides whether a loop goes on.

    Attributes:
        steps: its nodes, with their operands; `Made` counts them.
        result: what is looked at.
        positive: what lets the loop go on.
        checks: the looks that the condition replaces.
        finals: what must be handed on for those who use it after the loop.
    """

    steps: tuple[tuple[Node, tuple[Pattern, ...]], ...]
    result: Pattern
    positive: bool
    checks: tuple[Check, ...]
    finals: tuple[Carried, ...]


@dataclass(eq=False)
class Plan:
    """Iterations that become one node.

    Attributes:
        relation: which items they are, and how their operands hang together.
        condition: of a loop that goes on as long as something holds; None where the number of iterations is known.
        stacks: what is wanted of every iteration, with its position among the stacks.
        finals: what is wanted of the last one: the carries that end as this.
    """

    stream: Stream
    relation: Relation
    condition: Condition | None = None
    stacks: dict[Pattern, int] = field(default_factory=dict)
    finals: dict[Carried, None] = field(default_factory=dict)

    @property
    def times(self) -> int:
        return self.relation.times

    @property
    def items(self) -> range:
        return range(self.relation.start, self.relation.end)

    @property
    def nodes(self) -> list[Node]:
        """The nodes of the first iteration."""
        start = self.relation.start
        items = self.stream.items[start : start + self.relation.period]
        return [i for i in items if not isinstance(i, Check)]

    @property
    def location(self) -> Location | None:
        """The line of the first node."""
        return self.nodes[0].location

    def find(self, value: Value) -> tuple[int, Made] | None:
        """Iteration and position in it that make a value; None if it is made outside."""
        at = self.stream.place.get(value, -1)
        if at not in self.items:
            return None
        iteration, position = divmod(at - self.relation.start, self.relation.period)
        return iteration, Made(position, value.index)

    @cached_property
    def carries(self) -> dict[Pattern, list[Carried]]:
        """What goes from one iteration to the next, with the carries that take it."""
        operands = list(self.relation.patterns)
        if self.condition is not None:
            steps = [p for _, p in self.condition.steps]
            operands += [*steps, (self.condition.result, *self.condition.finals)]
        found: dict[Pattern, list[Carried]] = {}
        for pattern in walk(operands):
            if isinstance(pattern, Carried) and pattern not in found.setdefault(pattern.next, []):
                found[pattern.next].append(pattern)
        return found

    def want(self, iteration: int, pattern: Pattern) -> bool:
        """Something outside needs what an iteration makes; gives whether that is news."""
        before = len(self.finals) + len(self.stacks)
        carry = self.final(iteration, pattern)
        if carry is not None:
            self.finals[carry] = None
        else:
            assert self.condition is None
            self.stacks.setdefault(pattern, len(self.stacks))
        return len(self.finals) + len(self.stacks) > before

    def final(self, iteration: int, pattern: Pattern) -> Carried | None:
        """The carry that ends as what an iteration made: the last one, or as many before as the carry is late."""
        ends: list[Pattern] = [pattern]
        for _ in range(self.times - iteration):
            ends = [carry for end in ends for carry in self.carries.get(end, [])]
            if not ends:
                return None
        last = ends[0]
        assert isinstance(last, Carried)
        return last

    def needed(self) -> tuple[list[Pattern], set[int]]:
        """What those outside need, and what this needs in turn: patterns, and positions of nodes."""
        roots: list[Pattern] = [*self.stacks, *self.finals]
        if self.condition is not None:
            roots += [p for _, operands in self.condition.steps for p in operands]
            if not isinstance(self.condition.result, Made):
                roots.append(self.condition.result)
        patterns: dict[Pattern, None] = {}
        positions: set[int] = set()
        stack = roots[::-1]
        while stack:
            pattern = stack.pop()
            if pattern in patterns:
                continue
            patterns[pattern] = None
            match pattern:
                case Shown(_, of, _):
                    stack.append(of)
                case Carried(_, following, _):
                    stack.append(following)
                case Made(at, _) if at not in positions:
                    positions.add(at)
                    stack.extend(reversed(self.relation.patterns[at]))
        return list(patterns), positions

    def outside(self) -> Iterator[Value]:
        """The values from outside that the loop takes."""
        for pattern in self.needed()[0]:
            if isinstance(pattern, Outer):
                yield pattern.value
            elif isinstance(pattern, Carried):
                yield pattern.first
            elif isinstance(pattern, Sliced):
                yield pattern.part.source

    def body(self, patterns: Iterable[Pattern], positions: Collection[int]) -> Body:
        """The region of one iteration, without outputs yet."""
        body = Body(self.stream, "body", self.location)
        body.prepare(patterns)
        start = self.relation.start
        for at, operands in enumerate(self.relation.patterns):
            node = self.stream.items[start + at]
            if at in positions and isinstance(node, Node):
                body.add(node, operands)
            else:
                body.skip()
        return body


def test(condition: Condition, stream: Stream, patterns: Sequence[Pattern]) -> Body:
    """The region of a condition, without its output."""
    region = Body(stream, "condition", condition.checks[0].location)
    region.prepare(patterns)
    for node, operands in condition.steps:
        region.add(node, operands)
    return region
