"""The buffers of the reference's program: what its plan allocates, writes over and drops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...compiler.ir import Dim, Graph, Node, TensorType, Value
from ...compiler.ops import CONSTANT
from ...compiler.text.printer import name_values
from ..memory import Memories
from ..plan import Block, Plan
from ..regions import nodes_within
from .memory import Allocation, MemoryPlan, Role


def memory_of(plan: Block) -> MemoryPlan:
    """The buffers of a plan (or of a region alone), results included.

    Of a branch either side counts while it runs, of a loop one iteration beside what it carries and gathers.
    """
    walk = _Walk(plan)
    walk.block(plan)
    walk.end()
    return MemoryPlan(
        plan.graph.name or "graph",
        "numpy",
        tuple(walk.steps),
        (*walk.given, *sorted(walk.done, key=lambda b: (b.first, b.last))),
        walk.separate,
        walk.separate,
    )


def peak(plan: Block, binding: Mapping[str, int]) -> int:
    """Bytes of values alive at the worst moment, results included, parameters and constants not.

    Args:
        binding: sizes of the symbolic dimensions; those that are missing count as 1.
    """
    memory = memory_of(plan)
    return memory.at({s: binding.get(s, 1) for s in memory.symbols}).peak


class _Buffer:
    """A buffer that is alive."""

    def __init__(self, value: Value, name: str, first: int) -> None:
        self.values = [value]
        self.names = [name]
        self.nodes: list[Node] = []
        self.first = first
        self.result = False
        self.results: tuple[int, ...] = ()

    def done(self, last: int) -> Allocation:
        role = Role.RESULT if self.result else Role.TEMPORARY
        at = self.nodes[0].location
        size = bytes_of(self.values[0].type)
        return Allocation(
            " ".join(self.names), role, tuple(self.nodes), at, size, self.first, last,
            values=tuple(self.values), results=self.results,
        )  # fmt: skip


class _Walk:
    def __init__(self, plan: Block) -> None:
        self.plan = plan
        self.names = names_within(plan.graph)
        self.steps: list[str] = []
        self.given: list[Allocation] = []
        self.done: list[Allocation] = []
        self.separate: Dim = 0

    def block(self, block: Block, top: bool = True) -> None:
        memory = block.memory
        holders: dict[Value, int] = {}
        held: dict[Value, _Buffer] = {}
        for step in block.steps:
            node = step.node
            at = len(self.steps)
            self.steps.append(node.op.name)
            for value in node.outputs:
                roots = memory[value].roots
                if value in roots:
                    name = self.names[value]
                    if step.into is not None:
                        held[value] = held.pop(step.into)
                        held[value].names.append(name)
                        held[value].values.append(value)
                    else:
                        held[value] = _Buffer(value, name, at)
                    held[value].nodes.append(node)
                    holders[value] = 0
                if value in roots or step.slot is not None:
                    self.separate = self.separate + bytes_of(value.type)
                for root in roots:
                    if root in holders:
                        holders[root] += 1
            for inner in step.blocks:
                self.block(inner, False)
            end = len(self.steps) - 1
            for value in step.drops:
                for root in memory[value].roots:
                    holders[root] = holders.get(root, 0) - 1
                    if holders[root] == 0 and root in held:
                        self.done.append(held.pop(root).done(end))
        # The results of the whole are returned; what a region gives is the node's that it belongs to.
        for root, buffer in held.items():
            buffer.result = top
            if top:
                buffer.results = self._results(root, memory)
            self.done.append(buffer.done(len(self.steps) if top else len(self.steps) - 1))

    def _results(self, root: Value, memory: Memories) -> tuple[int, ...]:
        """Which results are not copied out of a value's memory."""
        copied = self.plan.copies if isinstance(self.plan, Plan) else ()
        results = enumerate(self.plan.graph.results)
        return tuple([i for i, v in results if i not in copied and root in memory[v].roots])

    def end(self) -> None:
        """The last step returns; what is somebody else's memory is copied. And what was given."""
        plan = self.plan
        last = len(self.steps)
        self.steps.append("return")
        for i in sorted(plan.copies) if isinstance(plan, Plan) else ():
            value = plan.graph.results[i]
            size = bytes_of(value.type)
            self.separate = self.separate + size
            name = f"copy of {self.names[value]}"
            maker = () if value.producer is None else (value.producer,)
            self.done.append(
                Allocation(name, Role.RESULT, maker, value.location, size, last, last, results=(i,))
            )
        self.given = given(plan.graph, self.names, self._reads(), last)

    def _reads(self) -> dict[Value, tuple[int, int]]:
        found: dict[Value, tuple[int, int]] = {}
        for at, step in enumerate(self.plan.walk()):
            for value in step.node.inputs:
                found[value] = (found.get(value, (at, at))[0], at)
        return found


def given(
    graph: Graph, names: Mapping[Value, str], reads: Mapping[Value, tuple[int, int]], end: int
) -> list[Allocation]:
    """The buffers of inputs, states and large constants.

    Args:
        reads: the first and last step in which each is read.
        end: the step that returns.
    """
    found = []
    states = {s.input: s.slot for s in graph.states}
    for value in graph.parameters:
        role = Role.STATE if value in states else Role.INPUT
        name = states.get(value) or names[value]
        first, last = reads.get(value, (0, 0))
        if value in graph.results:
            last = end
        size = bytes_of(value.type)
        held = () if value in states else (value,)
        found.append(Allocation(name, role, (), value.location, size, first, last, values=held))
    for node in nodes_within(graph):
        if node.op is CONSTANT and node.output.shape and node.output in reads:
            size = bytes_of(node.output.type)
            name, at = names[node.output], node.location
            first, last = reads[node.output]
            found.append(
                Allocation(name, Role.CONSTANT, (), at, size, first, last, values=(node.output,))
            )
    return found


def names_within(graph: Graph) -> dict[Value, str]:
    """The names of a graph's values as its text has them; those of regions behind the regions' own names."""
    names = dict(name_values(graph))
    pending: list[tuple[str, Sequence[Graph]]] = [("", n.regions) for n in graph.nodes if n.regions]
    while pending:
        prefix, regions = pending.pop()
        for region in regions:
            path = f"{prefix}{region.name}"
            names.update((v, f"{path}{n}") for v, n in name_values(region).items())
            pending += [(f"{path}/", n.regions) for n in region.nodes if n.regions]
    return names


def bytes_of(type: TensorType) -> Dim:
    return type.size * type.dtype.itemsize
