"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from .....compiler import library
from .....compiler.errors import ShapeError
from .....compiler.ir.types import show_shape
from .....compiler.library.windows import pooled_extent
from .....compiler.ops import (
    absolute,
    expand_dims,
    full,
    max_pool,
    mul,
    pool_argmax,
    pow,
    relu,
    reshape,
    scatter_add_along,
    sign,
    squeeze,
    sum_pool,
)
from ...tensor import Tensor, wrap
from .support import per_axis

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "lp_pool1d",
    "lp_pool2d",
    "max_pool1d",
    "max_pool2d",
    "max_unpool1d",
    "max_unpool2d",
]

Ints = int | Sequence[int]


def _batched(name: str, input: Tensor, rank: int) -> tuple[Any, bool]:
    x = input.array
    if x.ndim == rank + 2:
        return x, True
    if x.ndim == rank + 1:
        return expand_dims(x, 0), False
    raise ShapeError(
        f"{name}() expected {rank + 1}D or {rank + 2}D input, but got {show_shape(x.shape)}"
    )


def _unbatched(y: Any, batched: bool) -> Tensor:
    return wrap(y if batched else squeeze(y, 0))  # type: ignore[arg-type]


def _windows(
    x: Any, kernel: Ints, stride: Ints | None, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[tuple[int, ...], tuple[int, ...], list[tuple[int, int]], tuple[int, ...]]:
    rank = x.ndim - 2
    window = per_axis("kernel_size", kernel, rank)
    strides = window if stride is None or stride == [] else per_axis("stride", stride, rank)
    pads, dilations = per_axis("padding", padding, rank), per_axis("dilation", dilation, rank)
    if any(p > k // 2 for p, k in zip(pads, window, strict=True)):
        raise RuntimeError("pad should be at most half of effective kernel size")
    wide: list[tuple[int, int]] = []
    counts: list[Any] = []
    for n, k, s, p, d in zip(x.shape[2:], window, strides, pads, dilations, strict=True):
        count, more = pooled_extent(n, k, s, (p, p), d, ceil_mode)
        counts.append(count)
        wide.append((p, p + more))
    if any(count < 1 for count in counts):
        raise ShapeError(
            f"Given input size: {show_shape(x.shape[1:])}. Calculated output size: "
            f"{show_shape([x.shape[1], *counts])}. Output size is too small"
        )
    return window, strides, wide, dilations


def _max(
    name: str,
    input: Tensor,
    kernel: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
    return_indices: bool,
    rank: int,
) -> Any:
    x, batched = _batched(name, input, rank)
    how = _windows(x, kernel, stride, padding, dilation, ceil_mode)
    y = _unbatched(max_pool(x, *how), batched)
    return (y, _unbatched(pool_argmax(x, *how), batched)) if return_indices else y


def max_pool1d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value in each window of ``[n, c, l]``."""
    return _max(
        "max_pool1d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 1
    )


def max_pool2d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value in each window of ``[n, c, h, w]``."""
    return _max(
        "max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 2
    )


def _average(
    name: str,
    input: Tensor,
    kernel: Ints,
    stride: Ints | None,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
    rank: int,
) -> Tensor:
    x, batched = _batched(name, input, rank)
    window, strides, pads, _ = _windows(x, kernel, stride, padding, 1, ceil_mode)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    own = per_axis("padding", padding, rank)
    counted = [(p, p) if count_include_pad else (0, 0) for p in own]
    y = library.avg_pool(x, window, strides, pads, counted, divisor)
    return _unbatched(y, batched)


def avg_pool1d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of ``[n, c, l]``."""
    return _average(
        "avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, 1
    )


def avg_pool2d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of ``[n, c, h, w]``."""
    return _average(
        "avg_pool2d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        2,
    )


def _sizes(x: Any, output_size: int | Sequence[int | None] | None) -> list[int]:
    rank = x.ndim - 2
    given = [output_size] * rank if isinstance(output_size, int | None) else list(output_size)
    return [n if o is None else o for n, o in zip(x.shape[2:], given, strict=True)]


def _adaptive_average(name: str, input: Tensor, output_size: Any, rank: int) -> Tensor:
    x, batched = _batched(name, input, rank)
    return _unbatched(library.adaptive_avg_pool(x, _sizes(x, output_size)), batched)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means of as many windows of ``[n, c, l]`` as the result is to have."""
    return _adaptive_average("adaptive_avg_pool1d", input, output_size, 1)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means of as many windows of ``[n, c, h, w]`` as the result is to have; None keeps an extent."""
    return _adaptive_average("adaptive_avg_pool2d", input, output_size, 2)


def _adaptive_max(name: str, input: Tensor, output_size: Any, indices: bool, rank: int) -> Any:
    x, batched = _batched(name, input, rank)
    sizes = _sizes(x, output_size)
    y = _unbatched(library.adaptive_max_pool(x, sizes), batched)
    if not indices:
        return y
    if any(n % s for n, s in zip(x.shape[2:], sizes, strict=True)):
        raise ShapeError(
            f"{name}(return_indices=True) needs an input {show_shape(x.shape[2:])} that is a "
            f"multiple of the output {show_shape(sizes)}"
        )
    window = tuple([n // s for n, s in zip(x.shape[2:], sizes, strict=True)])
    return y, _unbatched(pool_argmax(x, window, window, [(0, 0)] * rank), batched)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima of as many windows of ``[n, c, l]`` as the result is to have."""
    return _adaptive_max("adaptive_max_pool1d", input, output_size, return_indices, 1)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima of as many windows of ``[n, c, h, w]`` as the result is to have."""
    return _adaptive_max("adaptive_max_pool2d", input, output_size, return_indices, 2)


def _power(
    name: str, input: Tensor, p: float, kernel: Ints, stride: Any, ceil: bool, rank: int
) -> Tensor:
    x, batched = _batched(name, input, rank)
    how = _windows(x, kernel, stride, 0, 1, ceil)
    total = sum_pool(pow(x, p), *how)
    return _unbatched(pow(mul(sign(total), relu(absolute(total))), 1.0 / p), batched)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The ``norm_type``-norm of each window of ``[n, c, l]``."""
    return _power("lp_pool1d", input, norm_type, kernel_size, stride, ceil_mode, 1)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The ``norm_type``-norm of each window of ``[n, c, h, w]``."""
    return _power("lp_pool2d", input, norm_type, kernel_size, stride, ceil_mode, 2)


def _unpool(
    name: str,
    input: Tensor,
    indices: Tensor,
    kernel: Ints,
    stride: Ints | None,
    padding: Ints,
    output_size: Sequence[int] | None,
    rank: int,
) -> Tensor:
    x, batched = _batched(name, input, rank)
    where, _ = _batched(name, indices, rank)
    window = per_axis("kernel_size", kernel, rank)
    strides = window if stride is None else per_axis("stride", stride, rank)
    pads = per_axis("padding", padding, rank)
    if output_size is not None:
        sizes = list(output_size)[-rank:]
    else:
        sizes = [
            (n - 1) * s - 2 * p + k
            for n, s, p, k in zip(x.shape[2:], strides, pads, window, strict=True)
        ]
    n, c = x.shape[:2]
    flat = full((n, c, prod(sizes)), 0, x.dtype)
    found = scatter_add_along(flat, reshape(where, (n, c, -1)), reshape(x, (n, c, -1)), 2)
    return _unbatched(reshape(found, (n, c, *sizes)), batched)


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Values put back where `max_pool1d` found them, zeros elsewhere."""
    return _unpool("max_unpool1d", input, indices, kernel_size, stride, padding, output_size, 1)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Values put back where `max_pool2d` found them, zeros elsewhere."""
    return _unpool("max_unpool2d", input, indices, kernel_size, stride, padding, output_size, 2)
