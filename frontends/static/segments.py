"""A graph cut where Python has to be called: what can be computed before a call, and what needs its results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...compiler.ir import Expr, Graph, Node, Value, close, live_nodes, symbols_of


@dataclass(frozen=True, eq=False, slots=True)
class Segment:
    """A part of a graph.

    Attributes:
        graph: what it computes; it has no states.
        inputs, outputs: the values of the whole graph that are its inputs and outputs.
    """

    graph: Graph
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


def cut(graph: Graph, given: Sequence[Sequence[Value]]) -> list[Segment]:
    """The graph in one segment more than there are calls.

    Args:
        given: the inputs that each call gives. Everything that does not depend on a call's results comes before it.
    """
    stages = _stages(graph, given)
    wanted = [v for v in dict.fromkeys(graph.results) if v.producer is not None]
    segments: list[Segment] = []
    for stage in reversed(range(len(given) + 1)):
        outputs = [v for v in wanted if stages[v] == stage and v.producer is not None]
        segment = _segment(graph, stage, stages, outputs)
        segments.append(segment)
        wanted += [v for v in segment.inputs if v not in wanted]
    return segments[::-1]


def _stages(graph: Graph, given: Sequence[Sequence[Value]]) -> dict[Value, int]:
    """How many calls come before a value."""
    stages = dict.fromkeys(graph.parameters, 0)
    for i, values in enumerate(given):
        stages.update(dict.fromkeys(values, i + 1))
    sizes: dict[str, int] = {}
    for value, stage in stages.items():
        for name in symbols_of(value.shape):
            sizes[name] = min(stage, sizes.get(name, stage))
    for node in graph.nodes:
        needed = [stages[v] for v in node.inputs]
        needed += [sizes[name] for name in sorted(sizes_used(node)) if name in sizes]
        stage = max(needed, default=0)
        for value in node.outputs:
            stages[value] = stage
            for name in symbols_of(value.shape):
                sizes.setdefault(name, stage)
    return stages


def sizes_used(node: Node) -> set[str]:
    """The symbols that a node must know."""
    found = {name for v in node.outputs for name in symbols_of(v.shape)}
    found |= set(symbols_of(_dims(node.attrs.values())))
    for region in node.regions:
        for inner in region.nodes:
            found |= sizes_used(inner)
    return found


def _dims(attrs: Iterable[object]) -> list[Expr]:
    found: list[Expr] = []
    for attr in attrs:
        if isinstance(attr, Expr):
            found.append(attr)
        elif isinstance(attr, tuple):
            found += _dims(attr)
    return found


def _segment(
    graph: Graph, stage: int, stages: dict[Value, int], outputs: Sequence[Value]
) -> Segment:
    nodes = [n for n in live_nodes(outputs) if stages[n.outputs[0]] == stage]
    made = {v for n in nodes for v in n.outputs}
    inputs = list(dict.fromkeys(v for n in nodes for v in n.inputs if v not in made))
    # What tells the sizes that its operations use.
    told = {name for v in inputs for name in sizes_told(v)} | {
        name for v in made for name in sizes_told(v)
    }
    for name in sorted({name for n in nodes for name in sizes_used(n)} - told):
        teller = next((v for v in stages if name in sizes_told(v) and stages[v] <= stage), None)
        if teller is not None and teller not in made and teller not in inputs:
            inputs.append(teller)
    inside = {v: Value(v.type, hint=v.hint, location=v.location) for v in inputs}
    for node in nodes:
        types = [v.type for v in node.outputs]
        operands = [inside[v] for v in node.inputs]
        copy = Node(node.op, operands, node.attrs, types, node.location, node.regions)
        inside.update(zip(node.outputs, copy.outputs, strict=True))
    name = f"{graph.name}.{stage}"
    closed = close(name, [inside[v] for v in inputs], [inside[v] for v in outputs])
    return Segment(closed, tuple(inputs), tuple(outputs))


def sizes_told(value: Value) -> set[str]:
    """The symbols that a value's axes are."""
    return {str(d) for d in value.shape if isinstance(d, Expr) and symbols_of((d,)) == [str(d)]}
