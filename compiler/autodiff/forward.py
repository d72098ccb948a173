"""Forward mode: tangents pushed through a graph beside its values."""

from __future__ import annotations

from collections.abc import Sequence

from ..dispatch import Building, using
from ..ir import Graph, Node, State, Value
from ..ops import Whole, add, zeros_like
from .inline import inline


def push_forward(nodes: Sequence[Node], tangents: dict[Value, Value], builder: Building) -> None:
    """Add the tangents of what the nodes compute to ``tangents``; the new nodes go to ``builder``."""
    before = builder.at
    with using(builder):
        for node in nodes:
            rules = node.op.jvp
            if rules is None or not any(v in tangents for v in node.inputs):
                continue
            builder.at = node.location
            if isinstance(rules, Whole):
                pushed = rules.rule(node, [tangents.get(v) for v in node.inputs])
                tangents.update(
                    (v, t) for v, t in zip(node.outputs, pushed, strict=True) if t is not None
                )
                continue
            y = node.outputs[0]
            if not y.dtype.is_float:
                continue
            for i, operand in enumerate(node.inputs):
                rule = rules[i] if operand in tangents else None
                if rule is None:
                    continue
                part = rule(tangents[operand], y, *node.inputs, **node.attrs)
                tangents[y] = add(tangents[y], part) if y in tangents else part  # type: ignore[assignment]
    builder.at = before


def jvp(graph: Graph, wrt: Sequence[int] | None = None) -> Graph:
    """The Jacobian-vector product of a graph, as a graph.

    Args:
        graph: the function to differentiate.
        wrt: positions of the inputs that have a tangent; None: every float input.

    Returns:
        A graph whose inputs are those of ``graph`` followed by one tangent for each of ``wrt``, with the same states
        (unchanged), whose outputs are those of ``graph`` followed by the tangent of each float output.
    """
    builder = Building(f"{graph.name}.jvp")
    values = inline(graph, builder)
    moving = (
        [v for v in graph.inputs if v.dtype.is_float]
        if wrt is None
        else [graph.inputs[i] for i in wrt]
    )
    seeds = [builder.input(v.type, f"t_{v.hint or i}", v.location) for i, v in enumerate(moving)]
    tangents = {values[v]: seed for v, seed in zip(moving, seeds, strict=True)}
    with using(builder):
        push_forward(list(builder.nodes), tangents, builder)
        outputs = [values[v] for v in graph.outputs]
        pushed = [
            tangents[values[v]] if values[v] in tangents else zeros_like(values[v])
            for v in graph.outputs
            if v.dtype.is_float
        ]
    states = [State(s.slot, values[s.input], values[s.input]) for s in graph.states]
    return builder.close([values[v] for v in graph.inputs] + seeds, [*outputs, *pushed], states)  # type: ignore[list-item]
