"""What a graph costs, estimated: bytes that its operations read and write, and floating-point operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from ..control import SCAN, WHILE
from ..control.loops import Loop
from ..ir import Dim, Graph, Node, Value, substitute, symbols_of
from ..ops import CONSTANT, MATMUL, Kind

UNKNOWN = 64
"""What a symbol counts as where no size is given for it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Nodes, bytes moved between operations and memory (no operation fused with another), and arithmetic."""

    nodes: int
    moved: int
    flops: int


def cost(graph: Graph, sizes: Mapping[str, int]) -> Cost:
    """The cost of one run; a loop counts once for each iteration, a cond as its more expensive branch.

    Args:
        sizes: for symbolic dimensions; one that is not given counts as `UNKNOWN`.
    """
    nodes = moved = flops = 0
    for node in graph.nodes:
        nodes += 1
        if node.regions:
            times = _size(Loop.of(node).length, sizes) if node.op in (SCAN, WHILE) else 1
            inner = [cost(region, sizes) for region in node.regions]
            nodes += sum(c.nodes for c in inner)
            combine = sum if node.op in (SCAN, WHILE) else max
            moved += times * combine([c.moved for c in inner])
            flops += times * combine([c.flops for c in inner])
        else:
            own = node_cost(node, sizes)
            moved += own.moved
            flops += own.flops
    return Cost(nodes, moved, flops)


def node_cost(node: Node, sizes: Mapping[str, int]) -> Cost:
    """The cost of one operation without regions; views and constants cost nothing."""
    if node.op.view or node.op is CONSTANT:
        return Cost(1, 0, 0)
    values = (*node.inputs, *node.outputs)
    moved = sum(_elements(v, sizes) * v.dtype.itemsize for v in values)
    return Cost(1, moved, _flops(node, sizes))


def _flops(node: Node, sizes: Mapping[str, int]) -> int:
    kind = node.op.kind
    made = sum(_elements(v, sizes) for v in node.outputs)
    if kind is Kind.ELEMENTWISE:
        return made
    if kind is Kind.REDUCTION:
        return _elements(node.inputs[0], sizes)
    if kind is not Kind.CONTRACTION:
        return 0
    if node.op is MATMUL:
        a = node.inputs[0]
        return 2 * made * _size(a.shape[-2 if node.attrs["transpose_a"] else -1], sizes)
    if node.op.flops is not None:
        return _size(node.op.flops([v.type for v in node.inputs], node.output.type), sizes)
    # Of windows each element is looked at about once.
    return max(_elements(v, sizes) for v in (*node.inputs, *node.outputs))


def _elements(value: Value, sizes: Mapping[str, int]) -> int:
    return prod(_size(d, sizes) for d in value.shape)


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    if isinstance(dim, int):
        return dim
    known = substitute(dim, {s: sizes.get(s, UNKNOWN) for s in symbols_of((dim,))})
    assert isinstance(known, int)
    return known
