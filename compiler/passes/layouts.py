"""Layouts that a frontend changes and changes back leave no trace in a finished graph."""

from __future__ import annotations

from ..ir import Graph, Node, State, Value, close
from ..ops import TRANSPOSE


def merge_transposes(graph: Graph) -> Graph:
    """Make a transpose of a transpose one, or none where they cancel.

    TensorFlow keeps convolution kernels as ``[height, width, in, out]``, this IR as ``[out, in, height, width]``: who
    brings a kernel into TensorFlow's order has it brought back by the operation. The graph itself is returned where
    nothing is to be done.
    """
    if not any(_twice(node) for node in graph.nodes):
        return graph
    new: dict[Value, Value] = {}
    for node in graph.nodes:
        inputs = [new.get(v, v) for v in node.inputs]
        attrs = node.attrs
        if node.op is TRANSPOSE:
            source, perm = _root(inputs[0], _perm(node))
            if perm == tuple(range(len(perm))):
                new[node.outputs[0]] = source
                continue
            inputs, attrs = [source], {"perm": perm}
        types = [v.type for v in node.outputs]
        made = Node(node.op, inputs, attrs, types, node.location, node.regions)
        for old, value in zip(node.outputs, made.outputs, strict=True):
            value.hint = old.hint
            new[old] = value
    return close(
        graph.name,
        graph.inputs,
        [new.get(v, v) for v in graph.outputs],
        [State(s.slot, s.input, new.get(s.output, s.output)) for s in graph.states],
    )


def _twice(node: Node) -> bool:
    producer = node.inputs[0].producer if node.op is TRANSPOSE else None
    return producer is not None and producer.op is TRANSPOSE


def _perm(node: Node) -> tuple[int, ...]:
    return node.attrs["perm"]  # type: ignore[return-value]


def _root(value: Value, perm: tuple[int, ...]) -> tuple[Value, tuple[int, ...]]:
    """What is transposed in the end, and how: an operand that is a transpose was merged before."""
    producer = value.producer
    if producer is None or producer.op is not TRANSPOSE:
        return value, perm
    first = _perm(producer)
    return producer.inputs[0], tuple([first[p] for p in perm])
