"""Whether all results of a graph are as near as its operations promise.

Each result is held against the operation that made it, computed from what the native backend itself gave for the
operands, wherever those are results too. What is not a result is computed here, and so are the errors that it may have:
the graph is run several times, each time with every value moved, up or down at random, by as much as its operation may
be off (Monte Carlo arithmetic: D. S. Parker, 1997). How far the results then move says how far errors may take them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bifront.compiler.ir import Attrs, Graph, Node, Value
from bifront.compiler.ops import EXACT, MUL, allowed

from ...compiler.control.interpreter import run
from .agreement import apart, exact

SAMPLES = 8
MORE = 1.5
"""Errors may go a little farther than the samples of them went."""


class Judge:
    """What the results of one run may be.

    Args:
        found: the results of the native backend, for ``graph.results``.
    """

    def __init__(
        self,
        graph: Graph,
        arrays: Sequence[np.ndarray],
        found: Sequence[np.ndarray],
        sizes: Mapping[str, int],
        seed: int = 0,
    ) -> None:
        self.graph, self.arrays, self.sizes = graph, arrays, sizes
        self.rng = np.random.default_rng(seed)
        self.found = {v: a for v, a in zip(graph.results, found, strict=True) if v.producer}
        self.best: dict[Value, np.ndarray] = {}
        self.bound: dict[Value, np.ndarray] = {}
        self.moved: dict[Value, list[np.ndarray]] = {v: [] for v in self.found}

    def complaints(self) -> list[str]:
        """What is wrong with the results, in order."""
        with np.errstate(all="ignore"):
            run(self.graph, self.arrays, self.sizes, self._rightly)
            for _ in range(SAMPLES):
                run(self.graph, self.arrays, self.sizes, self._moved)
            wrong = [(v, self._complaint(v, a)) for v, a in self.found.items()]
        return [f"{v} of {v.producer}: {c}" for v, c in wrong if c is not None]

    # The runs.

    def _rightly(
        self, node: Node, operands: list[np.ndarray], attrs: Attrs, made: Sequence[np.ndarray]
    ) -> Sequence[np.ndarray]:
        """As exact as it is to be had, but for results, which are what was found."""
        if len(made) == 1 and not node.regions:
            best, _ = exact(node.op, operands, attrs)
            made = [best.astype(made[0].dtype)]
            self.best[node.output] = best
            self.bound[node.output] = allowed(node.op, made[0], operands, attrs)
        else:
            for value, array in zip(node.outputs, made, strict=True):
                self.best[value] = np.asarray(array)
                self.bound[value] = np.zeros(np.shape(array))
        return [self._seen(v, x) for v, x in zip(node.outputs, made, strict=True)]

    def _seen(self, value: Value, made: np.ndarray) -> np.ndarray:
        found = self.found.get(value)
        return made if found is None or found.shape != np.shape(made) else found

    def _moved(
        self, node: Node, operands: list[np.ndarray], attrs: Attrs, made: Sequence[np.ndarray]
    ) -> Sequence[np.ndarray]:
        """Every float off by what its operation allows; a product may also go on unrounded into a sum."""
        given = []
        for value, array in zip(node.outputs, made, strict=True):
            array = np.asarray(array)
            if value in self.found:
                self.moved[value].append(array)
            if array.dtype.kind != "f" or node.regions:
                given.append(self._seen(value, array))
                continue
            seen = self._seen(value, array)
            off = 0.0 if seen is not array else allowed(node.op, array, operands, attrs)
            if node.op is MUL or node.op.accuracy != EXACT:
                off = off + np.spacing(np.abs(array)).astype(np.float64) / 2
            push = self.rng.choice([-1.0, 1.0], array.shape) * self.rng.uniform(
                1.0, 1.5, array.shape
            )
            wide = seen.astype(np.longdouble) + push * np.where(np.isfinite(off), off, 0)
            given.append(np.where(np.isfinite(seen), wide, seen).astype(array.dtype))
        return given

    # The verdict.

    def _complaint(self, value: Value, found: np.ndarray) -> str | None:
        best = self.best[value]
        if found.shape != best.shape or found.dtype != value.dtype.numpy:
            return f"{found.dtype}{found.shape} instead of {best.dtype}{best.shape}"
        center = best.astype(found.dtype)
        if found.dtype.kind != "f":
            open_ = np.zeros(found.shape, bool)
            for other in self.moved[value]:
                open_ |= other != center
            return apart(np.where(open_, center, found), center, 0.0)
        wide = center.astype(np.longdouble)
        spread = np.zeros(found.shape, np.longdouble)
        for other in self.moved[value]:
            same = (other == center) & (np.signbit(other) == np.signbit(center))
            same |= np.isnan(other) & np.isnan(center)
            least = np.finfo(
                found.dtype
            ).smallest_subnormal  # what a zero of the other sign is off by
            spread = np.maximum(spread, np.where(same, 0, np.maximum(np.abs(other - wide), least)))
        spread = np.where(np.isnan(spread), np.inf, spread)
        # Where errors happened to cancel in all samples of an element, its neighbours tell how large they are.
        unit = np.spacing(np.abs(center)).astype(np.longdouble)
        ratio = (spread / unit)[np.isfinite(spread) & np.isfinite(unit)]
        common = np.median(ratio) * unit if ratio.size else 0.0
        common = np.where(np.isnan(common), 0, common)
        return apart(found, best, self.bound[value] + MORE * np.maximum(spread, common))
