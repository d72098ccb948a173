"""What a program keeps, drops and writes over: graphs with their regions, planned before they run.

A plan changes no number. It says when values die, which results can be written into the memory of dead ones, and
which must be copied because their memory belongs to somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..compiler.ir import Graph, Node, Value
from .layouts import Layout, Layouts, always_row_major, is_constant
from .memory import Memories, memories
from .order import execution_order
from .regions import Loop, is_cond, is_loop
from .reuse import assign, slots


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the program.

    Attributes:
        node: what to compute.
        into: the dead value whose memory takes the result, or None for new memory.
        drops: values that nothing needs after this step.
        blocks: the regions of a branch or a loop.
        slot: the stacked value of the loop around that takes the result: in its place for this iteration.
    """

    node: Node
    into: Value | None = None
    drops: tuple[Value, ...] = ()
    blocks: tuple[Block, ...] = ()
    slot: Value | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """The live part of a graph or of a region, in the order in which it runs.

    Attributes:
        graph: what is planned.
        constants: nodes without operands whose value is known; they take no step.
        steps: the others.
        memory: whose memory each value may be a part of.
    """

    graph: Graph
    constants: tuple[Node, ...]
    steps: tuple[Step, ...]
    memory: Memories

    def walk(self) -> Iterator[Step]:
        """The steps, each before those of its blocks."""
        for step in self.steps:
            yield step
            for block in step.blocks:
                yield from block.walk()


@dataclass(frozen=True, slots=True)
class Plan(Block):
    """A graph as it will run.

    Attributes:
        copies: positions among the results that must be copied, because the memory belongs to a parameter, a constant
            or an earlier result.
        guarded: parameters that must be C-contiguous for the plan to hold; for others, plan without ``reuse``.
    """

    copies: frozenset[int]
    guarded: tuple[Value, ...]

    @property
    def reused(self) -> int:
        """How many results go into the memory of dead values, or straight into their places in stacked values."""
        return sum(step.into is not None or step.slot is not None for step in self.walk())


def make_plan(graph: Graph, reuse: bool = True) -> Plan:
    """Plan a graph.

    Args:
        graph: what to plan; nodes that no result needs are left out.
        reuse: whether results may be written into dead memory. Without it nothing is assumed of layouts.
    """
    given = [Layout.CONTIGUOUS if v.ndim > 1 else Layout.ORDERED for v in graph.parameters]
    block = _Planner(reuse).block(graph, given, (), {})
    return Plan(
        graph,
        block.constants,
        block.steps,
        block.memory,
        _copies(block),
        _guarded(block, dict(zip(graph.parameters, given, strict=True))),
    )


class _Planner:
    def __init__(self, reuse: bool) -> None:
        self.reuse = reuse
        self.layouts = Layouts()

    def block(
        self,
        graph: Graph,
        given: Sequence[Layout],
        local: Iterable[Value],
        placed: Mapping[Node, Value],
    ) -> Block:
        """Plan a graph or a region.

        Args:
            given: the layouts of its parameters.
            local: the parameters that nothing outside needs.
            placed: nodes that write into stacked values.
        """
        nodes = execution_order(graph)
        ordered = [n for n in nodes if not is_constant(n)]
        known = self.layouts.inside(graph, given)
        blocks = {n: self.regions(n, [known[v] for v in n.inputs]) for n in ordered if n.regions}
        inside = {n: [b.memory for b in found] for n, found in blocks.items()}
        memory = memories(graph, nodes, inside, placed)
        last = _last_uses(ordered, graph.results, local)
        into = assign(ordered, memory, last, known, placed) if self.reuse else {}
        for i, node in enumerate(ordered):
            if node in into:
                last[into[node]] = i
        drops: list[list[Value]] = [[] for _ in ordered]
        for value, i in last.items():
            if 0 <= i < len(ordered):
                drops[i].append(value)
        steps = [
            Step(n, into.get(n), tuple(dead), tuple(blocks.get(n, ())), placed.get(n))
            for n, dead in zip(ordered, drops, strict=True)
        ]
        return Block(graph, tuple(n for n in nodes if is_constant(n)), tuple(steps), memory)

    def regions(self, node: Node, operands: Sequence[Layout]) -> list[Block]:
        if is_cond(node):
            all_given = self.layouts.of_inputs(node, operands)
            return [self.block(r, g, (), {}) for r, g in zip(node.regions, all_given, strict=True)]
        if not is_loop(node):
            return []
        loop = Loop(node)
        (given, *_) = self.layouts.of_inputs(node, operands)
        found = []
        if loop.condition is not None:
            found.append(self.block(loop.condition, given, (), {}))
        placed = dict(slots(loop, self.layouts.inside(loop.body, given))) if self.reuse else {}
        local = [loop.body.inputs[i] for i in (*range(loop.carries), *loop.sequences)]
        found.append(self.block(loop.body, given, local, placed))
        return found


