"""Graphs that find out a size while they run, in parts: native code before and after what finds it out.

What finds out a size (`nonzero`, a loop that stacks as many values as it has iterations) is computed by the reference.
Its results tell the size to the parts behind it, whose code takes it as it takes the sizes of arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...compiler.control.sizes import attr_symbols, made_symbols, shaping_symbols
from ...compiler.errors import GraphError
from ...compiler.ir import Graph, Node, Value, close, symbols_of
from ..executable import Arrays, Executable, compile
from ..order import execution_order
from ..regions import nodes_within
from .steps import Unsupported

END = 1 << 62
"""The place of what uses results."""


@dataclass(frozen=True, slots=True)
class Part:
    """A graph of its own.

    Attributes:
        inputs: what it takes, as values of the whole graph.
        outputs: what it gives, likewise.
    """

    executable: Executable
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


class Partition:
    """A graph as parts that run one after the other.

    Raises:
        Unsupported: it finds out no size, or a part needs one that nothing it could take tells.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.parts = list(_parts(graph))
        self._last = _last_uses(self.parts, graph.results)

    def run(self, *arrays: np.ndarray) -> Arrays:
        return self.run_by([part.executable.run for part in self.parts], arrays)

    def run_by(self, runs: Iterable[Callable[..., Arrays]], arrays: Sequence[np.ndarray]) -> Arrays:
        """Run the graph by functions that do what the parts do."""
        known: dict[Value, np.ndarray] = dict(zip(self.graph.parameters, arrays, strict=True))
        for part, run, done in zip(self.parts, runs, self._last, strict=True):
            made = run(*[known[v] for v in part.inputs])
            known.update(zip(part.outputs, made, strict=True))
            for value in done:
                del known[value]
        outputs = [
            known[v].copy() if copies else known[v]
            for v, copies in zip(self.graph.outputs, self._copies, strict=True)
        ]
        return (*outputs, *(known[s.output] for s in self.graph.states))

    @cached_property
    def _copies(self) -> list[bool]:
        """Of each output whether it is a copy: none is an argument, a state or another output."""
        taken = {*self.graph.parameters, *(s.output for s in self.graph.states)}
        found = []
        for value in self.graph.outputs:
            found.append(value in taken)
            taken.add(value)
        return found

    @property
    def copied(self) -> list[Value]:
        """What is copied at the end, as often as it is."""
        return [v for v, copies in zip(self.graph.outputs, self._copies, strict=True) if copies]

    def explain(self, binding: Mapping[str, int] | None = None) -> str:
        return "\n".join(part.executable.explain(binding) for part in self.parts)


def finds_out(node: Node) -> bool:
    """Whether a size is known only once a node has run, or something in its regions has."""
    if shaping_symbols(node):
        return True
    return any(shaping_symbols(inner) for region in node.regions for inner in nodes_within(region))


def _parts(graph: Graph) -> Iterator[Part]:
    nodes = execution_order(graph)
    if not any(map(finds_out, nodes)):
        raise Unsupported("no operation finds out a size")
    level = _levels(graph, nodes)
    used: dict[Value, int] = dict.fromkeys(graph.results, END)
    for node in nodes:
        for value in node.inputs:
            used[value] = max(used.get(value, 0), _place(node, level))
    tellers: list[Value] = list(graph.parameters)
    for place in sorted({_place(node, level) for node in nodes}):
        mine = [node for node in nodes if _place(node, level) == place]
        outputs = [v for n in mine for v in n.outputs if used.get(v, -1) > place]
        reference = place % 2 == 1
        for group in [[n] for n in mine] if reference else [mine]:
            made = [v for v in outputs if v.producer in group]
            if made:
                yield _part(group, made, tellers, "numpy" if reference else "native")
                tellers += made


def _place(node: Node, level: Mapping[Node, int]) -> int:
    """Where a node runs: what finds out sizes behind the others of its level."""
    return 2 * level[node] + finds_out(node)


def _levels(graph: Graph, nodes: Iterable[Node]) -> dict[Node, int]:
    """How many nodes that find out sizes must have run, one after the other, before each node."""
    values: dict[Value, int] = {}
    symbols: dict[str, int] = {}
    level: dict[Node, int] = {}
    for node in nodes:
        needed = [values.get(v, 0) for v in node.inputs]
        needed += [symbols.get(s, 0) for n in _within(node) for s in attr_symbols(n)]
        here = level[node] = max(needed, default=0)
        after = here + finds_out(node)
        values.update((v, after) for v in node.outputs)
        for symbol in made_symbols(node):
            symbols[symbol] = after
    return level


def _within(node: Node) -> Iterator[Node]:
    yield node
    for region in node.regions:
        yield from nodes_within(region)


def _part(
    nodes: Sequence[Node], outputs: Sequence[Value], tellers: Sequence[Value], backend: str
) -> Part:
    made = {v for n in nodes for v in n.outputs}
    inputs = dict.fromkeys(v for n in nodes for v in n.inputs if v not in made)
    told = set(_told(inputs))
    own = {s for n in nodes for inner in _within(n) for s in made_symbols(inner)}
    for symbol in symbols_of(d for v in [*inputs, *made] for d in v.shape):
        _tell(symbol, inputs, told, own, tellers)
    for node in nodes:
        for symbol in attr_symbols(node):
            _tell(symbol, inputs, told, own, tellers)
    new = {v: Value(v.type, hint=v.hint, location=v.location) for v in inputs}
    taken = [new[v] for v in inputs]
    for node in nodes:
        types = [v.type for v in node.outputs]
        operands = [new[v] for v in node.inputs]
        copy = Node(node.op, operands, node.attrs, types, node.location, node.regions)
        new.update(zip(node.outputs, copy.outputs, strict=True))
    name = "_".join(dict.fromkeys(n.op.name for n in nodes)) if backend == "numpy" else "part"
    graph = close(name, taken, [new[v] for v in outputs], ())
    try:
        executable = compile(graph, backend)
    except GraphError as error:
        raise Unsupported(str(error)) from error
    return Part(executable, tuple(inputs), tuple(outputs))


def _told(values: Iterable[Value]) -> Iterator[str]:
    """The sizes that the shapes of arguments tell."""
    for value in values:
        for dim in value.shape:
            names = symbols_of((dim,))
            if len(names) == 1 and str(dim) == names[0]:
                yield names[0]


def _tell(
    symbol: str,
    inputs: dict[Value, None],
    told: set[str],
    own: set[str],
    tellers: Iterable[Value],
) -> None:
    """Take one more argument, if that is what it takes to know a size."""
    if symbol in told or symbol in own:
        return
    for value in tellers:
        if symbol in _told((value,)):
            inputs[value] = None
            told.update(_told((value,)))
            return
    raise Unsupported(f"nothing tells the size {symbol}")


def _last_uses(parts: Sequence[Part], results: Sequence[Value]) -> list[list[Value]]:
    """For each part the values that nothing needs behind it."""
    needed = set(results)
    found: list[list[Value]] = []
    for part in reversed(parts):
        done = [v for v in dict.fromkeys((*part.inputs, *part.outputs)) if v not in needed]
        found.append(done)
        needed.update(done)
    return found[::-1]
