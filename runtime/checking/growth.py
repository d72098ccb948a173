"""Declared graphs that grow while they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Event, Planned
from .check import Check

ROUNDS = 5
"""In how many rounds operations must have been added on one line."""


@dataclass(slots=True)
class _Known:
    """A graph: kept, so that no other comes by its identity."""

    graph: object
    operations: int
    rounds: Counter[tuple[object, int]] = field(default_factory=Counter)


class Growth(Check):
    """Operations that are declared anew in every round of a loop of runs.

    Found: a line that adds operations to a graph between runs of it, again and again: each run of what is new is
    prepared anew, and the graph never shrinks.
    Not found: graphs that are built in loops before they run, and lines that do so a few times only.
    """

    name = "graph-growth"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._known: dict[int, _Known] = {}

    def told(self, event: Event) -> None:
        if not isinstance(event, Planned):
            return
        known = self._known.get(id(event.graph))
        if known is None:
            self._known[id(event.graph)] = _Known(event.graph, len(event.made))
            return
        added, known.operations = event.made[known.operations :], len(event.made)
        for instruction, where in {at.instruction: at for at in reversed(added)}.items():
            if instruction is None:
                continue
            known.rounds[instruction] += 1
            if known.rounds[instruction] >= ROUNDS:
                self._say(where, len(added), len(event.made))
                break

    def _say(self, where: Location, added: int, size: int) -> None:
        self.report(
            f"the graph grows while it runs: this line adds operations in every round ({added} of {size} in the last)",
            where,
            "declare them once, before the loop, and run them in it; graph.finalize() makes it an error",
        )
