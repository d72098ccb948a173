"""What tells compiled graphs apart: everything that the code written for one depends on, in the order of its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Attr, Graph, Value
from ...compiler.ops import CONSTANT


def signature(graph: Graph) -> str:
    """A hash of a graph as it stands. Unlike the fingerprint it depends on the order of the nodes, as code does."""
    return sha256("\n".join(_lines(graph)).encode()).hexdigest()


def _lines(graph: Graph) -> Iterator[str]:
    numbers: dict[Value, int] = {}

    def number(values: tuple[Value, ...]) -> str:
        return ",".join(str(numbers[v]) for v in values)

    for value in graph.parameters:
        numbers[value] = len(numbers)
        yield str(value.type)
    for node in graph.nodes:
        for value in node.outputs:
            numbers[value] = len(numbers)
        types = ",".join(str(v.type) for v in node.outputs)
        attrs = ""
        if node.op is not CONSTANT or is_leaf(node.output):
            attrs = ",".join(f"{k}={_attr(a)}" for k, a in node.attrs.items())
        yield f"{node.op.name}({number(node.inputs)}){attrs}:{types}"
        for region in node.regions:
            yield "{"
            yield from _lines(region)
            yield "}"
    yield f"return {number(graph.outputs)}"
    for state in graph.states:
        yield f"state {numbers[state.output]}"


def _attr(attr: Attr) -> str:
    if isinstance(attr, np.ndarray):
        return f"{attr.dtype.str}{attr.shape}{attr.tobytes().hex()}"
    if isinstance(attr, tuple):
        return f"({','.join(map(_attr, attr))})"
    return repr(attr)
