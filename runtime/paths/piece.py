"""A branch of a tree, compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...compiler.ir import Graph, Value
from ..executable import Arrays

__all__ = ["Piece"]


class Piece:
    """A branch, compiled.

    Attributes:
        graph: what the program says that it computes; what runs may give more values.
        takes: the values that it is called with.
        outputs: the values that it gives first.
        run: computes them, and then all states.
        whole: whether that is all that it gives.
        taken, given, looked: the places of ``takes``, of ``outputs`` and of the value that decides what comes next.
    """

    __slots__ = (
        "_changed", "_look", "given", "gives", "graph", "looked", "outputs", "run", "taken", "takes", "whole",
    )  # fmt: skip

    def __init__(
        self,
        graph: Graph,
        run: Callable[..., Arrays],
        takes: Sequence[Value],
        outputs: tuple[Value, ...],
        changed: tuple[int, ...],
        look: Value | None,
    ) -> None:
        self.graph = graph
        self.run = run
        self.takes = tuple(takes)
        self.outputs = outputs
        self.gives = frozenset(outputs)
        self.whole = False
        self.taken: tuple[int, ...] = ()
        self.given: tuple[int, ...] = ()
        self.looked = -1
        self._changed = changed
        self._look = look

    def place(self, places: dict[Value, int]) -> None:
        """Learn the places of values between pieces; those that have none get one."""
        self.taken = tuple([places.setdefault(v, len(places)) for v in self.takes])
        if self._look is not None:
            self.given = tuple([places.setdefault(v, len(places)) for v in self.outputs])
            self.looked = places[self._look]

    def picked(self, results: Arrays) -> Arrays:
        """The results of an end among everything that ran: outputs, extra values, states that changed."""
        return (*results[: len(self.outputs)], *[results[i] for i in self._changed])
