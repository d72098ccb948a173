"""Graphs with some nodes replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..dispatch import Array, Building
from ..ir import Graph, Node, State, Value, close

Rebuild = Callable[[Building, Node, Sequence[Value]], "Sequence[Value] | None"]
"""``rebuild(builder, node, operands)``: what stands for the outputs of a node, or None to keep the node as it is."""


class Rebuilding(Building):
    """Takes the values of the finished graph that it rebuilds as its own."""

    def _own(self, x: Value | Array) -> Value:
        return x if isinstance(x, Value) else super()._own(x)


def rebuilt(graph: Graph, rebuild: Rebuild) -> Graph:
    """The graph with its nodes rebuilt in order; inputs stay the same values, as do nodes that nothing changes for."""
    new: dict[Value, Value] = {}
    builder = Rebuilding(graph.name)
    for node in graph.nodes:
        operands = [new.get(v, v) for v in node.inputs]
        builder.at = node.location
        made = rebuild(builder, node, operands)
        if made is None:
            if operands == [*node.inputs]:
                continue
            types = [v.type for v in node.outputs]
            copy = Node(node.op, operands, node.attrs, types, node.location, node.regions)
            made = copy.outputs
        for old, value in zip(node.outputs, made, strict=True):
            if value is not old:
                if value.producer is not None and not value.hint:
                    value.hint = old.hint
                new[old] = value
    if not new:
        return graph
    return close(
        graph.name,
        graph.inputs,
        [new.get(v, v) for v in graph.outputs],
        [State(s.slot, s.input, new.get(s.output, s.output)) for s in graph.states],
    )
