"""The path written anew, with one node for every loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..control import Traced, make_scan, make_while
from ..dispatch import Building, using
from ..ir import Graph, Node, State, TensorType, Value, close
from ..ops import CONCATENATE, RESHAPE, constant, full, logical_not
from ..tracing.path import Check, Path
from .bodies import Body, first_count
from .patterns import Carried, Part, Pattern, Shown, Tabled
from .plans import Plan, test
from .sequences import one_of, placed, sequence, some_of, table
from .stream import Stream, attrs_key

__all__ = ["rebuild"]

Inner: TypeAlias = Callable[[Path], Path]
"""What is done to the nodes of a body before it becomes a region: loops inside are found."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Operands that are what iterations made, one after the other: of a concatenation any number, else one.

    Attributes:
        pattern: what is taken of each iteration.
        first: the first of these iterations.
        descending: from it backwards.
    """

    plan: Plan
    pattern: Pattern
    first: int
    count: int
    descending: bool


def rebuild(stream: Stream, plans: Sequence[Plan], inner: Inner) -> Path:
    """The path in which each plan is one node; what no result needs is left out."""
    return _Rebuild(stream, plans, inner).path()


class _Rebuild:
    def __init__(self, stream: Stream, plans: Sequence[Plan], inner: Inner) -> None:
        self.stream = stream
        self.inner = inner
        self.builder = Building(stream.path.name)
        self.owners: dict[int, Plan] = {at: plan for plan in plans for at in plan.items}
        self.ends = {plan.relation.end - 1: plan for plan in plans}
        self.replaced = {c for p in plans if p.condition is not None for c in p.condition.checks}
        self.new: dict[Value, Value] = {}
        self.finals: dict[tuple[Plan, Carried], Value] = {}
        self.stacked: dict[Plan, Sequence[Value]] = {}
        self.backwards: set[Plan] = set()
        self.met: set[Plan] = set()
        self.live: set[Node] = set()
        self.uses = set(self._uses())
        path = stream.path
        self._need([*path.outputs, *(s.output for s in path.states)])
        self._need([c.value for c in path.checks if c not in self.replaced])

    # ------------------------------------------------------------------------------------- what is needed

    def _need(self, roots: Sequence[Value]) -> None:
        """Mark what the roots need, and tell the loops what is needed of them."""
        stack = list(roots)
        seen: set[Value] = set()
        changed: dict[Plan, None] = {}
        while stack or changed:
            if not stack:
                stack += [v for plan in changed for v in plan.outside() if v not in seen]
                changed.clear()
                continue
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            found = self._iteration(value)
            if found is not None:
                plan, iteration, pattern = found
                if plan.want(iteration, pattern) or plan not in self.met:
                    self.met.add(plan)
                    changed[plan] = None
            elif value.producer is not None and value.producer not in self.live:
                self.live.add(value.producer)
                for part in self._parts(value.producer):
                    if isinstance(part, Value):
                        stack.append(part)
                    else:
                        part.plan.stacks.setdefault(part.pattern, len(part.plan.stacks))
                        self.met.add(part.plan)
                        changed[part.plan] = None

    def _iteration(self, value: Value) -> tuple[Plan, int, Pattern] | None:
        """The loop and the iteration that make a value, or the view that makes it a result of the loop."""
        found = self._locate(value)
        if found is None:
            return None
        plan, iteration, pattern = found
        whole = value in self.stream.place or plan.final(iteration, pattern) is not None
        return found if whole else None

    def _locate(self, value: Value) -> tuple[Plan, int, Pattern] | None:
        """The loop and the iteration that make a value, or what it is a view of."""
        plan = self.owners.get(self.stream.place.get(self.stream.base(value), -1))
        if plan is None:
            return None
        views: list[Node] = []
        while (view := self.stream.shown(value)) is not None:
            views.append(view)
            value = view.inputs[0]
        made = plan.find(value)
        assert made is not None
        pattern: Pattern = made[1]
        for view in reversed(views):
            pattern = Shown((view.op.name, attrs_key(view.attrs)), pattern, view)
        return plan, made[0], pattern

    def _uses(self) -> Iterator[tuple[Plan, Pattern, int, int, int]]:
        """Where nodes outside use what iterations made: loop, pattern, iteration, which operand of which token."""
        for at, item in enumerate(self.stream.items):
            if at in self.owners or isinstance(item, Check):
                continue
            for i, value in enumerate(item.inputs):
                plan = self.owners.get(self.stream.place.get(value, -1))
                found = plan.find(value) if plan is not None else None
                if plan is not None and found is not None:
                    yield plan, found[1], found[0], i, self.stream.tokens[at]

    def _element(self, node: Node, i: int) -> Value | Collected:
        """An operand. The last state is an element of a list like those before it where it is used like them."""
        value = node.inputs[i]
        plan = self.owners.get(self.stream.place.get(value, -1))
        found = plan.find(value) if plan is not None else None
        if plan is None or found is None or plan.condition is not None:
            return value
        iteration, pattern = found
        token = self.stream.tokens[self.stream.place[node.outputs[0]]]
        last = iteration == plan.times - 1
        if last and (plan, pattern, iteration - 1, i, token) in self.uses:
            return Collected(plan, pattern, iteration, 1, False)
        return value

    def _parts(self, node: Node) -> Sequence[Value | Collected]:
        """The operands of a node; those of a concatenation gathered by the loops that made them."""
        # With respect to a list that was joined, a gradient differs from that with respect to its elements.
        if node.op is not CONCATENATE or node.output in self.stream.pinned:
            if not self.stream.is_item(node.outputs[0]):
                return node.inputs
            return [self._element(node, i) for i in range(len(node.inputs))]
        parts: list[Value | Collected] = []
        operands = list(node.inputs)
        places = [self._locate(v) for v in operands]
        at = 0
        while at < len(operands):
            count, descending = _stretch(places, at)
            place = places[at]
            if place is None or count < 2 or place[0].condition is not None:
                parts.append(operands[at])
                at += 1
                continue
            plan, iteration, pattern = place
            pattern = _without_axis(pattern, operands[at], node)
            parts.append(Collected(plan, pattern, iteration, count, descending))
            at += count
        return parts

    # ------------------------------------------------------------------------------------- writing

    def path(self) -> Path:
        old = self.stream.path
        for value in (*old.inputs, *(s.input for s in old.states)):
            self.new[value] = self.builder.input(value.type, value.hint, value.location)
        checks: list[Check] = []
        for at, item in enumerate(self.stream.items):
            if at in self.owners:
                plan = self.ends.get(at)
                if plan is not None and plan in self.met:
                    self._loop(plan)
            elif isinstance(item, Check):
                if item not in self.replaced:
                    value = self._get(item.value)
                    count = len(self.builder.nodes)
                    checks.append(Check(count, value, item.expected, item.location))
            elif item in self.live:
                self._node(item)
        outputs = [self._get(v) for v in old.outputs]
        states = [State(s.slot, self.new[s.input], self._get(s.output)) for s in old.states]
        inputs = [self.new[v] for v in old.inputs]
        nodes = tuple(self.builder.nodes)
        for value in (*self.new.values(), *(v for node in nodes for v in node.outputs)):
            value.owner = None  # it is built, and whoever builds on may use it
        return Path(old.name, tuple(inputs), tuple(states), nodes, tuple(checks), tuple(outputs))

    def _get(self, value: Value) -> Value:
        """What a value is in the new path; views, constants and parts of stacks are written when they are needed."""
        views: list[Value] = []
        while (known := self._known(value)) is None:
            view = self.stream.shown(value)
            if view is None:
                node = self.stream.constant(value)
                assert node is not None
                known = self._write(node, ()).outputs[0]
                self.new[value] = known
                break
            views.append(value)
            value = view.inputs[0]
        for value in reversed(views):
            view = value.producer
            assert view is not None
            known = self.new[value] = self._write(view, [known]).outputs[0]
        return known

    def _known(self, value: Value) -> Value | None:
        known = self.new.get(value)
        if known is not None:
            return known
        found = self._iteration(value)
        if found is None:
            return None
        plan, iteration, pattern = found
        carry = plan.final(iteration, pattern)
        if carry is not None:
            known = self.finals[plan, carry]
        else:
            self.builder.at = value.location
            stack = self.stacked[plan][plan.stacks[pattern]]
            with using(self.builder):
                known = one_of(stack, self._position(plan, iteration))
        self.new[value] = known
        return known

    def _node(self, node: Node) -> None:
        parts = self._parts(node)
        if all(isinstance(p, Value) for p in parts):
            made = self._write(node, [self._get(v) for v in node.inputs])
            self.new.update(zip(node.outputs, made.outputs, strict=True))
            return
        operands = [
            self._get(p) if isinstance(p, Value) else self._collected(p, node) for p in parts
        ]
        if len(operands) > 1 or node.op is not CONCATENATE:
            made = self._write(node, operands)
            self.new.update(zip(node.outputs, made.outputs, strict=True))
        else:
            self.new[node.output] = operands[0]

    def _collected(self, part: Collected, node: Node) -> Value:
        plan = part.plan
        stack = self.stacked[plan][plan.stacks[part.pattern]]
        first = self._position(plan, part.first)
        self.builder.at = node.location
        if part.count == 1:
            with using(self.builder):
                return one_of(stack, first)
        axis = node.attrs["axis"]
        assert isinstance(axis, int)
        descending = part.descending != (plan in self.backwards)
        shape = list(node.output.shape)
        shape[axis] = next(
            v.shape[axis] for v in node.inputs if (p := self._locate(v)) and p[0] is plan
        )
        with using(self.builder):
            parts = some_of(stack, first, part.count, descending)
            return placed(parts, shape, axis)

    def _position(self, plan: Plan, iteration: int) -> int:
        """Where the stacks hold what an iteration gave."""
        return plan.times - 1 - iteration if plan in self.backwards else iteration

    def _write(self, node: Node, operands: Sequence[Value]) -> Node:
        types = [v.type for v in node.outputs]
        made = Node(
            node.op, operands, node.attrs, types, node.location, node.regions, owner=self.builder
        )
        for old, new in zip(node.outputs, made.outputs, strict=True):
            new.hint = old.hint
        self.builder.nodes.append(made)
        return made

    # ------------------------------------------------------------------------------------- loops

    def _loop(self, plan: Plan) -> None:
        patterns, positions = plan.needed()
        body = plan.body(patterns, positions)
        following = [body.value(p.next) for p in body.carries]
        counts = body.next_counters()
        stacks = [body.value(p) for p in plan.stacks]
        firsts = [self._first(p) for p in body.carries]
        with using(self.builder):
            self.builder.at = plan.location
            for counter, (start, _) in body.counters.items():
                firsts.append(constant(first_count(counter, start)))  # type: ignore[arg-type]
        region = self._region(body, [*following, *counts, *stacks])
        self.builder.at = plan.location
        if plan.condition is None:
            steps = [p.step for p in body.slices if isinstance(p, Part)]
            reverse = bool(steps) and all(step < 0 for step in steps)
            if reverse:
                self.backwards.add(plan)
            given = [self._sequence(p, plan, reverse) for p in body.slices]
            self.builder.at = plan.location
            made = make_scan(self.builder, region, firsts, given, plan.times, reverse)
        else:
            made = make_while(self.builder, self._test(plan, patterns), region, firsts)
        self.finals.update(((plan, c), v) for c, v in zip(body.carries, made, strict=False))
        self.stacked[plan] = made[len(firsts) :]

    def _region(self, body: Body, outputs: Sequence[Value]) -> Traced:
        """The region with loops inside it found, and what it captures."""
        inputs = [*body.carries.values(), *(v for _, v in body.counters.values())]
        inputs += [*body.slices.values(), *body.captures.values()]
        written = Path(body.nodes.name, tuple(inputs), (), tuple(body.nodes.nodes), (), tuple(outputs))  # fmt: skip
        found = self.inner(written)
        graph: Graph = close(found.name, found.inputs, found.outputs)
        captures = [self._get(v) for v in body.captures]
        return Traced(graph, tuple(captures))

    def _test(self, plan: Plan, patterns: Sequence[Pattern]) -> Traced:
        condition = plan.condition
        assert condition is not None
        region = test(condition, self.stream, patterns)
        result = region.value(condition.result)
        if not condition.positive:
            with using(region.nodes):
                region.nodes.at = condition.checks[0].location
                result = logical_not(result)  # type: ignore[assignment]
        return self._region(region, [result])

    def _first(self, carried: Carried) -> Value:
        """The value with which a carry enters the first iteration."""
        first, type = carried.first, carried.type
        if first.type == type:
            return self._get(first)
        node = self.stream.constant(first)
        assert node is not None
        number = node.attrs["value"].item()  # type: ignore[union-attr]
        self.builder.at = first.location
        with using(self.builder):
            return full(type.shape, 0 if _is_plain_zero(number) else number, type.dtype)  # type: ignore[return-value]

    def _sequence(self, pattern: Part | Tabled, plan: Plan, reverse: bool) -> Value:
        self.builder.at = plan.location
        if isinstance(pattern, Tabled):
            with using(self.builder):
                return table(pattern, self.stream, plan.times, reverse)
        source = self._get(pattern.source)
        self.builder.at = plan.location
        with using(self.builder):
            return sequence(source, pattern, plan.times, reverse)


def _stretch(places: Sequence[tuple[Plan, int, Pattern] | None], at: int) -> tuple[int, bool]:
    """How many operands from ``at`` on are the same of one iteration after the other, and whether backwards."""
    place = places[at]
    if place is None:
        return 1, False
    best = (1, False)
    for step in (1, -1):
        count = 1
        for other in places[at + 1 :]:
            wanted = place[1] + step * count
            if other is None or other[0] is not place[0] or other[1] != wanted or other[2] != place[2]:  # fmt: skip
                break
            count += 1
        if count > best[0]:
            best = count, step < 0
    return best


def _without_axis(pattern: Pattern, operand: Value, node: Node) -> Pattern:
    """What is stacked for an operand: one that was only given an axis to be concatenated along is stacked without."""
    axis = node.attrs["axis"]
    assert isinstance(axis, int)
    shape = operand.shape
    if not isinstance(pattern, Shown) or pattern.node.op is not RESHAPE or shape[axis] != 1:
        return pattern
    inner: TensorType = pattern.node.inputs[0].type
    return pattern.of if inner.shape == (*shape[:axis], *shape[axis + 1 :]) else pattern


def _is_plain_zero(number: float) -> bool:
    return number == 0 and str(number)[0] != "-"
