"""The buffers of a native function: pieces of the arena, results, and states that are replaced in place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial

from ...compiler.fusion.clusters import is_leaf
from ...compiler.fusion.views import views_of
from ...compiler.ir import Dim, Node, Value
from ...compiler.location import Location
from ...compiler.ops import CONSTANT, STOP_GRADIENT
from ..buffers import Allocation, MemoryPlan, Role
from ..buffers.reference import bytes_of, given, names_within
from ..regions import nodes_within
from .arena import layout_of
from .places import Buffer, Kind, Place
from .steps import Computing, Fallback, Kernel, Routine, Schedule, computing


def memory_of(schedule: Schedule, name: str) -> MemoryPlan:
    """The buffers of a schedule."""
    read = _Reading(schedule)
    own = sorted([*read.pieces(), *read.results()], key=lambda b: (b.first, b.last))
    separate: Dim = 0
    for buffer in own:
        separate = separate + buffer.size
    plan = MemoryPlan(
        name,
        "native",
        (*map(label, read.steps), "return"),
        (*given(schedule.graph, read.names, read.seen(), read.end), *own),
        separate,
        _unfused(schedule),
        partial(layout_of, schedule),
    )
    return plan.placed()


def label(step: Computing) -> str:
    """What a step computes, in the names of its operations."""
    if isinstance(step, Fallback):
        return f"{step.node.op.name} (reference)"
    if isinstance(step, Routine):
        return step.node.op.name
    nodes = step.cluster.nodes
    return "copy" if is_copy(step) else " ".join(n.op.name for n in nodes)


def is_copy(step: Kernel) -> bool:
    """Whether a kernel only moves what a view shows; its node is none of the graph's."""
    return all(n.op is STOP_GRADIENT for n in step.cluster.nodes)


class _Reading:
    """Who writes and reads each buffer, and when, in the numbers of the steps that compute."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.graph = schedule.graph
        self.names = names_within(self.graph)
        self.steps = computing(schedule.steps)
        self.end = len(self.steps)
        self.writes: dict[tuple[Kind, int], list[int]] = {}
        self.reads: dict[tuple[Kind, int], list[int]] = {}
        self.constants: dict[int, Value] = {}
        for i, step in enumerate(self.steps):
            for place in _written(step):
                self.writes.setdefault(_key(place.buffer), []).append(i)
            for place in _read(step):
                self.reads.setdefault(_key(place.buffer), []).append(i)
                if place.buffer.kind is Kind.CONSTANT and place.buffer.value is not None:
                    self.constants[place.buffer.index] = place.buffer.value

    def seen(self) -> dict[Value, tuple[int, int]]:
        """The first and last step that reads each parameter and each constant."""
        given = {(Kind.PARAMETER, i): v for i, v in enumerate(self.graph.parameters)}
        given.update({(Kind.CONSTANT, i): v for i, v in self.constants.items()})
        return {
            value: (at[0], at[-1])
            for key, value in given.items()
            if (at := self.reads.get(key)) is not None
        }

    def pieces(self) -> Iterator[Allocation]:
        at = [s.at for s in self.steps]
        for number, piece in enumerate(self.schedule.pieces):
            first = min(bisect_left(at, piece.first), self.end - 1)
            last = max(bisect_right(at, piece.last) - 1, first)
            value = piece.value
            maker = None if value is None else value.producer
            yield Allocation(
                "scratch" if value is None else self._name(value),
                Role.TEMPORARY,
                (maker,) if maker is not None and value in self.names else (),
                None if value is None else _location(value),
                piece.size,
                first,
                last,
                number,
                values=() if value not in self.names else (value,),
            )

    def results(self) -> Iterator[Allocation]:
        made = self.schedule
        for i, (value, over, same) in enumerate(
            zip(self.graph.results, made.updates, made.same, strict=True)
        ):
            if same is not None:
                continue
            first = min(self.writes.get((Kind.RESULT, i), [self.end]))
            maker = value.producer
            yield Allocation(
                self._name(value), Role.RESULT, (maker,) if maker is not None else (),
                _location(value), bytes_of(value.type), first, self.end,
                over="" if over is None else self._parameter(over),
                values=() if value not in self.names else (value,), results=(i,),
            )  # fmt: skip

    def _parameter(self, number: int) -> str:
        value = self.graph.parameters[number]
        slots = {s.input: s.slot for s in self.graph.states}
        return slots.get(value) or self.names[value]

    def _name(self, value: Value) -> str:
        if value in self.names:
            return self.names[value]
        assert value.producer is not None
        return f"copy of {self._name(value.producer.inputs[0])}"


def _location(value: Value) -> Location | None:
    """The user's line of a value; of a copy that of what is copied."""
    node = value.producer
    while node is not None and node.location is None and node.inputs:
        value = node.inputs[0]
        node = value.producer
    return value.location if node is None else node.location


def _key(buffer: Buffer) -> tuple[Kind, int]:
    return buffer.kind, buffer.index


def _written(step: Computing) -> Iterator[Place]:
    if isinstance(step, Fallback):
        yield from step.results
    elif isinstance(step, Routine):
        yield step.result
    else:
        for value in step.cluster.outputs:
            yield step.places[value]


def _read(step: Computing) -> Iterator[Place]:
    if not isinstance(step, Kernel):
        yield from (p for p in step.operands if p is not None)
    else:
        for view in step.cluster.reads():
            if not is_leaf(view.base):
                yield step.places[view.base]


def _unfused(schedule: Schedule) -> Dim:
    """Bytes of the results of all operations that are no views of others' memory."""
    nodes = list(nodes_within(schedule.graph))
    views = views_of(nodes)
    total: Dim = 0
    for value in _values(nodes):
        if value not in views and not is_leaf(value):
            total = total + bytes_of(value.type)
    return total


def _values(nodes: list[Node]) -> Iterator[Value]:
    for node in nodes:
        if node.op is not CONSTANT:
            yield from node.outputs
