"""Which operations run together: what a picture of an executable shows beside the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..ir import Graph, Node


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that one kernel computes, or one that no kernel computes.

    Attributes:
        what: what computes them; of what is left to the reference, why.
        nodes: all of one graph or region.
        steps: their numbers in the plan of buffers.
        fell_back: whether they are left to the reference.
    """

    what: str
    nodes: tuple[Node, ...]
    steps: tuple[int, ...]
    fell_back: bool = False

    @property
    def label(self) -> str:
        """What the frame around them says."""
        several = "" if len(self.steps) == 1 else "s"
        where = f"step{several} {', '.join(map(str, self.steps))}"
        return f"{where}{', on NumPy' if self.fell_back else ''}: {self.what}"


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
