"""Clocks between the steps of the reference's program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns

import numpy as np

from ...compiler.ir import Graph, Node
from ..executable import Arrays
from ..numpy_backend import NumpyExecutable
from ..plan import Plan
from ..timing import CAPACITY, Part, Record


class StepClock:
    """What each step took. Its own work stands between the steps, and counts for none.

    Attributes:
        parts: the steps: those of loops and branches too. What is left of a loop beside its steps is its own.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._numbers: dict[Node, int] = {}
        self._calls: list[int] = []
        self._spent: list[int] = []
        self._log: list[tuple[int, int, int]] = []
        self._last = 0

    def numbered(self, plan: Plan) -> dict[Node, int]:
        """The numbers of a plan's nodes: of one graph, always the same."""
        for step in plan.walk():
            if step.node not in self._numbers:
                self._numbers[step.node] = len(self.parts)
                self.parts.append(Part(step.node.op.name, (step.node,)))
                self._calls.append(0)
                self._spent.append(0)
        return self._numbers

    def begin(self) -> None:
        self._last = perf_counter_ns()

    def note(self, part: int) -> None:
        """A step has ended."""
        now = perf_counter_ns()
        self._calls[part] += 1
        self._spent[part] += now - self._last
        if len(self._log) < CAPACITY:
            self._log.append((part, self._last, now))
        self._last = perf_counter_ns()

    def take(self) -> Record:
        """What was noted since this was last asked for."""
        record = Record(
            np.array(self._calls, np.int64),
            np.array(self._spent, np.int64),
            np.array(self._log, np.int64).reshape(-1, 3),
        )
        self._calls = [0] * len(self._calls)
        self._spent = [0] * len(self._spent)
        self._log = []
        return record


class TimedNumpy:
    """A graph's program with a clock after each step."""

    def __init__(self, graph: Graph) -> None:
        self._clock = StepClock()
        self.run: Callable[..., Arrays] = NumpyExecutable(graph, clock=self._clock).run

    @property
    def parts(self) -> Sequence[Part]:
        return self._clock.parts

    def prepare(self, arrays: Sequence[np.ndarray]) -> None:
        """Everything is ready."""

    def take(self) -> Record:
        return self._clock.take()