def _last_uses(
    ordered: Sequence[Node], results: Iterable[Value], local: Iterable[Value]
) -> dict[Value, int]:
    """The step after which each value is no longer needed; ``len(ordered)`` for results, -1 where none needs it."""
    last = dict.fromkeys(local, -1)
    for i, node in enumerate(ordered):
        for value in node.inputs:
            if value in last:
                last[value] = i
        for value in node.outputs:
            last[value] = i
    for value in results:
        if value in last:
            last[value] = len(ordered)
    return last


def _copies(block: Block) -> frozenset[int]:
    graph, memory = block.graph, block.memory
    own = {len(graph.outputs) + i for i, s in enumerate(graph.states) if not s.changes}
    taken: set[Value] = {*graph.parameters}
    copies: set[int] = set()
    for i, value in enumerate(graph.results):
        if i in own:
            continue
        lies = memory[value]
        constant = any(v.producer is not None and is_constant(v.producer) for v in lies.roots)
        if lies.whole and not constant and lies.roots.isdisjoint(taken):
            taken |= lies.roots
        else:
            copies.add(i)
    return frozenset(copies)


def _guarded(block: Block, given: Mapping[Value, Layout]) -> tuple[Value, ...]:
    """The parameters on whose layout the planned writes rely."""
    sources: dict[Value, set[Value]] = {}
    stack: list[Value] = []
    _relations(block, sources, stack)
    seen: set[Value] = set()
    while stack:
        value = stack.pop()
        if value not in seen:
            seen.add(value)
            stack += sources.get(value, ())
    return tuple(v for v in block.graph.parameters if v in seen and given[v] is Layout.CONTIGUOUS)


def _relations(block: Block, sources: dict[Value, set[Value]], relied: list[Value]) -> None:
    """Enter which values decide the layout of each value, and the values on whose layout writes rely."""
    for step in block.steps:
        node = step.node
        if step.into is not None:
            relied += (step.into, *node.inputs)
        if step.slot is not None:
            relied += node.inputs
        for inner in step.blocks:
            _relations(inner, sources, relied)
        for value, found in _decided_by(node):
            sources.setdefault(value, set()).update(found)


def _decided_by(node: Node) -> Iterator[tuple[Value, Sequence[Value]]]:
    if is_cond(node):
        for region in node.regions:
            yield from zip(region.inputs, [(v,) for v in node.inputs[1:]], strict=True)
            yield from zip(node.outputs, [(v,) for v in region.outputs], strict=True)
    elif is_loop(node):
        loop = Loop(node)
        for region in node.regions:
            yield from zip(region.inputs, [(v,) for v in node.inputs], strict=True)
        for value in node.outputs[: loop.carries]:
            end = loop.outcome(value)
            yield loop.body.inputs[value.index], (end,)
            yield value, (node.inputs[value.index], end)
    elif not always_row_major(node):
        for value in node.outputs:
            yield value, node.inputs
