"""What a program ran, as graphs: sessions report their runs, eager loops are cut at each optimizer step.

An eager program has no runs of its own. `Capture` records everything it computes and cuts the history

* after each ``optimizer.step()`` (or, in a loop that updates its parameters by hand, before a parameter is written a
  second time): what the step needed is one run, whose outputs are the values that the program looked at;
* around values that the program looked at without any step: those that share a computation are one run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from ..compiler.dispatch import Array, Origin, Recording
from ..compiler.ir import Attrs, Graph
from ..compiler.ops import Op
from ..compiler.tracing import history_until, lift


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one graph.

    Attributes:
        graph: what ran; symbolic dimensions stay symbolic.
        binding: sizes of its symbolic dimensions in this run.
        outputs: the values that the program got.
        finished: when, in seconds since the capture began.
    """

    graph: Graph
    binding: Mapping[str, int]
    outputs: tuple[np.ndarray, ...]
    finished: float

    @property
    def initializes(self) -> bool:
        """Whether the run only gives states their first values."""
        read = {v for node in self.graph.nodes for v in node.inputs}
        changed = [s for s in self.graph.states if s.changes]
        fresh = [s for s in changed if s.input not in read]
        return not self.graph.outputs and not self.graph.inputs and bool(fresh)


@dataclass(slots=True)
class _Step:
    """An optimizer step whose outputs are not all known yet: a loss is often looked at after the step."""

    writes: dict[Origin, Array]
    finished: float
    nodes: set[Array]


@dataclass(slots=True)
class _Seen:
    array: Array
    value: np.ndarray
    at: float
    generation: int


class Capture(Recording):
    """Records everything a program does; `finish` gives its runs in order."""

    __slots__ = ("_generation", "_made", "_pending", "_seen", "_start", "_writes", "runs")

    def __init__(self) -> None:
        super().__init__(everything=True)
        self.runs: list[Run] = []
        self._start = time.perf_counter()
        self._generation = 0
        self._made: WeakKeyDictionary[Array, int] = WeakKeyDictionary()
        self._seen: list[_Seen] = []
        self._writes: dict[Origin, Array] = {}
        self._pending: _Step | None = None

    # Told by the frontends

    def ran(
        self, graph: Graph, binding: Mapping[str, int], outputs: Iterable[np.ndarray]
    ) -> None:
        """A session ran a graph."""
        self.runs.append(Run(graph, dict(binding), tuple(outputs), self._now()))

    def observed(self, array: Array) -> None:
        if all(s.array is not array for s in self._seen):
            made = self._made.get(array, self._generation)
            self._seen.append(_Seen(array, np.array(array.data), self._now(), made))

    def wrote(self, old: Array, new: Array) -> None:
        assert old.origin is not None
        if old.origin.kind == "parameter" and old.origin in self._writes:
            self.stepped()
        self._writes[old.origin] = new

    def stepped(self) -> None:
        self._settle()
        if self._writes:
            nodes = history_until(self._writes.values(), self._is_older)
            made = {a for a in nodes if a.op is not None and a not in self._leaves(nodes)}
            self._pending = _Step(self._writes, self._now(), made)
        self._writes = {}
        self._generation += 1

    def finish(self) -> list[Run]:
        """The program ended: all runs, in the order in which they finished."""
        self._settle()
        self._writes = {}
        self._generation += 1
        self._evaluations([s for s in self._seen])
        self._seen = []
        self.runs.sort(key=lambda run: run.finished)
        return self.runs

    # Recording

    def apply(
        self, op: Op, inputs: Iterable[Array], attrs: Attrs, regions: Iterable[Graph] = ()
    ) -> Array:
        return self._stamp(super().apply(op, inputs, attrs, regions))

    def apply1(self, op: Op, a: Array) -> Array:
        return self._stamp(super().apply1(op, a))

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        return self._stamp(super().apply2(op, a, b))

    def _stamp(self, array: Array) -> Array:
        self._made[array] = self._generation
        return array

    def _now(self) -> float:
        return time.perf_counter() - self._start
