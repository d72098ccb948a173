"""Padding, resampling, and rearranging of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .....compiler import library
from .....compiler.errors import ShapeError
from .....compiler.ir.types import show_shape
from .....compiler.ops import constant, gather, reshape, transpose
from .....compiler.ops import pad as pad_op
from ...tensor import Tensor, wrap
from .support import per_axis, result

__all__ = ["interpolate", "pad", "pixel_shuffle", "pixel_unshuffle", "unfold", "upsample"]

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Elements put before and after the last dimensions.

    Args:
        pad: ``(before, after)`` of the last dimension, then of the one before it, and so on; negative numbers cut off.
        mode: ``constant`` (``value``), ``reflect``, ``replicate`` or ``circular``.
    """
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    x = input.array
    sizes = [int(p) for p in pad]
    if len(sizes) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(sizes) > 2 * x.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(sizes)} and input of dimension {x.ndim}"
        )
    pairs = [(0, 0)] * (x.ndim - len(sizes) // 2)
    pairs += [(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 2, -1, -2)]
    number = 0 if value is None else value
    return result(pad_op(x, pairs, MODES[mode], number), input)


def _output_sizes(
    x: Any, size: int | Sequence[int] | None, scale_factor: float | Sequence[float] | None
) -> tuple[list[int], list[float]]:
    """The spatial extents of the result, and how far apart its elements lie in the input."""
    spatial = x.shape[2:]
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "only one of size or scale_factor should be defined"
            if size is not None
            else "either size or scale_factor should be defined"
        )
    if size is not None:
        sizes = list(per_axis("size", size, len(spatial)))
        return sizes, [n / m for n, m in zip(spatial, sizes, strict=True)]
    assert scale_factor is not None
    if isinstance(scale_factor, Sequence):
        scales = list(scale_factor)
    else:
        scales = [scale_factor] * len(spatial)
    sizes = [int(np.floor(n * s)) for n, s in zip(spatial, scales, strict=True)]
    return sizes, [1 / s for s in scales]


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """``[n, c, *spatial]`` resampled to another spatial size.

    Args:
        mode: ``nearest``, ``nearest-exact``, ``linear`` (3-D input), ``bilinear``, ``bicubic`` (4-D) or ``area``.
        align_corners: whether the corners of input and result coincide.
    """
    x: Any = input.array
    if mode in ("nearest", "nearest-exact", "area") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | "
            "bicubic | trilinear"
        )
    ranks = {"linear": 3, "bilinear": 4, "bicubic": 4}
    if antialias or (mode not in ranks and mode not in ("nearest", "nearest-exact", "area")):
        raise NotImplementedError(
            f"bifront's interpolate has no mode {mode!r}{' with antialias' if antialias else ''}; "
            "it has nearest, nearest-exact, linear, bilinear, bicubic and area"
        )
    if x.ndim < 3 or x.ndim != ranks.get(mode, x.ndim):
        raise NotImplementedError(
            f"Input Error: got {x.ndim}D input for mode {mode!r} (input shape "
            f"{show_shape(x.shape)})"
        )
    sizes, ratios = _output_sizes(x, size, scale_factor)
    if mode == "area":
        from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d

        return (adaptive_avg_pool1d if x.ndim == 3 else adaptive_avg_pool2d)(input, sizes)
    if mode == "nearest":
        return result(library.resize(x, sizes, "nearest", "legacy", ratios), input)
    grid = "corners" if align_corners else "centers"
    method = {"nearest-exact": "nearest", "bicubic": "cubic"}.get(mode, "linear")
    return result(library.resize(x, sizes, method, grid, ratios), input)


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of `interpolate`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """``[*, c*r*r, h, w]`` to ``[*, c, h*r, w*r]``."""
    *lead, c, h, w = input.array.data.shape
    r = upscale_factor
    if c % (r * r):
        raise ShapeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={c} is not divisible by {r * r}"
        )
    n = len(lead)
    split = reshape(input.array, (*lead, c // (r * r), r, r, h, w))
    moved = transpose(split, [*range(n), n, n + 3, n + 1, n + 4, n + 2])
    return wrap(reshape(moved, (*lead, c // (r * r), h * r, w * r)))  # type: ignore[arg-type]


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """``[*, c, h*r, w*r]`` to ``[*, c*r*r, h, w]``."""
    *lead, c, h, w = input.array.data.shape
    r = downscale_factor
    if h % r or w % r:
        raise ShapeError(
            "pixel_unshuffle expects height and width to be divisible by downscale_factor, but "
            f"got {h}x{w} and {r}"
        )
    n = len(lead)
    split = reshape(input.array, (*lead, c, h // r, r, w // r, r))
    moved = transpose(split, [*range(n), n, n + 2, n + 4, n + 1, n + 3])
    return wrap(reshape(moved, (*lead, c * r * r, h // r, w // r)))  # type: ignore[arg-type]


def unfold(
    input: Tensor,
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Every window of ``[n, c, h, w]`` as a column: ``[n, c*kh*kw, windows]``."""
    window, dilations = per_axis("kernel_size", kernel_size, 2), per_axis("dilation", dilation, 2)
    pads, strides = per_axis("padding", padding, 2), per_axis("stride", stride, 2)
    x: Any = pad_op(input.array, [(0, 0), (0, 0), *[(p, p) for p in pads]])
    n, c, h, w = x.shape
    # Positions of all elements of all windows in the flattened plane.
    i, j = [
        (np.arange(k) * d)[:, None] + np.arange((extent - d * (k - 1) - 1) // s + 1) * s
        for k, d, s, extent in zip(window, dilations, strides, (h, w), strict=True)
    ]
    place = i[:, None, :, None] * w + j[None, :, None, :]
    found = gather(reshape(x, (n, c, h * w)), constant(place.reshape(-1)), 2)
    return wrap(reshape(found, (n, c * window[0] * window[1], i.shape[1] * j.shape[1])))  # type: ignore[arg-type]
