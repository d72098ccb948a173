"""Means, variances and norms over axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from ..ir.dims import Dim, product
from ..ops import (
    TensorLike,
    absolute,
    add,
    cast,
    constant,
    div,
    eq,
    extent,
    maximum,
    mul,
    ne,
    pow,
    reduce_max,
    reduce_min,
    reduce_sum,
    reshape,
    rsqrt,
    sqrt,
    sub,
    where,
)
from ..ops.shapes import normalize_axes
from .common import Axes

__all__ = [
    "clip_by_global_norm", "clip_by_norm", "cosine_similarity", "global_norm", "l2_normalize",
    "mean", "moments", "norm", "safe_sqrt", "square", "standard_deviation", "variance",
]  # fmt: skip


def square(x: TensorLike) -> TensorLike:
    return mul(x, x)


def _count(x: TensorLike, axes: Axes) -> Dim:
    return product(x.shape[a] for a in normalize_axes(axes, x.ndim))


def mean(x: TensorLike, axes: Axes = None, keepdims: bool = False) -> TensorLike:
    """The arithmetic mean over the axes (None: all) of a float tensor; NaN where there are no elements."""
    shape = x.shape
    over = normalize_axes(axes, len(shape))
    if not over:
        return x
    count = product(shape if len(over) == len(shape) else [shape[a] for a in over])
    return div(reduce_sum(x, over, keepdims), extent(count, x.dtype))


def moments(
    x: TensorLike, axes: Axes = None, keepdims: bool = False
) -> tuple[TensorLike, TensorLike]:
    """Mean and (biased) variance over the axes."""
    center = mean(x, axes, keepdims=True)
    spread = mean(square(sub(x, center)), axes, keepdims)
    if not keepdims:
        center = reshape(center, spread.shape)
    return center, spread


def variance(
    x: TensorLike, axes: Axes = None, correction: int = 0, keepdims: bool = False
) -> TensorLike:
    """The variance over the axes: squares summed and divided by their number less ``correction`` (1: unbiased)."""
    deviations = square(sub(x, mean(x, axes, keepdims=True)))
    if correction == 0:
        return mean(deviations, axes, keepdims)
    count = _count(x, axes) - correction
    if isinstance(count, int):
        count = max(count, 0)
    return div(reduce_sum(deviations, axes, keepdims), extent(count, x.dtype))


def standard_deviation(
    x: TensorLike, axes: Axes = None, correction: int = 0, keepdims: bool = False
) -> TensorLike:
    """The square root of `variance`; its gradient is 0 where it is 0."""
    return safe_sqrt(variance(x, axes, correction, keepdims))


def safe_sqrt(x: TensorLike) -> TensorLike:
    """The square root, with derivative 0 instead of infinity at 0."""
    zero = eq(x, 0)
    return where(zero, constant(0, x.dtype), sqrt(where(zero, constant(1, x.dtype), x)))


def norm(
    x: TensorLike, order: float = 2.0, axes: Axes = None, keepdims: bool = False
) -> TensorLike:
    """The vector norm of the given order over the axes: ``sum(|x| ** order) ** (1 / order)``.

    Orders inf and -inf give the largest and smallest magnitude, 0 the number of elements other than 0. The gradient of
    orders 1 and 2 is 0 where the norm is 0.
    """
    if order == 2:
        return safe_sqrt(reduce_sum(square(x), axes, keepdims))
    if order == 0:
        return reduce_sum(cast(ne(x, 0), x.dtype), axes, keepdims)
    size = absolute(x)
    if order == inf:
        return reduce_max(size, axes, keepdims)
    if order == -inf:
        return reduce_min(size, axes, keepdims)
    if order == 1:
        return reduce_sum(size, axes, keepdims)
    return pow(reduce_sum(pow(size, order), axes, keepdims), 1 / order)


def l2_normalize(x: TensorLike, axes: Axes = None, epsilon: float = 1e-12) -> TensorLike:
    """``x`` divided by its Euclidean norm over the axes; squared norms below ``epsilon`` count as ``epsilon``."""
    total = reduce_sum(square(x), axes, keepdims=True)
    return mul(x, rsqrt(maximum(total, epsilon)))


def cosine_similarity(
    a: TensorLike, b: TensorLike, axis: int = 1, epsilon: float = 1e-8
) -> TensorLike:
    """The cosine of the angle between vectors along the axis; norms below ``epsilon`` count as ``epsilon``."""
    above = reduce_sum(mul(a, b), axis)
    # Clamping each norm by itself is what PyTorch does since 2.0.
    norms = [maximum(norm(v, 2.0, axis), epsilon) for v in (a, b)]
    return div(above, mul(*norms))


def global_norm(xs: Sequence[TensorLike], order: float = 2.0) -> TensorLike:
    """The norm of all tensors' elements together."""
    if order == inf:
        total = norm(xs[0], inf)
        for x in xs[1:]:
            total = maximum(total, norm(x, inf))
        return total
    power = square if order == 2 else lambda x: pow(absolute(x), order)
    total = reduce_sum(power(xs[0]))
    for x in xs[1:]:
        total = add(total, reduce_sum(power(x)))
    return safe_sqrt(total) if order == 2 else pow(total, 1 / order)


def clip_by_norm(x: TensorLike, limit: float, axes: Axes = None) -> TensorLike:
    """``x`` scaled down so that its Euclidean norm over the axes is at most ``limit``."""
    size = safe_sqrt(reduce_sum(square(x), axes, keepdims=True))
    return div(mul(x, limit), maximum(size, limit))


def clip_by_global_norm(
    xs: Sequence[TensorLike], limit: float, order: float = 2.0, epsilon: float = 0.0
) -> tuple[list[TensorLike], TensorLike]:
    """Tensors scaled down together so that their global norm is at most ``limit``, and that norm before.

    Args:
        epsilon: added to the norm before the division (PyTorch has 1e-6, TensorFlow 0).
    """
    size = global_norm(xs, order)
    scale = div(limit, maximum(add(size, epsilon) if epsilon else size, limit))
    return [mul(x, cast(scale, x.dtype)) for x in xs], size
