"""Convolutions, and their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .....compiler.errors import ShapeError
from .....compiler.ir.types import show_shape
from .....compiler.ops import add, conv, conv_input_grad, expand_dims, reshape, squeeze
from ...tensor import Tensor, wrap
from .support import named, per_axis

__all__ = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"]

Ints = int | Sequence[int]


def _batched(name: str, x: Any, rank: int) -> tuple[Any, bool]:
    """The input with a batch dimension, and whether it had one."""
    if x.ndim == rank + 2:
        return x, True
    if x.ndim == rank + 1:
        return expand_dims(x, 0), False
    raise ShapeError(
        f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got input "
        f"of size: {show_shape(x.shape)}"
    )


def _padding(
    padding: str | Ints, window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    if padding == "valid":
        return [(0, 0)] * len(window)
    if padding == "same":
        if any(s != 1 for s in strides):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for k, d in zip(window, dilation, strict=True)]
        return [(t // 2, t - t // 2) for t in totals]
    if isinstance(padding, str):
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    return [(p, p) for p in per_axis("padding", padding, len(window))]


def _conv(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Ints,
    padding: str | Ints,
    dilation: Ints,
    groups: int,
    rank: int,
) -> Tensor:
    w = weight.array
    x, batched = _batched(name, input.array, rank)
    shape = w.data.shape
    if x.shape[1] != shape[1] * groups:
        raise ShapeError(
            f"Given groups={groups}, weight of size {show_shape(shape)}, expected "
            f"input{show_shape(x.shape)} to have {shape[1] * groups} channels, but got "
            f"{x.shape[1]} channels instead"
        )
    strides, dilations = per_axis("stride", stride, rank), per_axis("dilation", dilation, rank)
    pads = _padding(padding, shape[2:], strides, dilations)
    sizes = [d + lo + hi for d, (lo, hi) in zip(x.shape[2:], pads, strict=True)]
    spans = [d * (k - 1) + 1 for k, d in zip(shape[2:], dilations, strict=True)]
    if any(n < k for n, k in zip(sizes, spans, strict=True)):
        raise ShapeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, sizes))}). Kernel "
            f"size: ({' x '.join(map(str, spans))}). Kernel size can't be greater than actual "
            "input size"
        )
    y = conv(x, w, strides, pads, dilations, groups)
    return _finish(y, bias, batched, rank)


def _finish(y: Any, bias: Tensor | None, batched: bool, rank: int) -> Tensor:
    if bias is not None:
        y = add(y, reshape(bias.array, (-1, *[1] * rank)))
    return named(y, "ConvolutionBackward0") if batched else wrap(squeeze(y, 0))  # type: ignore[arg-type]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: str | Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """``[n, c, l]`` and filters ``[o, c/groups, k]`` to ``[n, o, l']``."""
    return _conv("conv1d", input, weight, bias, stride, padding, dilation, groups, 1)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: str | Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """``[n, c, h, w]`` and filters ``[o, c/groups, kh, kw]`` to ``[n, o, h', w']``."""
    return _conv("conv2d", input, weight, bias, stride, padding, dilation, groups, 2)


def _transposed(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
    rank: int,
) -> Tensor:
    w = weight.array
    x, batched = _batched(name, input.array, rank)
    shape = w.data.shape
    if x.shape[1] != shape[0]:
        raise ShapeError(
            f"Given transposed=1, weight of size {show_shape(shape)}, expected "
            f"input{show_shape(x.shape)} to have {shape[0]} channels, but got {x.shape[1]} "
            "channels instead"
        )
    strides, dilations = per_axis("stride", stride, rank), per_axis("dilation", dilation, rank)
    pads = per_axis("padding", padding, rank)
    extra = per_axis("output_padding", output_padding, rank)
    for e, s, d in zip(extra, strides, dilations, strict=True):
        if e >= s and e >= d:
            raise RuntimeError("output padding must be smaller than either stride or dilation")
    sizes = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            x.shape[2:], strides, pads, dilations, shape[2:], extra, strict=True
        )
    ]
    y = conv_input_grad(x, w, sizes, strides, [(p, p) for p in pads], dilations, groups)
    return _finish(y, bias, batched, rank)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The adjoint of `conv1d`: ``[n, c, l]`` and filters ``[c, o/groups, k]`` to ``[n, o, l']``."""
    return _transposed(
        "conv_transpose1d",
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
        1,
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The adjoint of `conv2d`: ``[n, c, h, w]`` and filters ``[c, o/groups, kh, kw]`` to ``[n, o, h', w']``."""
    return _transposed(
        "conv_transpose2d",
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
        2,
    )
