"""The order in which the nodes of a graph run, and the sizes that they find out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..compiler.ir import Attr, Expr, Graph, Node, live_nodes, symbols_of
from ..compiler.ops import NONZERO

_FOUND_OUT = ("trips", "varying", "sizes")
"""The attributes with which control flow names sizes: iterations that ran, and what branches or iterations change."""


def execution_order(graph: Graph) -> list[Node]:
    """The nodes that the results need, in the graph's own order.

    Only a node that uses a size which another node finds out at run time is moved behind that one, where it was not
    already: the size is no operand, so the graph's order need not respect it.
    """
    needed = set(live_nodes(graph.results))
    nodes = [n for n in graph.nodes if n in needed]
    makers = {s: n for n in nodes for s in made_symbols(n)}
    if not makers:
        return nodes
    order: dict[Node, None] = {}
    for first in nodes:
        stack = [first]
        while stack:
            node = stack[-1]
            before = [v.producer for v in node.inputs if v.producer is not None]
            before += [makers[s] for s in _used_symbols(node) if s in makers]
            waiting = [n for n in before if n not in order and n is not node]
            if node in order or not waiting:
                stack.pop()
                order[node] = None
            else:
                stack += waiting
    return list(order)


def made_symbols(node: Node) -> list[str]:
    """The symbols whose sizes are known once the node has run, and not before."""
    if node.op is NONZERO:
        return symbols_of(node.output.shape[:1])
    if not node.regions:
        return []
    return symbols_of(_dims_of(node.attrs.get(name) for name in _FOUND_OUT))


def attr_symbols(node: Node) -> list[str]:
    """The symbols in the attributes of a node."""
    return symbols_of(_dims_of(node.attrs.values()))


def _used_symbols(node: Node) -> Iterator[str]:
    yield from attr_symbols(node)
    for region in node.regions:
        for inner in region.nodes:
            yield from _used_symbols(inner)


def _dims_of(attrs: Iterable[Attr]) -> Iterator[Expr]:
    for attr in attrs:
        if isinstance(attr, Expr):
            yield attr
        elif isinstance(attr, tuple):
            yield from _dims_of(attr)
