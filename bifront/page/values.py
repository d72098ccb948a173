"""The values of one run, node by node: statistics, and how they are distributed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph, Node, TensorType
from ..compiler.ir.dtypes import BY_NUMPY
from ..compiler.text.literals import show_type
from ..runtime.executable import compile
from .identity import Identity

BINS = 32
ITERATIONS = 200
"""So many iterations of a loop are told one by one at most; all of them count."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a value held, all its evaluations together.

    Attributes:
        type: element type and shape, as they were in the first evaluation.
        elements: how many numbers that are, of all evaluations.
        low, high, mean: of what is finite; None where nothing is.
        nans, infinities: how many are not.
        bins: how many lie in each of `BINS` equal parts of the range from low to high.
        iterations: low, mean and high of each of the first evaluations, where there were several.
    """

    type: str
    elements: int
    low: float | None
    high: float | None
    mean: float | None
    nans: int
    infinities: int
    bins: tuple[int, ...]
    iterations: tuple[tuple[float | None, float | None, float | None], ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """One step of the run.

    Attributes:
        node: the id of what was computed, or given.
        times: how often: in a loop, once an iteration.
        values: one for each result.
    """

    node: str
    times: int
    values: tuple[Statistics, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What a run was given and what it computed, in order.

    Attributes:
        key: which side's graph ran.
        given: how many of the steps are inputs and states.
    """

    key: str
    given: int
    steps: tuple[Computed, ...]


def values(
    graph: Graph,
    arguments: Sequence[np.ndarray],
    identity: Identity,
    key: str,
    drawn: Container[str] | None = None,
) -> Values | None:
    """Run a graph on the reference and look at every value; None where it cannot run on these arguments.

    The run is made twice: a histogram needs to know the range first.

    Args:
        graph: what runs.
        arguments: of its parameters.
        identity: its ids.
        key: which side's graph it is.
        drawn: the ids that count; None for all.
    """
    found: dict[str, _Tally] = {}

    def look(node: Node, results: Sequence[np.ndarray]) -> None:
        id = identity.nodes.get(node)
        if id is not None and (drawn is None or id in drawn):
            found.setdefault(id, _Tally()).add(results)

    executable = compile(graph, "numpy", look)
    try:
        executable.check(*arguments)
        for value, array in zip(graph.parameters, arguments, strict=True):
            if value in identity.values:
                look_at = found.setdefault(identity.values[value], _Tally())
                look_at.add([array])
                look_at.settle()
                look_at.add([array])
        given = len(found)
        executable.run(*arguments)
        for tally in list(found.values())[given:]:
            tally.settle()
        executable.run(*arguments)
    except BifrontError:
        return None
    steps = [Computed(id, *tally.result()) for id, tally in found.items()]
    return Values(key, given, tuple(steps))


@dataclass(slots=True)
class _Tally:
    """What is known of one node's results; after `settle` ranges are known and histograms are counted."""

    times: int = 0
    settled: bool = False
    sums: list[_Sum] = field(default_factory=list)

    def add(self, results: Sequence[np.ndarray]) -> None:
        if not self.sums:
            self.sums = [_Sum() for _ in results]
        self.times += not self.settled
        for total, array in zip(self.sums, results, strict=True):
            if self.settled:
                total.count(np.asarray(array))
            else:
                total.add(np.asarray(array))

    def settle(self) -> None:
        self.settled = True

    def result(self) -> tuple[int, tuple[Statistics, ...]]:
        return self.times, tuple(total.result(self.times > 1) for total in self.sums)


@dataclass(slots=True)
class _Sum:
    type: str = ""
    elements: int = 0
    finite: int = 0
    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0
    nans: int = 0
    bins: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    iterations: list[tuple[float | None, float | None, float | None]] = field(default_factory=list)

    def add(self, array: np.ndarray) -> None:
        if not self.type:
            self.type = show_type(TensorType(BY_NUMPY[array.dtype], array.shape))
        numbers = _finite(array)
        self.elements += array.size
        if array.dtype.kind == "f":
            self.nans += int(np.count_nonzero(np.isnan(array)))
        told: tuple[float | None, float | None, float | None] = (None, None, None)
        if numbers.size:
            low, high = float(numbers.min()), float(numbers.max())
            total = float(numbers.sum(dtype=np.float64))
            told = (low, total / numbers.size, high)
            self.low, self.high = min(self.low, low), max(self.high, high)
            self.total += total
            self.finite += numbers.size
        if len(self.iterations) < ITERATIONS:
            self.iterations.append(told)

    def count(self, array: np.ndarray) -> None:
        if self.finite:
            numbers = _finite(array).astype(np.float64, copy=False)
            # Of a range of no width, or one that overflows, all is in the first bin.
            width = self.high - self.low
            if 0 < width < np.inf:
                places = ((numbers - self.low) / width * BINS).astype(np.int64)
                np.clip(places, 0, BINS - 1, out=places)
                self.bins += np.bincount(places, minlength=BINS)
            else:
                self.bins[0] += numbers.size

    def result(self, loops: bool) -> Statistics:
        there = self.finite > 0
        return Statistics(
            self.type,
            self.elements,
            self.low if there else None,
            self.high if there else None,
            self.total / self.finite if there else None,
            self.nans,
            self.elements - self.finite - self.nans,
            tuple(self.bins.tolist()) if there else (),
            tuple(self.iterations) if loops else (),
        )


def _finite(array: np.ndarray) -> np.ndarray:
    flat = array.ravel()
    return flat[np.isfinite(flat)] if array.dtype.kind == "f" else flat
