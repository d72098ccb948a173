"""Where a sequence repeats itself: maximal runs of equal pieces, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Run", "find_runs"]


class Run(NamedTuple):
    """``tokens[i] == tokens[i - period]`` for every ``i`` from ``start + period`` up to ``end``, and no further."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> int:
        """How many whole pieces there are."""
        return (self.end - self.start) // self.period


def find_runs(tokens: Sequence[int]) -> list[Run]:
    """Runs of at least two pieces, those that cover most first, then those of shorter pieces.

    Every token is compared with the last place where the same 1, 2, 4, 8, ... tokens stood. In a run these places lie
    one period back for all tokens of the second piece, as soon as so many tokens occur but once in a piece. Of a run of
    three and more pieces this finds every one; a run of two whose halves repeat themselves inside may be missed.
    n log n.
    """
    all_tokens = ranks = np.asarray(tokens, np.int64)
    found: set[Run] = set()
    width = 1
    while len(ranks) > 1:
        before = _last_occurrence(ranks)
        if (before < 0).all():
            break
        found.update(_grown(run, all_tokens) for run in _runs(before, width))
        ranks = _wider(ranks, width)
        width *= 2
    return sorted(found, key=lambda r: (-(r.times * r.period), r.period, r.start))


def _last_occurrence(ranks: np.ndarray) -> np.ndarray:
    """For each position the nearest one before it with the same rank, -1 if there is none."""
    order = np.argsort(ranks, kind="stable")
    before = np.full(len(ranks), -1)
    same = ranks[order[1:]] == ranks[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _runs(before: np.ndarray, width: int) -> list[Run]:
    """Stretches in which the distance to the last occurrence of ``width`` tokens stays the same, and is bridged."""
    positions = np.arange(len(before))
    distance = np.where(before < 0, -1, positions - before)
    edges = np.flatnonzero(np.diff(distance)) + 1
    starts = np.concatenate(([0], edges))
    ends = np.concatenate((edges, [len(before)]))
    periods = distance[starts]
    good = (periods > 0) & (ends - starts - 1 + width >= periods)
    return [
        Run(start - period, end - 1 + width, period)
        for start, end, period in zip(
            starts[good].tolist(), ends[good].tolist(), periods[good].tolist(), strict=True
        )
    ]


def _grown(run: Run, tokens: np.ndarray) -> Run:
    """The run as far as it goes: a token may also stand nearer than one period back."""
    start, end, period = run
    more = np.flatnonzero(tokens[end:] != tokens[end - period : len(tokens) - period])
    less = np.flatnonzero(tokens[:start] != tokens[period : start + period])
    return Run(
        int(less[-1]) + 1 if len(less) else 0,
        end + int(more[0]) if len(more) else len(tokens),
        period,
    )


def _wider(ranks: np.ndarray, width: int) -> np.ndarray:
    """Ranks of twice as many tokens from each position on."""
    if len(ranks) <= width:
        return ranks[:0]
    pairs = ranks[:-width] * (int(ranks.max()) + 1) + ranks[width:]
    return np.unique(pairs, return_inverse=True)[1].astype(np.int64)
