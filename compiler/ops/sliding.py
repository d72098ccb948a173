"""Windows that slide over spatial axes: where they fit, and what they see. Convolution and pooling stand on this."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim
from ..ir.types import Shape

Pairs = tuple[tuple[int, int], ...]


def window_extent(
    size: Dim, kernel: Dim, stride: int, padding: tuple[Dim, Dim], dilation: int
) -> Dim:
    """How often a window fits on an axis: ``floor((size + padding - dilation (kernel - 1) - 1) / stride) + 1``."""
    return (size + padding[0] + padding[1] - dilation * (kernel - 1) - 1) // stride + 1


def check_window(
    rank: int, strides: Sequence[int], padding: Sequence[tuple[int, int]], dilation: Sequence[int]
) -> None:
    for name, given in (("strides", strides), ("padding", padding), ("dilation", dilation)):
        if len(given) != rank:
            raise AttributeValueError(
                f"{name} {given} has {len(given)} entries for {rank} spatial axes"
            )
    if min((*strides, *dilation), default=1) < 1:
        raise AttributeValueError(
            f"strides {tuple(strides)} and dilation {tuple(dilation)} must be at least 1"
        )


def spatial_extents(
    name: str,
    sizes: Sequence[Dim],
    kernel: Sequence[Dim],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
) -> Shape:
    """The spatial shape of what windows give.

    Raises:
        ShapeError: the window is larger than the padded input.
    """
    check_window(len(sizes), strides, padding, dilation)
    extents = tuple(map(window_extent, sizes, kernel, strides, padding, dilation))
    for axis, extent in enumerate(extents):
        if isinstance(extent, int) and extent < 1:
            raise ShapeError(
                f"{name}: a window of {kernel[axis]} (dilation {dilation[axis]}) does not fit into spatial "
                f"axis {axis} of extent {sizes[axis]} with padding {tuple(padding[axis])}"
            )
    return extents


def known_extents(
    name: str,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
) -> tuple[int, ...]:
    """`spatial_extents` of known sizes."""
    return spatial_extents(name, sizes, kernel, strides, padding, dilation)  # type: ignore[return-value]


def all_see_elements(
    sizes: Shape,
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
) -> bool:
    """Whether no window sees the border alone, all elements between its places; False where sizes leave it open."""
    for size, k, s, (lo, hi), d in zip(sizes, kernel, strides, padding, dilation, strict=True):
        if not lo and not hi:
            continue
        if not isinstance(size, int):
            if d > 1 or max(lo, hi) >= k:
                return False
            continue
        for first in range(-lo, size + hi - d * (k - 1), s):
            if not any(0 <= at < size for at in range(first, first + k * d, d)):
                return False
    return True


def pad_spatial(x: np.ndarray, padding: Pairs, value: float = 0) -> np.ndarray:
    """``x`` ``[n, c, *spatial]`` with a border; ``x`` itself where there is none."""
    if not any(map(any, padding)):
        return x
    sizes = [d + lo + hi for d, (lo, hi) in zip(x.shape[2:], padding, strict=True)]
    out = np.full((*x.shape[:2], *sizes), value, x.dtype)
    inside(out, x.shape[2:], padding)[...] = x
    return out


def inside(
    x: np.ndarray, sizes: Sequence[int], padding: Sequence[tuple[int, int]], first: int = 2
) -> np.ndarray:
    """A view of padded ``x`` without its border; spatial axes, of the given sizes, start at ``first``."""
    inner = [slice(lo, lo + d) for d, (lo, _) in zip(sizes, padding, strict=True)]
    every = [slice(None)] * first
    return x[(*every, *inner)]


def at_offset(
    x: np.ndarray,
    offset: Sequence[int],
    extents: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    first: int = 2,
) -> np.ndarray:
    """What one place of the window sees at each position of the window: a strided view of ``x``.

    Args:
        first: the first spatial axis, whose extent becomes ``extents[0]``.
    """
    cut = [
        slice(o * d, o * d + (e - 1) * s + 1, s)
        for o, e, s, d in zip(offset, extents, strides, dilation, strict=True)
    ]
    every = [slice(None)] * first
    return x[(*every, *cut)]
