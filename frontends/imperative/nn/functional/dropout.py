"""Dropping values at random."""

from __future__ import annotations

from math import sqrt
from typing import Any

from .....compiler import library
from .....compiler.ops import TensorLike
from .....runtime.checking.border import LISTENERS
from ...random import next_key
from ...tensor import Tensor
from ..telling import tell_dropped
from .support import apply

__all__ = [
    "alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout",
]  # fmt: skip


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element 0 with probability ``p``, the others divided by ``1 - p``; the input itself if not ``training``."""
    _check(p)
    if not training or p == 0.0:
        return input
    if LISTENERS:
        tell_dropped()
    return apply(input, library.dropout, next_key(None), p, inplace=inplace)


def _channels(input: Tensor, p: float, training: bool, inplace: bool, spatial: int) -> Tensor:
    """Whole channels dropped together."""
    _check(p)
    if not training or p == 0.0:
        return input
    if LISTENERS:
        tell_dropped()
    shape = input.array.data.shape
    kept = len(shape) - spatial if spatial else 2
    noise: tuple[int, ...] = (*shape[:kept], *[1] * (len(shape) - kept))
    return apply(input, library.dropout, next_key(None), p, noise, inplace=inplace)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Channels of ``[n, c, l]`` or ``[c, l]`` dropped whole."""
    return _channels(input, p, training, inplace, 1)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Channels of ``[n, c, h, w]`` dropped whole. As in PyTorch, ``[n, c, l]`` is taken so too."""
    return _channels(input, p, training, inplace, 0)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Channels of ``[n, c, d, h, w]`` or ``[c, d, h, w]`` dropped whole."""
    return _channels(input, p, training, inplace, 3)


ALPHA = -1.7580993408473766
"""What a dropped value becomes: the limit of `selu` at minus infinity."""


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout after `selu` that keeps mean and variance (arXiv:1706.02515)."""
    _check(p)
    if not training or p == 0.0:
        return input
    return _alpha(input, p, None, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    _check(p)
    if not training or p == 0.0:
        return input
    shape = input.array.data.shape
    return _alpha(input, p, (*shape[:2], *[1] * (len(shape) - 2)), inplace)


def _alpha(input: Tensor, p: float, noise: Any, inplace: bool) -> Tensor:
    from .....compiler.ops import add, mul, ones_like, sub

    scale = 1 / sqrt((1 - p) * (1 + p * ALPHA**2)) if p < 1 else 0.0

    def alpha(x: TensorLike, key: TensorLike) -> TensorLike:
        kept = mul(library.dropout(ones_like(x), key, p, noise), 1 - p)
        mixed = add(mul(x, kept), mul(sub(1, kept), ALPHA))
        return add(mul(mixed, scale), -scale * ALPHA * p)

    return apply(input, alpha, next_key(None), inplace=inplace)
