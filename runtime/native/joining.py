"""Graphs that run in parts, shown as one: one graph, one row of steps, one plan of buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from ...compiler.ir import Dim, Node, State, Value, close
from ...compiler.pictures.groups import Group, Grouping
from ..buffers import Allocation, MemoryPlan, Role
from ..buffers.reference import bytes_of, given, names_within
from ..packing import Layout
from ..plan import make_plan
from .partition import Part, Partition, finds_out

NOTE = "what stands in no frame takes no time: views of memory, and numbers"


def grouping_in_parts(partition: Partition, reason: str) -> Grouping:
    """What the parts run, after rewriting, numbered as the steps of `memory_in_parts`.

    Args:
        reason: why the graph is not native as a whole.
    """
    joined = _Joined(partition)
    groups: list[Group] = []
    for i, part in enumerate(partition.parts):
        for group in joined.groupings[i].groups or _by_themselves(part):
            nodes = tuple([joined.nodes.get(n, n) for n in group.nodes])
            steps = tuple([joined.first[i] + s for s in group.steps])
            groups.append(replace(group, nodes=nodes, steps=steps))
    parts = [f"part {i}: {g.notes[0]}" for i, g in enumerate(joined.groupings, 1)]
    return Grouping(joined.graph, tuple(groups), (*parts, NOTE)).because(reason)


def memory_in_parts(partition: Partition) -> MemoryPlan:
    """The buffers of all parts: what one gives another lives until the last that takes it has run.

    Each native part keeps an arena of its own, so pieces of different parts share nothing.
    """
    joined = _Joined(partition)
    plans = joined.plans
    buffers = [
        b for i, part in enumerate(partition.parts) for b in joined.buffers(i, part, plans[i])
    ]
    copies = list(joined.copies())
    separate: Dim = 0
    unfused: Dim = 0
    for plan in plans:
        separate, unfused = separate + plan.separate, unfused + plan.unfused
    for copy in copies:
        separate, unfused = separate + copy.size, unfused + copy.size
    own = [*(b for b in buffers if not b.role.given), *copies]
    return MemoryPlan(
        partition.graph.name or "graph",
        "native",
        (*(s for plan in plans for s in plan.steps[:-1]), "return"),
        (
            *given(joined.graph, joined.names, joined.reads(), joined.end),
            *(b for b in buffers if b.role is Role.CONSTANT),
            *sorted(own, key=lambda b: (b.first, b.last)),
        ),
        separate,
        unfused,
        joined.layout,
    ).placed()


def _by_themselves(part: Part) -> Iterator[Group]:
    """The operations of a part that the reference runs."""
    at = 0
    for step in make_plan(part.executable.graph).steps:
        node = step.node
        why = f"{node.op.name} finds out a size while it runs"
        if not finds_out(node):
            why = "no kernel computes what it runs with"
        yield Group(why, (node,), (at,), True)
        at += 1 + sum(1 for block in step.blocks for _ in block.walk())


class _Joined:
    """The parts as they run, put together again.

    Attributes:
        graph: what runs. Parameters are those of the whole.
        nodes: those of the graph that stand for the parts' own; regions are as they were.
        first: for each part the number of its first step.
        end: the step that returns.
    """

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        parts = partition.parts
        self.groupings = [part.executable.grouping() for part in parts]
        self.plans = [part.executable.memory for part in parts]
        self.first = [*accumulate([len(plan.steps) - 1 for plan in self.plans], initial=0)]
        self.end = self.first[-1]
        self.nodes: dict[Node, Node] = {}
        self._known: dict[Value, Value] = {v: v for v in partition.graph.parameters}
        self._new: dict[Value, Value] = {}
        for part, grouping in zip(parts, self.groupings, strict=True):
            self._take(part, grouping)
        whole = partition.graph
        self.graph = close(
            whole.name,
            whole.inputs,
            [self._known[v] for v in whole.outputs],
            [State(s.slot, s.input, self._known[s.output]) for s in whole.states],
        )

    def _take(self, part: Part, grouping: Grouping) -> None:
        runs, new = grouping.graph, self._new
        new.update(zip(runs.parameters, [self._known[v] for v in part.inputs], strict=True))
        for node in runs.nodes:
            types = [v.type for v in node.outputs]
            operands = [new[v] for v in node.inputs]
            copy = Node(node.op, operands, node.attrs, types, node.location, node.regions)
            for old, value in zip(node.outputs, copy.outputs, strict=True):
                value.hint = old.hint
                new[old] = value
            self.nodes[node] = copy
        for whole, mine in zip(part.outputs, runs.results, strict=True):
            self._known[whole] = new[mine]

    @cached_property
    def names(self) -> dict[Value, str]:
        return names_within(self.graph)

    @cached_property
    def _needed(self) -> dict[Value, int]:
        """The last step in which each value that passes between parts is needed."""
        found: dict[Value, int] = {}
        for i, part in enumerate(self.partition.parts):
            for value in part.inputs:
                found[value] = self.first[i + 1] - 1
        found.update(dict.fromkeys(self.partition.graph.results, self.end))
        return found

    def reads(self) -> dict[Value, tuple[int, int]]:
        """The first and last step that reads each parameter."""
        found: dict[Value, tuple[int, int]] = {}
        for i, (part, plan) in enumerate(zip(self.partition.parts, self.plans, strict=True)):
            inner = {b.values[0]: b for b in plan.buffers if b.role is Role.INPUT}
            runs = self.groupings[i].graph
            for whole, mine in zip(part.inputs, runs.parameters, strict=True):
                buffer, start = inner[mine], self.first[i]
                before = found.get(whole, (start + buffer.first,))
                found[whole] = (before[0], start + buffer.last)
        return found

    def buffers(self, number: int, part: Part, plan: MemoryPlan) -> Iterator[Allocation]:
        """What a part takes for itself and its constants, in the steps of the whole."""
        start = self.first[number]
        pieces = sum(_pieces(p) for p in self.plans[:number])
        results = set(self.partition.graph.results)
        for b in plan.buffers:
            if b.role.given and b.role is not Role.CONSTANT:
                continue
            made = [part.outputs[i] for i in b.results]
            role = b.role
            if role is Role.RESULT and results.isdisjoint(made):
                role = Role.TEMPORARY
            yield replace(
                b,
                name=self._named(b),
                role=role,
                nodes=tuple([self.nodes.get(n, n) for n in b.nodes]),
                first=start + b.first,
                last=max([self._needed[v] for v in made], default=start + b.last),
                piece=None if b.piece is None else pieces + b.piece,
                values=tuple([self._new.get(v, v) for v in b.values]),
                results=(),
            )

    def _named(self, buffer: Allocation) -> str:
        held = [self.names.get(self._new.get(v, v)) for v in buffer.values]
        return " ".join(n for n in held if n is not None) or buffer.name

    def copies(self) -> Iterator[Allocation]:
        """Results that are somebody else's memory already."""
        for value in self.partition.copied:
            mine = self._known[value]
            maker = () if mine.producer is None else (mine.producer,)
            name, size = f"copy of {self.names[mine]}", bytes_of(mine.type)
            yield Allocation(name, Role.RESULT, maker, mine.location, size, self.end, self.end)

    @property
    def layout(self) -> _Arenas:
        return _Arenas(self.plans)


class _Arenas:
    """The arenas of all parts, one behind the other."""

    def __init__(self, plans: Sequence[MemoryPlan]) -> None:
        self.plans = [plan for plan in plans if plan.layout is not None]

    def __call__(self, sizes: Mapping[str, int]) -> Layout:
        offsets: list[int] = []
        size = 0
        for plan in self.plans:
            assert plan.layout is not None
            layout = plan.layout(sizes)
            offsets += [size + o for o in layout.offsets]
            size += layout.size
        return Layout(tuple(offsets), size)


def _pieces(plan: MemoryPlan) -> int:
    return sum(b.piece is not None for b in plan.buffers)
