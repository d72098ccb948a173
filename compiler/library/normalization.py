"""Normalizations, and dropout."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, product
from ..ir.dtypes import dtype_of
from ..ops import (
    TensorLike,
    add,
    cast,
    div,
    ge,
    mul,
    pow,
    random_uniform,
    reshape,
    rsqrt,
    sub,
    sum_pool,
    zeros_like,
)
from ..ops.shapes import normalize_axis
from .common import Axes
from .statistics import mean, moments, square

__all__ = [
    "along_axis", "batch_norm", "dropout", "group_norm", "instance_norm", "layer_norm",
    "local_response_norm", "moving_average", "normalize", "rms_norm",
]  # fmt: skip


def normalize(
    x: TensorLike,
    center: TensorLike,
    variance: TensorLike,
    scale: TensorLike | None,
    shift: TensorLike | None,
    epsilon: float,
) -> TensorLike:
    """``(x - center) / sqrt(variance + epsilon) * scale + shift``, all of which broadcast against ``x``."""
    y = mul(sub(x, center), rsqrt(add(variance, epsilon)))
    if scale is not None:
        y = mul(y, scale)
    return y if shift is None else add(y, shift)


def along_axis(v: TensorLike | None, axis: int, rank: int) -> TensorLike | None:
    """A vector with dimensions of 1 around it, so that it broadcasts along one axis of a tensor of that rank."""
    if v is None:
        return None
    axis = normalize_axis(axis, rank)
    return v if axis == rank - 1 else reshape(v, (*v.shape, *[1] * (rank - 1 - axis)))


def layer_norm(
    x: TensorLike,
    axes: Axes = -1,
    scale: TensorLike | None = None,
    shift: TensorLike | None = None,
    epsilon: float = 1e-5,
) -> TensorLike:
    """Mean 0 and variance 1 over the axes of each example, then scaled and shifted (arXiv:1607.06450)."""
    center, variance = moments(x, axes, keepdims=True)
    return normalize(x, center, variance, scale, shift, epsilon)


def rms_norm(
    x: TensorLike, axes: Axes = -1, scale: TensorLike | None = None, epsilon: float = 1e-6
) -> TensorLike:
    """``x`` divided by its root mean square over the axes (arXiv:1910.07467)."""
    y = mul(x, rsqrt(add(mean(square(x), axes, keepdims=True), epsilon)))
    return y if scale is None else mul(y, scale)


def batch_norm(
    x: TensorLike,
    center: TensorLike | None,
    variance: TensorLike | None,
    scale: TensorLike | None = None,
    shift: TensorLike | None = None,
    epsilon: float = 1e-5,
    axis: int = 1,
) -> tuple[TensorLike, TensorLike, TensorLike]:
    """Each channel normalized by given statistics, or by its own (arXiv:1502.03167).

    Args:
        x: with channels on ``axis``.
        center, variance: ``[channels]``; None: those of ``x`` over all other axes (training).
        scale, shift: ``[channels]``.

    Returns:
        The result and the (biased) mean and variance used, each ``[channels]``.
    """
    rank = x.ndim
    axis = normalize_axis(axis, rank)
    if center is None or variance is None:
        center, variance = moments(x, [a for a in range(rank) if a != axis])
    parts = [along_axis(v, axis, rank) for v in (center, variance, scale, shift)]
    assert parts[0] is not None
    assert parts[1] is not None
    return normalize(x, parts[0], parts[1], parts[2], parts[3], epsilon), center, variance


def moving_average(old: TensorLike, new: TensorLike, rate: TensorLike | float) -> TensorLike:
    """``old`` moved towards ``new`` by a fraction: ``old + (new - old) * rate``."""
    return add(old, mul(sub(new, old), rate))


def group_norm(
    x: TensorLike,
    groups: int,
    scale: TensorLike | None = None,
    shift: TensorLike | None = None,
    epsilon: float = 1e-5,
) -> TensorLike:
    """Each example's channels ``[n, c, *spatial]`` normalized in groups (arXiv:1803.08494).

    Raises:
        ShapeError: the channels do not divide into the groups.
    """
    n, channels, *spatial = x.shape
    if groups < 1 or (isinstance(channels, int) and channels % groups):
        raise ShapeError(f"{channels} channels do not divide into {groups} groups")
    grouped = reshape(x, (n, groups, channels // groups * product(spatial)))
    y = reshape(layer_norm(grouped, 2, epsilon=epsilon), x.shape)
    return affine(y, scale, shift)


def affine(y: TensorLike, scale: TensorLike | None, shift: TensorLike | None) -> TensorLike:
    """``y * scale + shift`` for vectors along the channels (axis 1)."""
    scale, shift = along_axis(scale, 1, y.ndim), along_axis(shift, 1, y.ndim)
    y = y if scale is None else mul(y, scale)
    return y if shift is None else add(y, shift)


def instance_norm(
    x: TensorLike,
    scale: TensorLike | None = None,
    shift: TensorLike | None = None,
    epsilon: float = 1e-5,
) -> TensorLike:
    """Each channel of each example ``[n, c, *spatial]`` normalized over its spatial axes (arXiv:1607.08022)."""
    y = layer_norm(x, tuple(range(2, x.ndim)), epsilon=epsilon)
    return affine(y, scale, shift)


def local_response_norm(
    x: TensorLike,
    window: tuple[int, int],
    bias: float,
    alpha: float,
    beta: float,
    axis: int = 1,
) -> TensorLike:
    """``x / (bias + alpha * sum(x ** 2)) ** beta``, summed over neighbouring channels.

    Args:
        window: how many channels before and after count.
        alpha: TensorFlow's; PyTorch's is divided by the size of the window.
        axis: that of the channels.
    """
    axis = normalize_axis(axis, x.ndim)
    shape: tuple[Dim, ...] = x.shape
    before, after = window
    planes = (product(shape[:axis]), 1, shape[axis], product(shape[axis + 1 :]))
    sums = sum_pool(
        reshape(square(x), planes), (before + after + 1, 1), (1, 1), ((before, after), (0, 0))
    )
    return div(x, pow(add(mul(reshape(sums, shape), alpha), bias), beta))


def dropout(
    x: TensorLike, key: TensorLike, rate: float, noise_shape: Sequence[Dim] | None = None
) -> TensorLike:
    """Elements set to 0 with probability ``rate``, the others divided by ``1 - rate`` (inverted dropout).

    Args:
        key: the random key; equal keys drop the same elements.
        noise_shape: a shape that broadcasts to that of ``x``; elements with the same noise fall together.

    Raises:
        AttributeValueError: a rate outside [0, 1].
    """
    if not 0 <= rate <= 1:
        raise AttributeValueError(f"dropout rate must lie between 0 and 1, got {rate}")
    if rate == 0:
        return x
    if rate == 1:
        return mul(x, zeros_like(x))
    shape = tuple(noise_shape) if noise_shape is not None else x.shape
    kept = cast(ge(random_uniform(key, shape, dtype_of("float32")), rate), x.dtype)
    return mul(mul(x, kept), 1 / (1 - rate))
