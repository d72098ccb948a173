"""The order in which the nodes of a graph run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..compiler.ir import Attr, Expr, Graph, Node, live_nodes, symbols_of
from ..compiler.ops import NONZERO


def execution_order(graph: Graph) -> list[Node]:
    """The nodes that the results need, in the graph's own order.

    Only a node that uses a size which another node finds out at run time is moved behind that one, where it was not
    already: the size is no operand, so the graph's order need not respect it.
    """
    needed = set(live_nodes(graph.results))
    nodes = [n for n in graph.nodes if n in needed]
    makers = {s: n for n in nodes if n.op is NONZERO for s in symbols_of(n.output.shape[:1])}
    if not makers:
        return nodes
    order: dict[Node, None] = {}
    for first in nodes:
        stack = [first]
        while stack:
            node = stack[-1]
            before = [v.producer for v in node.inputs if v.producer is not None]
            before += [makers[s] for s in attr_symbols(node) if s in makers]
            waiting = [n for n in before if n not in order and n is not node]
            if node in order or not waiting:
                stack.pop()
                order[node] = None
            else:
                stack += waiting
    return list(order)


def attr_symbols(node: Node) -> list[str]:
    """The symbols in the attributes of a node."""
    return symbols_of(_dims_of(node.attrs.values()))


def _dims_of(attrs: Iterable[Attr]) -> Iterator[Expr]:
    for attr in attrs:
        if isinstance(attr, Expr):
            yield attr
        elif isinstance(attr, tuple):
            yield from _dims_of(attr)
