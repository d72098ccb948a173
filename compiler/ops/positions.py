"""Indices checked and made flat, and the fast ways to add up what falls on one place.

`numpy.add.at` treats duplicates right but is slow on rows. Rows are added by a product with a sparse matrix of
one column for each row instead: the same additions in the same order, up to fifty times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

import numpy as np

from ..errors import IndexOutOfRange

SPARSE_FROM = 2048
"""Numbers to add from which on the sparse product is worth its preparation (measured)."""
SHORT = 4096
"""Rows up to which the positions where they begin are remembered."""


def checked(indices: np.ndarray, extent: int, axis: int) -> np.ndarray:
    """The indices with negative ones counted from the end, in a type that holds any position.

    Raises:
        IndexOutOfRange: an index beyond the axis.
    """
    if indices.dtype.kind not in "iu":
        raise TypeError("indices must be integers: the type rules say so")
    indices = indices.astype(np.int64, copy=False)
    # As unsigned numbers the negative ones are large: one pass finds both ends.
    if not indices.size or int(indices.view(np.uint64).max()) < extent:
        return indices
    beyond = (indices < -extent) | (indices >= extent)
    if not beyond.any():
        return np.asarray(np.where(indices < 0, indices + extent, indices))
    place = tuple(int(i) for i in np.argwhere(beyond)[0])
    at = f" (at {list(place)} of the indices)" if place else ""
    raise IndexOutOfRange(
        f"index {indices[place]} is out of range for axis {axis} of extent {extent}{at}",
        hint=f"indices run from 0 to {extent - 1}" if extent else "the axis is empty",
    )


def flat(shape: tuple[int, ...], indices: Sequence[np.ndarray]) -> np.ndarray:
    """Positions in a row-major array of the given shape, from one index tensor for each axis."""
    total = np.zeros((), np.int64)
    for axis, (extent, one) in enumerate(zip(shape, indices, strict=True)):
        total = total * extent + checked(one, extent, axis)
    return np.asarray(total)


def along(shape: tuple[int, ...], indices: np.ndarray, axis: int) -> np.ndarray:
    """Positions in a row-major array that differ from an index's own only on the axis, where they are the index."""
    if (
        len(shape) != indices.ndim
        or shape[:axis] != indices.shape[:axis]
        or shape[axis + 1 :] != indices.shape[axis + 1 :]
    ):
        raise ValueError("indices do not fit: the type rules say why")
    places = checked(indices, shape[axis], axis)
    inner = prod(shape[axis + 1 :])
    if inner != 1:
        places = places * inner + np.arange(inner).reshape(shape[axis + 1 :])
    outer = prod(shape[:axis])
    if outer != 1:
        find = _starts if outer <= SHORT else _starts.__wrapped__
        places = places + find(shape, axis, outer, inner)
    return places


@lru_cache(32)
def _starts(shape: tuple[int, ...], axis: int, outer: int, inner: int) -> np.ndarray:
    """Where each row along the axis begins."""
    starts = np.arange(outer) * (inner * shape[axis])
    return starts.reshape(shape[:axis] + (1,) * (len(shape) - axis))


def sum_at(
    shape: tuple[int, ...], places: np.ndarray, updates: np.ndarray, apart: bool = False
) -> np.ndarray:
    """Zeros of the given shape with single numbers added at flat positions.

    Args:
        apart: no two positions are the same.
    """
    out = np.zeros(prod(shape), updates.dtype)
    if apart:
        # Added, not assigned: the sum of 0 and -0 is 0.
        out[places.reshape(-1)] = updates.reshape(-1) + out.dtype.type(0)
    else:
        np.add.at(out, places.reshape(-1), updates.reshape(-1))
    return out.reshape(shape)


def sum_rows(count: int, places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows ``[n, width]`` added up by their places ``[n]``: ``[count, width]``."""
    n, width = rows.shape
    if width == 1 or rows.size < SPARSE_FROM or rows.dtype.kind == "b":
        positions = places[:, None] * width + np.arange(width)
        return sum_at((count, width), positions, rows)
    if rows.dtype == np.float16:
        return sum_rows(count, places, rows.astype(np.float32)).astype(np.float16)
    from scipy import sparse  # only loaded where it is needed: it takes a tenth of a second

    ones = np.ones(n, rows.dtype)
    matrix = sparse.csc_array((ones, places, np.arange(n + 1)), shape=(count, n))
    return np.asarray(matrix @ rows)
