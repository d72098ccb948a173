"""The order in which the nodes of a graph run."""

from __future__ import annotations

from ..compiler.control.sizes import attr_symbols, made_symbols
from ..compiler.errors import GraphError, Place
from ..compiler.ir import Graph, Node, live_nodes
from .regions import nodes_within


def execution_order(graph: Graph) -> list[Node]:
    """The nodes that the results need, in the graph's own order.

    Only a node that uses a size which another node finds out at run time is moved behind that one, where it was not
    already: the size is no operand, so the graph's order need not respect it.

    Raises:
        GraphError: a node that finds out a size needs something that uses it.
    """
    needed = set(live_nodes(graph.results))
    nodes = [n for n in graph.nodes if n in needed]
    makers = {s: n for n in nodes for s in made_symbols(n)}
    if not makers:
        return nodes
    order: dict[Node, None] = {}
    entered: set[Node] = set()
    for first in nodes:
        stack = [first]
        while stack:
            node = stack[-1]
            before = [v.producer for v in node.inputs if v.producer is not None]
            used = (node, *(n for r in node.regions for n in nodes_within(r)))
            before += [makers[s] for n in used for s in attr_symbols(n) if s in makers]
            waiting = [n for n in before if n not in order and n is not node]
            if node in order or not waiting:
                stack.pop()
                order[node] = None
            elif node in entered:
                raise GraphError(
                    f"{node.op.name} needs a size that is only known when it has run",
                    places=(Place("made here", node.location),),
                )
            else:
                entered.add(node)
                stack += waiting
    return list(order)
