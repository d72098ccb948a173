"""Cutting a piece out of a path: its nodes as a closed graph, with what was computed before as inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...compiler.ir import Graph, Node, State, Value, close

__all__ = ["cut"]


def cut(
    name: str,
    nodes: Sequence[Node],
    outer: Sequence[Value],
    slots: Mapping[Value, str],
    outputs: Sequence[Value],
    writes: Mapping[Value, Value],
) -> tuple[Graph, list[Value]]:
    """The graph of some nodes of a path, and the values outside that its parameters stand for.

    Args:
        nodes: what the graph may compute, operands before users. What the results do not need is left out.
        outer: the order in which values from outside become inputs; those that are not needed are left out.
        slots: which of the outer values are states, and their names.
        outputs: what it gives.
        writes: what states become, by their values from outside.
    """
    inside = {v for node in nodes for v in node.outputs}
    needed = _needed(nodes, inside, (*outputs, *writes.values()))
    new: dict[Value, Value] = {}
    inputs: list[Value] = []
    read: list[Value] = []
    for value in outer:
        if value in inside or not (value in needed or value in writes):
            continue
        new[value] = Value(value.type, hint=value.hint, location=value.location)
        (read if value in slots else inputs).append(value)
    for node in nodes:
        if needed.isdisjoint(node.outputs):
            continue
        made = Node(
            node.op,
            [new[v] for v in node.inputs],
            node.attrs,
            [v.type for v in node.outputs],
            node.location,
            node.regions,
        )
        for old, value in zip(node.outputs, made.outputs, strict=True):
            value.hint = old.hint
            new[old] = value
    states = [State(slots[v], new[v], new[writes.get(v, v)]) for v in read]
    graph = close(name, [new[v] for v in inputs], [new[v] for v in outputs], states)
    return graph, [*inputs, *read]


def _needed(
    nodes: Sequence[Node], inside: Collection[Value], results: Sequence[Value]
) -> set[Value]:
    needed = set(results)
    for node in reversed(nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
    return needed
