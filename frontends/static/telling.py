"""What sessions tell those who check programs."""

from __future__ import annotations

from ...runtime.checking.border import Planned, tell
from .fetches import Fetches
from .graph import Graph
from .operation import Operation

__all__ = ["tell_planned"]


def tell_planned(graph: Graph, fetches: object) -> None:
    """Something is about to be run that this graph has not run before."""
    elements = Fetches(graph, fetches).elements
    names = [e.name if isinstance(e, Operation) else e.op.name for e in elements]
    tell(Planned(graph, tuple(names), tuple(op.location for op in graph.get_operations())))
