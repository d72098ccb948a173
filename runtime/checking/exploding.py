"""Losses that grow without bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from ...compiler.dispatch import Damaged
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Event, Minimized, Pulled, Ran, Stepping
from .check import Check
from .stack import call_site

FACTOR = 1e4
"""How many times its first value a loss must be."""
LEAST = 0.1
"""What the first value is taken to be where it is less: a loss may well begin near 0."""
RISING = 4
"""How many values in a row must rise."""


class Exploding(Check):
    """A loss that grows by orders of magnitude while it is minimized.

    Found: the value on which ``backward`` is called, or a number that is fetched together with a training step, at ten
    thousand times its first value, or not finite, after it rose several times in a row. The line named is that of the
    optimizer.
    Not found: losses that nobody fetches, and those that rise slowly.
    """

    name = "exploding-loss"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._values: dict[tuple[object, ...], list[float]] = defaultdict(list)
        self._optimizers: dict[str, Location | None] = {}
        self._last: tuple[list[float], Location | None] | None = None

    def told(self, event: Event) -> None:
        if isinstance(event, Pulled):
            self._pulled(event)
        elif isinstance(event, Stepping):
            if self._last is not None and _explodes(self._last[0]):
                self._say(self._last[0], event.made, self._last[1])
        elif isinstance(event, Minimized):
            self._optimizers.update({v.name: event.made for v in event.variables if v.chosen})
        elif isinstance(event, Ran):
            self._ran(event)

    def _pulled(self, event: Pulled) -> None:
        root = event.roots[0]
        self._last = None
        if len(event.roots) == 1 and not isinstance(root.data, Damaged) and root.data.size == 1:
            values = self._values[call_site()]
            values.append(abs(float(root.data.reshape(()))))
            self._last = values, root.location

    def _ran(self, event: Ran) -> None:
        graph = event.executable.graph
        changed = [s.slot for s in graph.states if s.changes and s.slot in self._optimizers]
        if not changed:
            return
        for i, (output, value) in enumerate(zip(graph.outputs, event.results, strict=False)):
            if output.dtype.is_float and not output.shape:
                values = self._values[id(graph), i]
                values.append(abs(float(value)))
                if _explodes(values):
                    self._say(values, self._optimizers[changed[0]], output.location)

    def _say(self, values: Sequence[float], made: Location | None, loss: Location | None) -> None:
        self.report(
            f"the loss grew from {values[0]:.3g} to {values[-1]:.3g} in {len(values) - 1} steps of this optimizer",
            made,
            "lower the learning rate, scale the inputs, or clip the gradients",
            [Place("the loss is computed here", loss)] if loss is not None else [],
        )


def _explodes(values: Sequence[float]) -> bool:
    if len(values) <= RISING:
        return False
    last = values[-RISING - 1 :]
    rises = all(b > a or not np.isfinite(b) for a, b in pairwise(last))
    return rises and not values[-1] < FACTOR * max(values[0], LEAST)
