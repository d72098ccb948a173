"""Which operations run together: what a picture of an executable shows beside the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..ir import Graph, Node


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that one kernel computes, or one that no kernel computes.

    Attributes:
        label: what the frame around them says.
        nodes: all of one graph or region.
        fell_back: whether they are left to the reference; the label says why.
    """

    label: str
    nodes: tuple[Node, ...]
    fell_back: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """A graph as a backend runs it.

    Attributes:
        graph: what runs, after rewriting.
        groups: which of its operations run together; an operation is in one group at most.
        notes: lines for the picture's title.
    """

    graph: Graph
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()

    def because(self, reason: str) -> Grouping:
        """The same, with why it is so."""
        return replace(self, notes=(*self.notes, f"because {reason}"))
