"""Sizes that a graph takes to be equal although nothing proves it: two symbols that meet in a broadcast."""

from __future__ import annotations

from collections.abc import Iterator

from ..compiler.autodiff.inline import specialize
from ..compiler.errors import BifrontError
from ..compiler.ir import Dim, Expr, Graph, Node, symbol, symbols_of
from ..compiler.ops import Kind


def assumptions(node: Node) -> list[tuple[Dim, Dim]]:
    """Pairs (size of an operand, size of the result) of broadcast axes that nothing proves equal.

    NumPy rejects sizes that differ, except where one is 1: if that is the one taken for the result's, the result is
    larger than its type says.
    """
    if node.op.kind is Kind.ELEMENTWISE:
        skip = 0
    elif node.op.kind is Kind.CONTRACTION and node.output.ndim > 2:
        skip = 2
    else:
        return []
    pairs: dict[tuple[Dim, Dim], None] = {}
    for operand in node.inputs:
        for axis in range(skip + 1, operand.ndim + 1):
            have, want = operand.shape[-axis], node.output.shape[-axis]
            if have != want and isinstance(have, Expr) and isinstance(want, Expr):
                pairs[have, want] = None
    return list(pairs)


def all_assumptions(graph: Graph) -> list[tuple[Dim, Dim]]:
    """Those of all nodes, in regions too, each pair once."""
    return list(dict.fromkeys(pair for node in _nodes(graph) for pair in assumptions(node)))


def unified(graph: Graph) -> Graph:
    """The graph for the case that all its assumptions hold: symbols that are taken to be equal are one symbol.

    It is the same program for such sizes alone; who runs it checks them first. Where the type rules do not find the
    symbols to fit as one, they stay two.
    """
    known = symbols_of(d for v in graph.parameters for d in v.shape)
    one: dict[str, str] = {}

    def found(name: str) -> str:
        while name in one:
            name = one[name]
        return name

    for pair in all_assumptions(graph):
        names = [s for d in pair for s in symbols_of((d,)) if d == symbol(s)]
        if len(names) == 2 and all(n in known for n in names):
            first, second = sorted(map(found, names), key=known.index)
            if first != second:
                one[second] = first
    if not one:
        return graph
    try:
        return specialize(graph, {name: symbol(found(name)) for name in one})
    except BifrontError:
        return graph


def _nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        yield node
        for region in node.regions:
            yield from _nodes(region)
