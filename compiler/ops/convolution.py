"""Convolution and its two gradients: three operations, each linear in both operands, each other's derivatives.

All are channels first and work for any number of spatial axes (the frontends use one and two). As everywhere in deep
learning the kernel is not mirrored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..dispatch.current import current
from ..ir import Attr
from ..ir.dims import Dim
from .accuracy import SUM
from .convolution_types import (
    flops_of,
    infer_conv,
    infer_filter_grad,
    infer_input_grad,
    result_shape,
)
from .im2col import Windows, convolve, correlate, spread
from .op import Kind, Op, Sample, TensorLike, define
from .sliding import Pairs

__all__ = [
    "CONV", "CONV_FILTER_GRAD", "CONV_INPUT_GRAD", "conv", "conv_filter_grad", "conv_input_grad",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Case:
    """Shapes and attributes, from which each of the three operations makes a sample."""

    x: tuple[int, ...]
    w: tuple[int, ...]
    strides: tuple[int, ...] = (1, 1)
    padding: Pairs = ((0, 0), (0, 0))
    dilation: tuple[int, ...] = (1, 1)
    groups: int = 1

    @property
    def y(self) -> tuple[int, ...]:
        return result_shape(self.x, self.w, self.strides, self.padding, self.dilation)

    @property
    def how(self) -> dict[str, Attr]:
        return _attrs(self.strides, self.padding, self.dilation, self.groups)


_CASES = (
    _Case((2, 2, 4, 3), (3, 2, 2, 2)),
    _Case((1, 2, 5, 4), (2, 2, 3, 2), strides=(2, 1), padding=((1, 0), (1, 1))),
    _Case((2, 4, 4, 4), (4, 2, 2, 2), groups=2, dilation=(2, 1)),
    _Case((1, 3, 3, 3), (3, 1, 2, 2), groups=3, strides=(2, 2), padding=((0, 1), (0, 1))),
    _Case((2, 2, 5), (3, 2, 3), (2,), ((1, 1),), (1,)),
    _Case((2, 2, 6), (2, 2, 2), (3,), ((0, 0),), (2,)),
    _Case((0, 2, 4, 4), (1, 2, 2, 2)),
)


# --- the convolution ---


def _conv_samples(rng: np.random.Generator) -> Iterator[Sample]:
    for case in _CASES:
        yield Sample((rng.standard_normal(case.x), rng.standard_normal(case.w)), case.how)


def _evaluate_conv(
    x: np.ndarray,
    w: np.ndarray,
    *,
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    if (
        x.dtype != w.dtype
        or x.dtype.kind == "b"
        or x.shape[1] != w.shape[1] * groups
        or w.shape[0] % groups
    ):
        raise ValueError("conv: the type rules say why")
    extents = result_shape(x.shape, w.shape, strides, padding, dilation)[2:]
    return convolve(x, w, Windows(w.shape[2:], extents, strides, padding, dilation, groups))


CONV = define(
    Op(
        name="conv",
        kind=Kind.CONTRACTION,
        infer=infer_conv,
        evaluate=_evaluate_conv,
        vjp=(
            lambda g, y, x, w, **how: conv_input_grad(g, w, x.shape[2:], **how),
            lambda g, y, x, w, **how: conv_filter_grad(x, g, w.shape[2:], **how),
        ),
        jvp=(
            lambda t, y, x, w, **how: conv(t, w, **how),
            lambda t, y, x, w, **how: conv(x, t, **how),
        ),
        samples=_conv_samples,
        doc="x[n, c, *spatial] seen through filters w[o, c/groups, *window]: [n, o, *positions]",
        flops=lambda types, y: flops_of(y, types[1]),
        accuracy=SUM,
    )
)


def conv(
    x: TensorLike,
    w: TensorLike,
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int = 1,
) -> TensorLike:
    """Convolution (cross-correlation), channels first.

    Args:
        x: ``[n, c, *spatial]``.
        w: ``[o, c/groups, *window]``.
        strides, dilation: one number for each spatial axis.
        padding: zeros put (before, after) each spatial axis.
        groups: channels and filters fall into so many independent groups.

    Returns:
        ``[n, o, *positions]``.

    Raises:
        ShapeError: ranks or channels do not fit, or the window is larger than the padded input.
    """
    return current().apply(CONV, (x, w), _attrs(strides, padding, dilation, groups))


def _attrs(
    strides: Sequence[int], padding: Sequence[tuple[int, int]], dilation: Sequence[int], groups: int
) -> dict[str, Attr]:
    return {
        "strides": tuple(strides),
        "padding": tuple([(lo, hi) for lo, hi in padding]),
        "dilation": tuple(dilation),
        "groups": groups,
    }


# --- its gradient for the input ---


def _input_grad_samples(rng: np.random.Generator) -> Iterator[Sample]:
    for case in _CASES:
        g, w = rng.standard_normal(case.y), rng.standard_normal(case.w)
        yield Sample((g, w), {**case.how, "input_spatial": case.x[2:]})


def _evaluate_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    *,
    input_spatial: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    channels = w.shape[1] * groups
    like = (g.shape[0], channels, *input_spatial)
    if (
        g.dtype != w.dtype
        or g.dtype.kind == "b"
        or w.shape[0] % groups
        or g.shape != result_shape(like, w.shape, strides, padding, dilation)
    ):
        raise ValueError("conv_input_grad: the type rules say why")
    at = Windows(w.shape[2:], g.shape[2:], strides, padding, dilation, groups)
    return spread(g, w, input_spatial, at)


CONV_INPUT_GRAD = define(
    Op(
        name="conv_input_grad",
        kind=Kind.CONTRACTION,
        infer=infer_input_grad,
        evaluate=_evaluate_input_grad,
        vjp=(
            lambda h, y, g, w, *, input_spatial, **how: conv(h, w, **how),
            lambda h, y, g, w, *, input_spatial, **how: conv_filter_grad(h, g, w.shape[2:], **how),
        ),
        jvp=(
            lambda t, y, g, w, **how: conv_input_grad(t, w, **how),
            lambda t, y, g, w, **how: conv_input_grad(g, t, **how),
        ),
        samples=_input_grad_samples,
        doc="conv's cotangent for x from that of its result, also the transposed convolution: [n, c, *input_spatial]",
        flops=lambda types, _: flops_of(*types),
        accuracy=SUM,
    )
)


def conv_input_grad(
    g: TensorLike,
    w: TensorLike,
    input_spatial: Sequence[Dim],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int = 1,
) -> TensorLike:
    """The adjoint of `conv` in its input: the transposed convolution.

    Args:
        g: ``[n, o, *positions]``.
        w: ``[o, c/groups, *window]``.
        input_spatial: the spatial shape of the result; the strided forms do not determine it.
        strides, padding, dilation, groups: those of the convolution.

    Returns:
        ``[n, c, *input_spatial]``.

    Raises:
        ShapeError: ``g`` is not what the convolution of such an input would give.
    """
    attrs = _attrs(strides, padding, dilation, groups)
    return current().apply(
        CONV_INPUT_GRAD, (g, w), {"input_spatial": tuple(input_spatial), **attrs}
    )


# --- its gradient for the filters ---


def _filter_grad_samples(rng: np.random.Generator) -> Iterator[Sample]:
    for case in _CASES:
        x, g = rng.standard_normal(case.x), rng.standard_normal(case.y)
        yield Sample((x, g), {**case.how, "kernel_spatial": case.w[2:]})


def _evaluate_filter_grad(
    x: np.ndarray,
    g: np.ndarray,
    *,
    kernel_spatial: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    like = (g.shape[1], x.shape[1] // groups, *kernel_spatial)
    if (
        x.dtype != g.dtype
        or x.dtype.kind == "b"
        or x.shape[1] % groups
        or g.shape != result_shape(x.shape, like, strides, padding, dilation)
    ):
        raise ValueError("conv_filter_grad: the type rules say why")
    at = Windows(kernel_spatial, g.shape[2:], strides, padding, dilation, groups)
    return correlate(x, g, at)


CONV_FILTER_GRAD = define(
    Op(
        name="conv_filter_grad",
        kind=Kind.CONTRACTION,
        infer=infer_filter_grad,
        evaluate=_evaluate_filter_grad,
        vjp=(
            lambda h, y, x, g, *, kernel_spatial, **how: conv_input_grad(g, h, x.shape[2:], **how),
            lambda h, y, x, g, *, kernel_spatial, **how: conv(x, h, **how),
        ),
        jvp=(
            lambda t, y, x, g, **how: conv_filter_grad(t, g, **how),
            lambda t, y, x, g, **how: conv_filter_grad(x, t, **how),
        ),
        samples=_filter_grad_samples,
        doc="conv's cotangent for w from that of its result: [o, c/groups, *kernel_spatial]",
        flops=lambda types, w: flops_of(types[1], w),
        accuracy=SUM,
    )
)


def conv_filter_grad(
    x: TensorLike,
    g: TensorLike,
    kernel_spatial: Sequence[Dim],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int = 1,
) -> TensorLike:
    """The adjoint of `conv` in its filters.

    Args:
        x: ``[n, c, *spatial]``.
        g: ``[n, o, *positions]``.
        kernel_spatial: the shape of the window.
        strides, padding, dilation, groups: those of the convolution.

    Returns:
        ``[o, c/groups, *kernel_spatial]``.

    Raises:
        ShapeError: ``g`` is not what the convolution of ``x`` would give.
    """
    attrs = _attrs(strides, padding, dilation, groups)
    return current().apply(
        CONV_FILTER_GRAD, (x, g), {"kernel_spatial": tuple(kernel_spatial), **attrs}
    )
