"""Normalizations of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .....compiler import library
from .....compiler.dispatch import Array
from .....compiler.errors import ShapeError
from .....compiler.ir.types import show_shape
from .....compiler.library.normalization import moving_average
from .....compiler.ops import mul, reshape
from ...grad_mode import no_grad
from ...tensor import Tensor, wrap
from ...writing import write
from .support import named

__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm",
]  # fmt: skip


def _value(t: Tensor | None) -> Array | None:
    return None if t is None else t.array


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 over the last dimensions, then scaled and shifted.

    Raises:
        ShapeError: the input does not end in ``normalized_shape``.
    """
    axes = _last_axes(input, normalized_shape)
    y = library.layer_norm(input.array, axes, _value(weight), _value(bias), eps)
    return named(y, "NativeLayerNormBackward0")


def _last_axes(input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    shape, end = input.array.data.shape, tuple(normalized_shape)
    if shape[len(shape) - len(end) :] != end or not end:
        raise ShapeError(
            f"Given normalized_shape={list(end)}, expected input with shape "
            f"[*, {', '.join(map(str, end))}], but got input of size{list(shape)}"
        )
    return tuple(range(len(shape) - len(end), len(shape)))


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """The input divided by the root of its mean square over the last dimensions."""
    import numpy as np

    axes = _last_axes(input, normalized_shape)
    small = float(np.finfo(input.array.data.dtype).eps) if eps is None else eps
    return wrap(library.rms_norm(input.array, axes, _value(weight), small))  # type: ignore[arg-type]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel (dimension 1) normalized by the batch's statistics, or by the running ones.

    In training, the running ones move towards the batch's by ``momentum``; the variance that they get is unbiased.

    Raises:
        ValueError: a batch of one value per channel has no variance.
        ShapeError: statistics or scales of another number of channels.
    """
    x: Any = input.array
    shape = x.data.shape
    for name, t in (("running_mean", running_mean), ("weight", weight)):
        if t is not None and t.array.data.size != shape[1]:
            raise ShapeError(
                f"{name} should contain {shape[1]} elements not {t.array.data.size} "
                f"(the input is {show_shape(shape)})"
            )
    count = x.data.size // shape[1]
    if training and count == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}"
        )
    center = spread = None
    if not training:
        center, spread = _value(running_mean), _value(running_var)
    scale, shift = _value(weight), _value(bias)
    y, center, spread = library.batch_norm(x, center, spread, scale, shift, eps, 1)  # type: ignore[assignment]
    if training and running_mean is not None and running_var is not None:
        with no_grad():
            unbiased = mul(spread, count / (count - 1))  # type: ignore[arg-type]
            _move(running_mean, center, momentum)
            _move(running_var, unbiased, momentum)
    return named(y, "NativeBatchNormBackward0")


def _move(running: Tensor, new: Any, momentum: float) -> None:
    write(running, moving_average(running.array, new, momentum), "batch_norm")  # type: ignore[arg-type]


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample's channels normalized in groups."""
    channels = input.array.data.shape[1]
    if channels % num_groups:
        raise ShapeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {show_shape(input.array.data.shape)} and num_groups={num_groups}"
        )
    y = library.group_norm(input.array, num_groups, _value(weight), _value(bias), eps)
    return wrap(y)  # type: ignore[arg-type]


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample normalized over its spatial dimensions."""
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    x = input.array
    shape = x.data.shape
    if running_mean is not None and running_var is not None:
        with no_grad():
            n, c = shape[:2]
            count = x.data.size // (n * c)
            flat = reshape(x, (n, c, count))
            center, spread = library.moments(flat, 2)
            _move(running_mean, library.mean(center, 0), momentum)
            unbiased = mul(library.mean(spread, 0), count / max(count - 1, 1))
            _move(running_var, unbiased, momentum)
    return wrap(library.instance_norm(x, _value(weight), _value(bias), eps))  # type: ignore[arg-type]


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Each value divided by a power of the mean square of its neighbours across channels."""
    window = (size // 2, (size - 1) // 2)
    y = library.local_response_norm(input.array, window, k, alpha / size, beta, 1)
    return wrap(y)  # type: ignore[arg-type]
