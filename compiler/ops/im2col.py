"""Convolutions as matrix products over columns of what each window sees.

Two layouts: where images are large, the columns of a few images at a time, so that they stay in the cache; where they
are small, those of the whole batch at once with the batch innermost, so that what is copied is long enough to be fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from itertools import product as offsets
from math import prod

import numpy as np

from .sliding import Pairs, at_offset, inside, pad_spatial

BLOCK = 1 << 20
"""Bytes of columns made at a time: they should stay in the second-level cache."""
SMALL = 64
"""Windows per image up to which the batch goes innermost (measured on images of 4x4 to 224x224)."""


@dataclass(frozen=True, slots=True)
class Windows:
    """How windows of shape ``kernel`` lie on the spatial axes: at ``extents`` positions."""

    kernel: tuple[int, ...]
    extents: tuple[int, ...]
    strides: tuple[int, ...]
    padding: Pairs
    dilation: tuple[int, ...]
    groups: int

    def seen(self, x: np.ndarray, first: int) -> np.ndarray:
        """A view of padded ``x`` whose spatial axes, from ``first`` on, are replaced by window and position."""
        last = first + len(self.kernel)
        step = x.strides
        within = [s * d for s, d in zip(step[first:last], self.dilation, strict=True)]
        between = [s * t for s, t in zip(step[first:last], self.strides, strict=True)]
        return np.lib.stride_tricks.as_strided(
            x,
            (*x.shape[:first], *self.kernel, *self.extents, *x.shape[last:]),
            (*step[:first], *within, *between, *step[last:]),
            writeable=False,
        )

    def batch_innermost(self, n: int) -> bool:
        return n > 1 and prod(self.extents) <= SMALL

    def filters(self, w: np.ndarray) -> np.ndarray:
        """``w`` ``[o, c/groups, *kernel]`` as ``[groups, o/groups, c/groups * window]``."""
        return w.reshape(self.groups, w.shape[0] // self.groups, prod(w.shape[1:]))

    def block(self, n: int, column: int, itemsize: int) -> int:
        """How many images' columns to make at a time."""
        size = self.groups * column * prod(self.extents) * itemsize
        return max(1, min(n, BLOCK // max(size, 1)))


def _without_half(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Half precision is computed in single: there is no matrix product for it, and sums need the wider type."""

    @wraps(function)
    def wide(a: np.ndarray, b: np.ndarray, *rest: object) -> np.ndarray:
        if a.dtype != np.float16:
            return function(a, b, *rest)
        return function(a.astype(np.float32), b.astype(np.float32), *rest).astype(np.float16)

    return wide


def _innermost(x: np.ndarray) -> np.ndarray:
    """``[n, c, *spatial]`` to ``[c, *spatial, n]``."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1))


def _outermost(y: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(y, -1, 0))


@_without_half
def convolve(x: np.ndarray, w: np.ndarray, at: Windows) -> np.ndarray:
    """``[n, c, *spatial]`` and ``[o, c/groups, *kernel]`` to ``[n, o, *extents]``."""
    x = pad_spatial(x, at.padding)
    n, o = x.shape[0], w.shape[0]
    filters = at.filters(w)
    groups, rows, column = filters.shape
    positions = prod(at.extents)
    if at.batch_innermost(n):
        whole = at.seen(_innermost(x), 1).reshape(groups, column, positions * n)
        return _outermost(np.matmul(filters, whole).reshape(o, *at.extents, n))
    seen = at.seen(x, 2)
    out = np.empty((n, groups, rows, positions), x.dtype)
    m = at.block(n, column, x.itemsize)
    block = np.empty((m, *seen.shape[1:]), x.dtype)
    for i in range(0, n, m):
        part = block[: n - i]
        np.copyto(part, seen[i : i + m])
        columns = part.reshape(len(part), groups, column, positions)
        np.matmul(filters, columns, out=out[i : i + m])
    return out.reshape(n, o, *at.extents)


@_without_half
def spread(g: np.ndarray, w: np.ndarray, sizes: tuple[int, ...], at: Windows) -> np.ndarray:
    """The adjoint in ``x``: ``[n, o, *extents]`` to ``[n, c, *sizes]``."""
    n = g.shape[0]
    filters = at.filters(w).swapaxes(1, 2)
    groups, column, rows = filters.shape
    channels = groups * w.shape[1]
    positions = prod(at.extents)
    padded = [d + lo + hi for d, (lo, hi) in zip(sizes, at.padding, strict=True)]
    every = slice(None)
    if at.batch_innermost(n):
        columns = np.matmul(filters, _innermost(g).reshape(groups, rows, positions * n))
        columns = columns.reshape(channels, *at.kernel, *at.extents, n)
        out = np.zeros((channels, *padded, n), g.dtype)
        for offset in offsets(*map(range, at.kernel)):
            seen = at_offset(out, offset, at.extents, at.strides, at.dilation, 1)
            seen += columns[(every, *offset)]
        return _outermost(inside(out, sizes, at.padding, 1))
    out = np.zeros((n, channels, *padded), g.dtype)
    by_group = g.reshape(n, groups, rows, positions)
    m = at.block(n, column, g.itemsize)
    for i in range(0, n, m):
        columns = np.matmul(filters, by_group[i : i + m])
        columns = columns.reshape(-1, channels, *at.kernel, *at.extents)
        for offset in offsets(*map(range, at.kernel)):
            seen = at_offset(out[i : i + m], offset, at.extents, at.strides, at.dilation)
            seen += columns[(every, every, *offset)]
    return np.ascontiguousarray(inside(out, sizes, at.padding))


@_without_half
def correlate(x: np.ndarray, g: np.ndarray, at: Windows) -> np.ndarray:
    """The adjoint in ``w``: ``[n, c, *spatial]`` and ``[n, o, *extents]`` to ``[o, c/groups, *kernel]``."""
    x = pad_spatial(x, at.padding)
    (n, channels), o = x.shape[:2], g.shape[1]
    groups, rows = at.groups, o // at.groups
    column = channels // groups * prod(at.kernel)
    positions = prod(at.extents)
    shape = (o, channels // groups, *at.kernel)
    if at.batch_innermost(n):
        whole = at.seen(_innermost(x), 1).reshape(groups, column, positions * n)
        cotangents = _innermost(g).reshape(groups, rows, positions * n)
        return np.asarray(np.matmul(cotangents, whole.swapaxes(1, 2)).reshape(shape))
    seen = at.seen(x, 2)
    by_group = g.reshape(n, groups, rows, positions)
    out = np.zeros((groups, rows, column), x.dtype)
    m = at.block(n, column, x.itemsize)
    block = np.empty((m, *seen.shape[1:]), x.dtype)
    for i in range(0, n, m):
        part = block[: n - i]
        np.copyto(part, seen[i : i + m])
        columns = part.reshape(len(part), groups, column, positions)
        out += np.matmul(by_group[i : i + m], columns.swapaxes(2, 3)).sum(0, dtype=x.dtype)
    return out.reshape(shape)
