"""Where a sequence repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIMES = 3
"""Fewer copies are none."""
LONGEST = 600
"""Copies longer than this are not looked for."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Copies of ``period`` elements each, from ``start`` up to ``stop``."""

    start: int
    stop: int
    period: int


def repeats(signs: Sequence[int], longest: int = LONGEST) -> list[Repeat]:
    """Copies that follow one another directly, in order; none overlap.

    Those that cover most come first, and among them the shortest period.

    Args:
        signs: one number for each element; equal elements have equal numbers.
        longest: the longest period to look for.
    """
    found: list[Repeat] = []
    pending = [(0, len(signs))]
    array = np.asarray(signs, dtype=np.int64)
    while pending:
        start, stop = pending.pop()
        best = _best(array[start:stop], min(longest, LONGEST))
        if best is not None:
            best = Repeat(start + best.start, start + best.stop, best.period)
            found.append(best)
            pending += [(start, best.start), (best.stop, stop)]
    return sorted(found, key=lambda repeat: repeat.start)


def _best(signs: np.ndarray, longest: int) -> Repeat | None:
    best: Repeat | None = None
    covered = 0
    for period in range(1, min(longest, len(signs) // TIMES) + 1):
        # A run of n places that equal what is one period further on makes n // period + 1 copies.
        equal = np.concatenate(([0], (signs[:-period] == signs[period:]).astype(np.int8), [0]))
        edges = np.flatnonzero(np.diff(equal))
        starts, runs = edges[::2], edges[1::2] - edges[::2]
        if not len(runs):
            continue
        k = int(np.argmax(runs))
        copies = int(runs[k]) // period + 1
        # A longer period must be worth it: twice a period covers the same.
        if copies >= TIMES and copies * period > covered * 1.05:
            best = Repeat(int(starts[k]), int(starts[k]) + copies * period, period)
            covered = copies * period
    return best
