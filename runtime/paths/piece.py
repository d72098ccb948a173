"""A branch of a tree, compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from ...compiler.ir import Graph, Value
from ..executable import Arrays, Executable

__all__ = ["Piece"]


class Piece:
    """A branch, compiled.

    Attributes:
        graph: what the program says that it computes; what runs may give more values.
        takes: the values that it is called with.
        outputs: the values that it gives first.
        take: picks the values that it is called with out of all that are known.
        given, looked: the places of ``outputs`` and of the value that decides what comes next.
    """

    __slots__ = (
        "_executable", "_look", "_picked", "given", "gives", "graph", "looked", "outputs", "take", "takes",
    )  # fmt: skip

    def __init__(
        self,
        graph: Graph,
        executable: Executable,
        takes: Sequence[Value],
        outputs: tuple[Value, ...],
        changed: tuple[int, ...],
        look: Value | None,
    ) -> None:
        self.graph = graph
        self.takes = tuple(takes)
        self.outputs = outputs
        self.gives = frozenset(outputs)
        self.take: Callable[[Sequence[Any]], tuple[Any, ...]] = tuple
        self.given: tuple[int, ...] = ()
        self.looked = -1
        self._executable = executable
        wanted = (*range(len(outputs)), *changed)
        whole = wanted == (*range(len(executable.graph.results)),)
        self._picked = None if whole else taking(wanted)
        self._look = look

    def place(self, places: dict[Value, int]) -> None:
        """Learn the places of values between pieces; those that have none get one."""
        self.take = taking([places.setdefault(v, len(places)) for v in self.takes])
        if self._look is not None:
            self.given = tuple([places.setdefault(v, len(places)) for v in self.outputs])
            self.looked = places[self._look]

    def run(self, values: Sequence[Any]) -> Arrays:
        """The outputs, and then all states."""
        return self._executable.run(*self.take(values))

    def finish(self, values: Sequence[Any], replace: bool) -> Arrays:
        """Run up to an end: outputs, extra values, states that changed.

        Args:
            replace: whether new states may be written over the old ones.
        """
        run = self._executable.update if replace else self._executable.run
        results = run(*self.take(values))
        return results if self._picked is None else self._picked(results)


def taking(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What picks the items at these places, as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda _: ()
    (only,) = places
    return lambda items: (items[only],)
