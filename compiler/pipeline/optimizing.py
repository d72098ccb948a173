"""What backends call before they compile a graph."""

from __future__ import annotations

from ..ir import Graph
from ..rewriting import History
from .passes import passes

ROUNDS = 4
"""How often the passes are run at most: what one of them finds may be work for another."""


def optimize(graph: Graph, rounding: bool = False) -> Graph:
    """The same function with less to compute.

    It is for what is compiled, and not for what users see: the fingerprint is no longer that of the program.

    Args:
        rounding: whether rules may be applied that change the last digits. Without them every result is equal to that
            of the graph, bit for bit, special values included (a NaN may lose its sign).
    """
    return _run(graph, rounding, None)


def optimized(graph: Graph, rounding: bool = False) -> tuple[Graph, History]:
    """`optimize`, and what the rules did."""
    history = History()
    return _run(graph, rounding, history), history


def _run(graph: Graph, rounding: bool, history: History | None) -> Graph:
    row = passes(rounding)
    for _ in range(ROUNDS):
        before = graph
        graph = row[0](graph, history)
        simple = graph
        for step in row[1:]:
            graph = step(graph, history)
        if graph is simple or graph is before:
            break
    return graph
