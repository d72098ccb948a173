"""The same thing, prepared or compiled again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Event, Planned, Retraced
from .check import Check
from .stack import call_site

COMPILED = 8
"""How often one line may have a function compiled."""
PREPARED = 12
"""How many different things one line may have a session run."""


class Retracing(Check):
    """Code that is compiled, or prepared, for every call.

    Found: a line whose calls have a compiled function run as Python more than eight times, if half of all calls do
    (arguments whose types, lengths or Python values keep changing); a line that has a session run more than twelve
    different things, each with something in it that was asked for before.
    Not found: a function with many paths that are all taken again and again; a loop over variables; a helper that runs
    what it is given, as its callers count each for itself.
    """

    name = "retracing"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._counts: Counter[tuple[object, ...]] = Counter()
        self._often: dict[tuple[object, ...], tuple[Retraced, Location]] = {}
        self._fetched: dict[tuple[object, ...], tuple[int, set[str]]] = {}

    def told(self, event: Event) -> None:
        if isinstance(event, Retraced):
            site = (event.function, *call_site())
            self._counts[site] += 1
            if self._counts[site] > COMPILED:
                self._often.setdefault(site, (event, Location.here()))
        elif isinstance(event, Planned):
            self._planned(event)

    def _planned(self, event: Planned) -> None:
        site = (id(event.graph), *call_site())
        size, fetched = self._fetched.setdefault(site, (len(event.made), set()))
        # Where operations were added, the graph grows, which is another fault.
        if size == len(event.made) and not fetched.isdisjoint(event.fetched):
            self._counts[site] += 1
        self._fetched[site] = len(event.made), fetched | set(event.fetched)
        if self._counts[site] >= PREPARED:
            self.report(
                f"this line asks the session for something else in every run, {PREPARED + 1} times so far",
                Location.here(),
                "fetch the same tensors in every run, and select from the results",
            )

    def finish(self) -> None:
        for event, where in self._often.values():
            calls, misses = event.counts()
            if 2 * misses > calls:
                self.report(
                    f"{event.function} runs as Python, to be compiled, in {misses} of {calls} calls",
                    where,
                    "pass what changes as a tensor (its numbers may change), and keep lengths and Python numbers fixed",
                )
