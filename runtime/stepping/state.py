"""Where a run stands: the graphs that it is inside, how far it came in each, and all values so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ...compiler.ir import Graph, Node, Value
from ...compiler.location import Location
from ...compiler.text.printer import name_values
from ..order import execution_order
from .values import Values

__all__ = ["Entry", "Frame", "Program", "Stack", "State", "program_of"]

Stack: TypeAlias = "tuple[Stack, tuple[np.ndarray, ...]] | None"
"""What the iterations of a loop gave to be stacked: the last one's, and those before it."""


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """A graph as it is stepped through.

    Attributes:
        graph: a whole graph, or a region.
        order: its nodes as they run; what no result needs is not run.
        names: what its values are called in the text IR, with the ``%``.
    """

    graph: Graph
    order: tuple[Node, ...]
    names: Mapping[Value, str]


def program_of(graph: Graph) -> Program:
    """The program of a graph, made once."""
    known = graph._cache.get("stepping")
    if not isinstance(known, Program):
        known = Program(graph, tuple(execution_order(graph)), name_values(graph))
        graph._cache["stepping"] = known
    return known


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """Why a region is being run.

    Attributes:
        node: the branch or loop that it belongs to.
        part: ``then``, ``otherwise``, ``condition`` or ``body``.
        iteration: the number of the iteration, from 0; None in a branch.
        carries: what a loop's carries were at the beginning of the iteration.
        stacked: what earlier iterations gave to be stacked.
    """

    node: Node
    part: str
    iteration: int | None = None
    carries: tuple[np.ndarray, ...] = ()
    stacked: Stack = None


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """How far a run came in one graph, or in one run of a region.

    Attributes:
        program: the graph.
        at: the position in its order of the node that runs next.
        values: what is known in it.
        sizes: of its symbolic dimensions, as far as they are known.
        entry: None in the outermost frame.
        changed: the values that were set from outside.
    """

    program: Program
    at: int
    values: Values
    sizes: Mapping[str, int]
    entry: Entry | None = None
    changed: frozenset[Value] = frozenset()

    @property
    def node(self) -> Node | None:
        """The node that runs next; None at the end of the graph."""
        order = self.program.order
        return order[self.at] if self.at < len(order) else None


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """One moment of a run.

    Attributes:
        frames: the outermost first.
        made: the values that the last step computed.
        changed: whether any value was set from outside on the way here.
    """

    frames: tuple[Frame, ...]
    made: tuple[Value, ...] = ()
    changed: bool = False

    @property
    def inner(self) -> Frame:
        return self.frames[-1]

    @property
    def depth(self) -> int:
        return len(self.frames)

    @property
    def finished(self) -> bool:
        """Whether everything is computed."""
        return self.depth == 1 and self.inner.node is None

    @property
    def location(self) -> Location | None:
        """The user's line whose node runs next; at the end of a region that of its branch or loop."""
        frame = self.inner
        node = frame.node or (frame.entry.node if frame.entry is not None else None)
        return node.location if node is not None else None

    @property
    def line(self) -> tuple[str, int] | None:
        """File and line of the node that runs next; None at the end of a graph or region."""
        node = self.inner.node
        if node is None or node.location is None:
            return None
        return node.location.file, node.location.line
