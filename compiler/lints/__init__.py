"""Lints: pure functions from a graph to what is probably wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from ..ir import Graph
from .double_softmax import double_softmax
from .finding import CheckFailed, Finding
from .silent_broadcast import silent_broadcast
from .softmax_axis import softmax_axis

__all__ = ["LINTS", "CheckFailed", "Finding", "lint"]

LINTS: dict[str, Callable[[Graph], Iterator[Finding]]] = {
    "silent-broadcast": silent_broadcast,
    "softmax-axis": softmax_axis,
    "double-softmax": double_softmax,
}
"""Every lint by its name."""


def lint(graph: Graph, names: Collection[str] = LINTS) -> list[Finding]:
    """What the lints of these names find in a graph, and in the graphs inside it; each line once."""
    found: dict[tuple[str, object], Finding] = {}
    pending = [graph]
    while pending:
        here = pending.pop()
        pending += [region for node in here.nodes for region in node.regions]
        for name in names:
            for finding in LINTS[name](here):
                span = finding.location and (finding.location.file, finding.location.span)
                found.setdefault((name, span), finding)
    return list(found.values())
