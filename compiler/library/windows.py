"""Padding of windows by name, and pooling composed of the window operations."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim
from ..ir.types import show_shape
from ..ops import (
    TensorLike,
    concatenate,
    constant,
    div,
    max_pool,
    reduce_max,
    slice_,
    sum_pool,
)
from .resizing import weigh_axis

__all__ = [
    "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "named_padding", "pooled_extent",
]  # fmt: skip

Pairs = Sequence[tuple[int, int]]


def named_padding(
    name: str,
    sizes: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int] | None = None,
) -> tuple[tuple[int, int], ...]:
    """TensorFlow's ``VALID`` (none) and ``SAME`` (as many positions as strides, the odd one after) as numbers.

    https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/nn/convolution

    Raises:
        AttributeValueError: another name.
        ShapeError: ``SAME`` with a stride over an axis whose extent is not known.
    """
    if name.upper() == "VALID":
        return ((0, 0),) * len(window)
    if name.upper() != "SAME":
        raise AttributeValueError(f"{name!r} is no padding", hint="use 'SAME' or 'VALID'")
    dilation = dilation or (1,) * len(window)
    return tuple(map(_same, sizes, window, strides, dilation))


def _same(size: Dim, window: int, stride: int, dilation: int) -> tuple[int, int]:
    reach = dilation * (window - 1) + 1
    if stride == 1:
        total = reach - 1
    elif isinstance(size, int):
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    else:
        raise ShapeError(
            f"SAME padding with stride {stride} depends on the extent of the axis, which is {size}",
            hint="give the axis a size, or use stride 1 or VALID",
        )
    return total // 2, total - total // 2


def pooled_extent(
    size: Dim, window: int, stride: int, padding: tuple[int, int], dilation: int, ceil: bool
) -> tuple[Dim, int]:
    """Positions of a window along an axis, and the padding after it that ``ceil`` mode adds.

    In ceil mode a last window that hangs over the end counts, unless it starts in the padding after the axis
    (PyTorch's rule).
    """
    room = size + padding[0] + padding[1] - dilation * (window - 1) - 1
    count = room // stride + 1
    if not ceil:
        return count, 0
    if not isinstance(room, int) or not isinstance(size, int):
        raise ShapeError(f"ceil mode depends on the extent of the axis, which is {size}")
    more = -(-room // stride) + 1
    if (more - 1) * stride >= size + padding[0]:
        more -= 1
    return more, max((more - 1) * stride - room, 0)


def avg_pool(
    x: TensorLike,
    window: Sequence[int],
    strides: Sequence[int],
    padding: Pairs,
    counted: Pairs | None = None,
    divisor: int | None = None,
) -> TensorLike:
    """The mean over each window of ``x`` ``[n, c, *spatial]``.

    Args:
        counted: how much of the padding (before, after) counts as elements that are 0; None: all of it.
        divisor: divide the sums by this number instead.

    Raises:
        ShapeError: the number of elements differs from window to window and an extent is not known.
    """
    sums = sum_pool(x, window, strides, padding)
    if divisor is not None:
        return div(sums, divisor)
    counted = padding if counted is None else counted
    if all(tuple(p) == tuple(c) for p, c in zip(padding, counted, strict=True)):
        return div(sums, prod(window))
    sizes = x.shape[2:]
    known = [d for d in sizes if isinstance(d, int)]
    if len(known) < len(sizes):
        raise ShapeError(
            f"the mean over windows that reach beyond {show_shape(sizes)} needs known extents",
            hint="count the padding as elements, or give the axes sizes",
        )
    counts = np.ones((1, 1), np.int64)
    for axis in map(_counts, known, window, strides, padding, counted):
        counts = counts[..., None] * axis
    return div(sums, constant(counts, x.dtype))


def _counts(
    size: int, window: int, stride: int, padding: tuple[int, int], counted: tuple[int, int]
) -> np.ndarray:
    """How many elements each window along an axis sees."""
    first = np.arange(0, size + sum(padding) - window + 1, stride) - padding[0]
    last = np.minimum(first + window, size + counted[1])
    return last - np.maximum(first, -counted[0])


def _parts(size: Dim, parts: int) -> list[tuple[int, int]]:
    """An axis cut into overlapping parts as PyTorch's adaptive pooling does: floor and ceiling of equal cuts."""
    if not isinstance(size, int):
        raise ShapeError(f"adaptive pooling needs an axis of known extent, not {size}")
    return [(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def adaptive_avg_pool(x: TensorLike, extents: Sequence[int]) -> TensorLike:
    """Means over as many parts of each spatial axis as asked for: ``[n, c, *spatial]`` to ``[n, c, *extents]``."""
    sizes = x.shape[2:]
    if all(isinstance(d, int) and e and d % e == 0 for d, e in zip(sizes, extents, strict=True)):
        window = [d // e for d, e in zip(sizes, extents, strict=True)]
        return avg_pool(x, window, window, [(0, 0)] * len(window))  # type: ignore[arg-type]
    for axis, (size, parts) in enumerate(zip(sizes, extents, strict=True), 2):
        cuts = _parts(size, parts)
        rows = np.zeros((parts, cuts[-1][1]))
        for row, (lo, hi) in zip(rows, cuts, strict=True):
            row[lo:hi] = 1 / (hi - lo)
        x = weigh_axis(x, axis, rows)
    return x


def adaptive_max_pool(x: TensorLike, extents: Sequence[int]) -> TensorLike:
    """Maxima over as many parts of each spatial axis as asked for."""
    sizes = x.shape[2:]
    if all(isinstance(d, int) and e and d % e == 0 for d, e in zip(sizes, extents, strict=True)):
        window = [d // e for d, e in zip(sizes, extents, strict=True)]
        return max_pool(x, window, window, [(0, 0)] * len(window))  # type: ignore[arg-type]
    for axis, parts in enumerate(extents, 2):
        x = concatenate([_largest(x, axis, *p) for p in _parts(x.shape[axis], parts)], axis)
    return x


def _largest(x: TensorLike, axis: int, lo: int, hi: int) -> TensorLike:
    starts = [lo if a == axis else None for a in range(x.ndim)]
    limits = [hi if a == axis else None for a in range(x.ndim)]
    return reduce_max(slice_(x, starts, limits), axis, keepdims=True)
