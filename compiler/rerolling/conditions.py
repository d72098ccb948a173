"""Loops that went on as long as a tensor's value said so.

The looks at that value cut the path into pieces: what the program did between one look and the next is an iteration.
What was computed for the look alone is no part of it but the loop's condition. So ``while condition: body`` becomes
just that, and ``while True: first; if condition: break; second`` becomes ``first``, followed by a loop over
``second; first``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Node, Value
from ..tracing.path import Check
from .licence import permit
from .matching import Matcher
from .patterns import Carried, Made, Outer, Pattern, Shown
from .plans import Condition, Plan
from .refusal import Refusal
from .relations import Relation, relate, walk
from .search import Run
from .stream import Stream, attrs_key

__all__ = ["find_while"]


class _NoLoopError(Exception):
    """There is none; the text says why."""


def find_while(stream: Stream, run: Run) -> Plan | Refusal:
    """The loop that a run with looks at values is, or why it is none."""
    looks = [at for at in range(run.start, run.start + run.period) if _is_check(stream, at)]
    first = stream.items[looks[0]]
    assert isinstance(first, Check)
    try:
        if len(looks) > 1:
            raise _NoLoopError("its steps look at more than one value of a tensor")
        return _Finder(stream, run, looks[0]).plan()
    except _NoLoopError as reason:
        return Refusal(first.location, f"{run.times} equal steps are no loop: {reason}")


class _Finder:
    def __init__(self, stream: Stream, run: Run, first: int) -> None:
        self.stream = stream
        self.run = run
        places = [*range(first, run.end, run.period)]
        if run.end - places[-1] == run.period and _is_check(stream, run.end):
            places.append(run.end)
        self.places = places
        looks = [stream.items[at] for at in places]
        self.checks = [c for c in looks if isinstance(c, Check)]
        self.values = [c.value for c in self.checks]
        self.start = first + 1
        self.before = self.start - run.period
        """Where the items stand that were done before the first look, as those of each iteration before the next."""

    def plan(self) -> Plan:
        positive = self._outcome()
        times = len(self.values) - 1
        if times < 2:
            raise _NoLoopError("it went on only once")
        relation = relate(self.stream, self.start, self.run.period, times)
        if relation.times < times:
            blame = relation.blames[0]
            raise _NoLoopError(
                f"operand {blame.operand + 1} of {blame.node.op.name} is not the same in all of them"
            )
        for pattern in walk(relation.patterns):
            if not isinstance(pattern, (Outer, Made, Shown, Carried)):
                raise _NoLoopError("a number or an index changes from step to step")
        sites = [n.location for n in self.stream.between(self.run.start, relation.end)]
        permitted = permit(self.checks[0].location, positive, [s for s in sites if s is not None])
        if permitted.reason is not None:
            raise _NoLoopError(permitted.reason)
        sunk = self._sunk(relation)
        steps, result = self._condition(relation, sunk)
        finals = self._finals(relation, sunk)
        checks = self.checks if permitted.empty else self.checks[1:]
        condition = Condition(steps, result, positive, tuple(checks), tuple(finals))
        plan = Plan(self.stream, relation, condition)
        self._check_uses(plan, permitted.empty)
        return plan

    def _outcome(self) -> bool:
        """What the looks saw all but the last time, when it was the opposite."""
        *before, last = self.checks
        seen = [c.expected for c in self.checks]
        truth = all(s.dtype == np.bool_ and not s.shape for s in seen)
        if not before or not truth or before[0].expected == last.expected:
            raise _NoLoopError(
                "it has an `if` on a tensor's value in it"
                if truth
                else "it takes a number out of a tensor (write the test as a comparison of tensors)"
            )
        return bool(before[0].expected)

    def _sunk(self, relation: Relation) -> set[int]:
        """Positions of the nodes that the look alone needs."""
        users: dict[int, set[int]] = {}
        handed_on: set[int] = set()
        for at, operands in enumerate(relation.patterns):
            for pattern in operands:
                kept = _carried_within(pattern)
                handed_on |= kept
                users_of = _made_within(pattern)
                for made in users_of:
                    users.setdefault(made, set()).add(at)
        looked_at = self._position(self.values[-1])
        sunk: set[int] = set()
        for at in reversed(range(relation.period - 1)):
            wanted = users.get(at, set())
            if at in handed_on or not (wanted or at == looked_at):
                continue
            if wanted <= sunk and not self._used_later(relation, at):
                sunk.add(at)
        return sunk

    def _position(self, value: Value) -> int | None:
        at = self.stream.place.get(self.stream.base(value))
        return None if at is None else (at - self.start) % self.run.period

    def _used_later(self, relation: Relation, at: int) -> bool:
        """Whether what a node makes, in some iteration, is used after the last look."""
        for item in self.stream.items[relation.start + at : relation.end : relation.period]:
            assert isinstance(item, Node)
            if any(self.stream.reach.get(v, 0) >= relation.end for v in item.outputs):
                return True
        return False

    def _condition(
        self, relation: Relation, sunk: set[int]
    ) -> tuple[tuple[tuple[Node, tuple[Pattern, ...]], ...], Pattern]:
        """What the looks saw, computed from what goes from iteration to iteration."""
        matcher = Matcher(self.stream, relation.start, relation.period, relation.times)
        steps: list[tuple[Node, tuple[Pattern, ...]]] = []
        known: dict[tuple[Value, ...], Pattern] = {}
        work = [self.values]
        while work:
            values = work[-1]
            if tuple(values) in known:
                work.pop()
                continue
            inner = self._inner(values, sunk)
            if inner is None:
                match = matcher.handed_on(values)
                if match.pattern is None or match.good < len(values):
                    raise _NoLoopError("the test depends on something that no step hands on")
                known[tuple(values)] = match.pattern
                work.pop()
                continue
            node, operands = inner
            missing = [o for o in operands if tuple(o) not in known]
            if missing:
                work += missing
                continue
            patterns = tuple([known[tuple(o)] for o in operands])
            if self.stream.is_item(node.outputs[0]):
                steps.append((node, patterns))
                known[tuple(values)] = Made(len(steps) - 1, values[0].index)
            else:
                key = (node.op.name, attrs_key(node.attrs))
                known[tuple(values)] = Shown(key, patterns[0], node)
            work.pop()
        return tuple(steps), known[tuple(self.values)]

    def _inner(
        self, values: Sequence[Value], sunk: set[int]
    ) -> tuple[Node, list[list[Value]]] | None:
        """The node of the condition that makes these values, and its operands: one list of values each."""
        nodes = [v.producer for v in values]
        first, second = nodes[0], nodes[1]
        if first is None or second is None or not first.inputs:
            return None
        views = [self.stream.shown(v) for v in values]
        if None not in views:
            wanted = attrs_key(first.attrs)
            if any(v.op is not first.op or attrs_key(v.attrs) != wanted for v in views if v):
                return None
            return first, [[v.inputs[0] for v in views if v]]
        place = self.stream.place.get(values[1], -1)
        if place < self.start or (place - self.start) % self.run.period not in sunk:
            return None
        if not self.stream.is_item(values[0]) or not self.stream.same_token(first, second):
            return None
        return first, [[n.inputs[i] for n in nodes if n] for i in range(len(first.inputs))]

    def _finals(self, relation: Relation, sunk: set[int]) -> list[Carried]:
        """Carries for what is used after the loop and was made before it too, by the steps before the first look."""
        found: list[Carried] = []
        for at in range(relation.period - 1):
            before = self.before + at
            if at in sunk or before < 0 or not self._used_later(relation, at):
                continue
            first, later = self.stream.items[before], self.stream.items[self.start + at]
            assert isinstance(later, Node)
            if isinstance(first, Check) or not self.stream.same_token(first, later):
                continue
            for index, (a, b) in enumerate(zip(first.outputs, later.outputs, strict=True)):
                known = self.stream.one_of(self.stream.number(a))
                found.append(Carried(known, Made(at, index), b.type))
        return found

    def _check_uses(self, plan: Plan, may_be_empty: bool) -> None:
        """Raises unless all that is used after the loop is what a carry ends as."""
        relation = plan.relation
        place = self.stream.place
        if any(self.start <= place.get(v, -1) < relation.end for v in self.stream.pinned):
            raise _NoLoopError("a gradient is taken with respect to something inside it")
        for at in range(relation.start, relation.end):
            item = self.stream.items[at]
            if isinstance(item, Check):
                continue
            for value in item.outputs:
                if self.stream.reach.get(value, 0) < relation.end:
                    continue
                found = plan.find(value)
                assert found is not None
                if plan.final(*found) is None:
                    raise _NoLoopError(
                        f"the result of {item.op.name} at {item.location} is used after the last step, and would not "
                        "exist if there was none"
                    )
                if may_be_empty and len(plan.carries[found[1]]) > 1:
                    raise _NoLoopError(
                        f"after the last step it is not known which of two values the result of {item.op.name} is"
                    )


def _is_check(stream: Stream, at: int) -> bool:
    return at < len(stream.items) and isinstance(stream.items[at], Check)


def _made_within(pattern: Pattern) -> set[int]:
    """Positions of the nodes that a pattern takes in the same iteration."""
    while isinstance(pattern, Shown):
        pattern = pattern.of
    return {pattern.at} if isinstance(pattern, Made) else set()


def _carried_within(pattern: Pattern) -> set[int]:
    """Positions of the nodes that a pattern takes in the next iteration."""
    return {p.at for p in walk([[pattern]]) if isinstance(p, Made)} - _made_within(pattern)
