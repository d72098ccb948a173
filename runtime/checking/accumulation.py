"""Gradients that add up from step to step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...compiler.dispatch import Array, Damaged, Origin
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Accumulator, Event, Planned, Pulled, Stepping
from .check import Check


class Accumulation(Check):
    """Gradients that an optimizer has used already and that the next ones are added to.

    Found: a backward pass that adds to gradients with which a step was made, followed by another step; a variable to
    which gradients are added, which is applied as a gradient, and which nothing empties.
    Not found: several backward passes before one step, which is how gradients are accumulated on purpose.
    """

    name = "zero-grad"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._used: dict[Origin, Array] = {}
        self._at_risk: dict[Origin, Location] = {}
        self._accumulators: list[Accumulator] = []
        self._fetched: dict[tuple[object, str], int] = {}

    def told(self, event: Event) -> None:
        if isinstance(event, Pulled):
            self._pull()
        elif isinstance(event, Stepping):
            self._step(event)
        elif isinstance(event, Accumulator):
            self._accumulators.append(event)
        elif isinstance(event, Planned):
            for name in event.fetched:
                self._fetched[event.graph, name] = 1

    def _pull(self) -> None:
        where = Location.here()
        for origin, used in self._used.items():
            now = _gradient(origin)
            if now is None or (now is not used) or not _any(now):
                self._at_risk.pop(origin, None)
            else:
                self._at_risk.setdefault(origin, where)

    def _step(self, event: Stepping) -> None:
        summed = [
            self._at_risk.pop(origin)
            for origin, now in zip(event.parameters, event.gradients, strict=True)
            if origin in self._at_risk and now is not None and now is not self._used[origin]
        ]
        if summed:
            self.report(
                "gradients are added to those of the step before: nothing has emptied them since",
                summed[0],
                "call optimizer.zero_grad() before it",
                [Place("the steps are made here", Location.here())],
            )
        for origin, now in zip(event.parameters, event.gradients, strict=True):
            if now is not None:
                self._used[origin] = now

    def finish(self) -> None:
        for one in self._accumulators:
            adding = one.adding()
            if adding and not one.other() and (one.graph, one.initializer) not in self._fetched:
                self.report(
                    f"gradients are added to {one.name!r}, which is applied as a gradient and never emptied",
                    adding[0],
                    "set it to zeros after each step (tf.assign, or run its initializer)",
                )


def _gradient(origin: Origin) -> Array | None:
    found: Array | None = getattr(origin.grad, "array", None)
    return found


def _any(gradient: Array) -> bool:
    return isinstance(gradient.data, Damaged) or bool(np.any(gradient.data))
