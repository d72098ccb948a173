"""Run a graph's nodes again under another interpreter."""

from __future__ import annotations

from collections.abc import Mapping

from ..dispatch import Building, using
from ..ir import Attr, Attrs, Dim, Expr, Graph, State, Value, substitute
from ..ops import EXTENT, RESHAPE, extent


def inline(
    graph: Graph, builder: Building, binding: Mapping[str, Dim] | None = None
) -> dict[Value, Value]:
    """Copy the graph's inputs, states and nodes into ``builder``; gives new values for old ones.

    Args:
        binding: sizes for symbolic dimensions, put in everywhere on the way.
    """
    sizes = binding or {}
    values = {
        v: builder.input(v.type.substitute(sizes), v.hint, v.location) for v in graph.parameters
    }
    before = builder.at
    with using(builder):
        try:
            for node in graph.nodes:
                builder.at = node.location
                if node.op is EXTENT:
                    values[node.output] = extent(**bind_attrs(node.attrs, sizes))  # type: ignore[assignment, arg-type]
                    continue
                attrs = bind_attrs(node.attrs, sizes)
                if (
                    node.op is RESHAPE
                    and attrs["shape"] == values[node.inputs[0]].shape != node.inputs[0].shape
                ):
                    # It made sure that two symbols are equal, and they are.
                    values[node.output] = values[node.inputs[0]]
                    continue
                new = builder.node(
                    node.op,
                    [values[v] for v in node.inputs],
                    attrs,
                    [specialize(region, sizes) for region in node.regions]
                    if sizes
                    else node.regions,
                )
                for old, made in zip(node.outputs, new.outputs, strict=True):
                    made.hint = old.hint
                    values[old] = made
        finally:
            builder.at = before
    return values


def specialize(graph: Graph, binding: Mapping[str, Dim]) -> Graph:
    """The same program for given sizes of its symbolic dimensions."""
    builder = Building(graph.name)
    values = inline(graph, builder, binding)
    return builder.close(
        [values[v] for v in graph.inputs],
        [values[v] for v in graph.outputs],
        [State(s.slot, values[s.input], values[s.output]) for s in graph.states],
    )


def bind_attrs(attrs: Attrs, binding: Mapping[str, Dim]) -> Attrs:
    """Attributes with symbolic dimensions put in."""
    if not binding:
        return attrs
    return {name: _bind(attr, binding) for name, attr in attrs.items()}


def _bind(attr: Attr, binding: Mapping[str, Dim]) -> Attr:
    if isinstance(attr, Expr):
        return substitute(attr, binding)
    if isinstance(attr, tuple):
        return tuple(_bind(a, binding) for a in attr)
    return attr
