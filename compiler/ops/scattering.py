"""Fast and repeatable ways to add many rows or numbers into an array.

`numpy.add.at` is exact about duplicates but visits every element through a general loop. For the large, regular cases
that gradients of lookups produce there are better ways; all of them add in the order of the updates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def add_rows(out: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    """``out[i] += row`` for each of ``indices`` ``[n]`` and ``rows`` ``[n, ...]``, in place."""
    np.add.at(out, indices, rows)


def add_along(x: np.ndarray, indices: np.ndarray, updates: np.ndarray, axis: int) -> np.ndarray:
    """A copy of ``x`` with single updates added at ``indices`` along the axis."""
    rank = x.ndim
    out = x.copy()
    places = [
        np.arange(d).reshape([-1 if a == i else 1 for a in range(rank)])
        for i, d in enumerate(indices.shape)
    ]
    places[axis] = indices
    np.add.at(out, tuple(places), updates)
    return out


def add_at(x: np.ndarray, indices: Sequence[np.ndarray], updates: np.ndarray) -> np.ndarray:
    """A copy of ``x`` with ``updates`` added at ``x[indices]``."""
    out = x.copy()
    np.add.at(out, tuple(indices), updates)
    return out
