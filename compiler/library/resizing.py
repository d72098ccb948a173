"""Resizing of images: each spatial axis is multiplied by a matrix of weights, or gathered from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim
from ..ops import TensorLike, constant, gather, matmul, transpose

__all__ = ["resize", "weigh_axis"]

GRIDS = ("corners", "legacy", "centers")


def weigh_axis(x: TensorLike, axis: int, weights: np.ndarray) -> TensorLike:
    """An axis of ``x`` multiplied by a matrix ``[new extent, old extent]``."""
    matrix = constant(weights, x.dtype)
    if axis == x.ndim - 1:
        return matmul(x, matrix, False, True)
    if axis == x.ndim - 2:
        return matmul(matrix, x)
    there = [a for a in range(x.ndim) if a != axis] + [axis]
    back = [*range(axis), x.ndim - 1, *range(axis, x.ndim - 1)]
    return transpose(matmul(transpose(x, there), matrix, False, True), back)


def resize(
    x: TensorLike,
    extents: Sequence[int],
    method: str = "linear",
    grid: str = "centers",
    steps: Sequence[float] | None = None,
) -> TensorLike:
    """Another number of positions along each spatial axis.

    Args:
        x: ``[n, c, *spatial]``, of known spatial shape.
        extents: the new spatial shape.
        method: ``nearest``, ``linear`` (bilinear for images) or ``cubic`` (convolution with a = -0.75).
        grid: where new position ``i`` lies among the old: ``corners`` (first and last positions coincide),
            ``legacy`` (``i * step``, TensorFlow 1's rule) or ``centers`` (``(i + 1/2) step - 1/2``).
        steps: distances of new positions in old ones, where they are not old extent by new.

    Raises:
        ShapeError: a spatial extent is not known.
        AttributeValueError: there is no such method or grid.
    """
    sizes = x.shape[2:]
    if grid not in GRIDS or method not in ("nearest", "linear", "cubic"):
        raise AttributeValueError(
            f"cannot resize by method {method!r} on grid {grid!r}",
            hint=f"methods are nearest, linear and cubic; grids are {', '.join(GRIDS)}",
        )
    given: Sequence[float | None] = steps or [None] * len(sizes)
    for axis, (size, extent, step) in enumerate(zip(sizes, extents, given, strict=True), 2):
        if size == extent and step in (None, 1):
            continue
        places = _places(size, extent, grid, step)
        if method == "nearest":
            x = gather(x, constant(_nearest(places, x.shape[axis], grid)), axis)
        else:
            x = weigh_axis(x, axis, _weights(places, x.shape[axis], method))
    return x


def _places(size: Dim, extent: int, grid: str, step: float | None) -> np.ndarray:
    if not isinstance(size, int):
        raise ShapeError(f"resizing needs axes of known extent, not {size}")
    new = np.arange(extent, dtype=np.float64)
    if grid == "corners":
        return new * ((size - 1) / (extent - 1) if extent > 1 else 0.0)
    step = size / extent if step is None else step
    return new * step if grid == "legacy" else (new + 0.5) * step - 0.5


def _nearest(places: np.ndarray, size: Dim, grid: str) -> np.ndarray:
    # Corners are rounded half away from zero; the others fall into the cell that a place lies in.
    shifted = places if grid == "legacy" else places + 0.5
    assert isinstance(size, int)
    return np.clip(np.floor(shifted), 0, size - 1).astype(np.int64)


def _weights(places: np.ndarray, size: Dim, method: str) -> np.ndarray:
    """The matrix ``[new, old]`` of what each old position contributes; positions beyond the end count for the end."""
    assert isinstance(size, int)
    if method == "linear":
        places = np.clip(places, 0, None)
    below = np.floor(places)
    part = places - below
    if method == "linear":
        taps = [(0, 1 - part), (1, part)]
    else:
        taps = [(k, _cubic(np.abs(part - k))) for k in (-1, 0, 1, 2)]
    rows = np.zeros((len(places), size))
    for k, weight in taps:
        at = np.clip(below + k, 0, size - 1).astype(np.int64)
        np.add.at(rows, (np.arange(len(places)), at), weight)
    return rows


def _cubic(t: np.ndarray, a: float = -0.75) -> np.ndarray:
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.asarray(np.where(t <= 1, near, far))
