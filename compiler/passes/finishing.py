"""What every finished graph goes through, whichever frontend it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from ..dispatch import Building
from ..ir import Graph, Node, Value
from ..ops import Kind
from .layouts import merge_transposes
from .merging import merge_loops
from .ordering import order_regions
from .rebuilding import rebuilt


def finish(graph: Graph) -> Graph:
    """The canonical form of a graph: the same program in any style becomes the same graph.

    Loops that do the same work become one, what comes out of regions and is not used is dropped, operands and results
    of regions stand in one order, and changes of layout that cancel leave no trace. The graph itself is returned where
    nothing is to be done.
    """
    if any(_has_regions(node) for node in graph.nodes):
        graph = _finish_regions(graph)
        graph = order_regions(merge_loops(graph))
        graph = _finish_regions(graph)
    return merge_transposes(graph)


def _finish_regions(graph: Graph) -> Graph:
    def rebuild(builder: Building, node: Node, operands: Sequence[Value]) -> Sequence[Value] | None:
        if not _has_regions(node):
            return None
        regions = [finish(region) for region in node.regions]
        if all(a is b for a, b in zip(regions, node.regions, strict=True)):
            return None
        return builder.node(node.op, operands, node.attrs, regions).outputs

    return rebuilt(graph, rebuild)


def _has_regions(node: Node) -> bool:
    return node.op.kind is Kind.CONTROL and bool(node.regions)
