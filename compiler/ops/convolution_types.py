"""Types of convolutions and their gradients: which operands fit, what comes out, and how much work it is."""

from __future__ import annotations

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, product
from ..ir.types import Shape, TensorType, unify
from .rules import numbers
from .shapes import same_dtype
from .sliding import Pairs, known_extents, spatial_extents


def infer_conv(
    x: TensorType,
    w: TensorType,
    *,
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> TensorType:
    """The type of a convolution: ``[n, o, *positions]``."""
    numbers(x, w)
    same_dtype(x, w)
    if x.rank != w.rank or x.rank < 3:
        raise ShapeError(
            f"conv takes an input [n, c, ...] and filters [o, c/groups, ...] of one rank, got {x} and {w}"
        )
    _check_channels(x.shape[1], w.shape, groups)
    spatial = spatial_extents("conv", x.shape[2:], w.shape[2:], strides, padding, dilation)
    return TensorType(x.dtype, (x.shape[0], w.shape[0], *spatial))


def infer_input_grad(
    g: TensorType,
    w: TensorType,
    *,
    input_spatial: Shape,
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> TensorType:
    """The type of its gradient for the input: ``[n, c, *input_spatial]``."""
    numbers(g, w)
    same_dtype(g, w)
    if g.rank != w.rank or g.rank < 3 or len(input_spatial) != g.rank - 2:
        raise ShapeError(
            f"a transposed convolution takes [n, o, ...] and filters [o, c/groups, ...] of one rank, "
            f"got {g} and {w} for spatial shape {list(input_spatial)}"
        )
    channels = w.shape[1] * groups
    _check_channels(channels, w.shape, groups)
    spatial = spatial_extents("conv", input_spatial, w.shape[2:], strides, padding, dilation)
    _match(g, (g.shape[0], w.shape[0], *spatial))
    return TensorType(g.dtype, (g.shape[0], channels, *input_spatial))


def infer_filter_grad(
    x: TensorType,
    g: TensorType,
    *,
    kernel_spatial: Shape,
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
) -> TensorType:
    """The type of its gradient for the filters: ``[o, c/groups, *kernel_spatial]``."""
    numbers(x, g)
    same_dtype(x, g)
    if x.rank != g.rank or x.rank < 3 or len(kernel_spatial) != x.rank - 2:
        raise ShapeError(
            f"the gradient of filters takes [n, c, ...] and [n, o, ...] of one rank, got {x} and {g} "
            f"for windows {list(kernel_spatial)}"
        )
    shape = (g.shape[1], x.shape[1] // groups, *kernel_spatial)
    _check_channels(x.shape[1], shape, groups)
    spatial = spatial_extents("conv", x.shape[2:], kernel_spatial, strides, padding, dilation)
    _match(g, (x.shape[0], g.shape[1], *spatial))
    return TensorType(x.dtype, shape)


def result_shape(
    x: tuple[int, ...],
    w: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """The shape of the result for known shapes of the operands."""
    return (x[0], w[0], *known_extents("conv", x[2:], w[2:], strides, padding, dilation))


def flops_of(y: TensorType, w: TensorType) -> Dim:
    """A multiplication and an addition for each number of the result and each of a filter."""
    return y.size * product(w.shape[1:]) * 2


def _check_channels(x: Dim, w: Shape, groups: int) -> None:
    out, per_group = w[:2]
    if groups < 1:
        raise AttributeValueError(f"groups must be at least 1, got {groups}")
    if unify(x, per_group * groups) is None:
        raise ShapeError(
            f"conv: the input has {x} channels, but filters {list(w)} in {groups} group(s) take "
            f"{per_group * groups}"
        )
    if isinstance(out, int) and out % groups:
        raise ShapeError(f"conv: {out} filters do not divide into {groups} groups")


def _match(g: TensorType, want: Shape) -> None:
    if any(unify(d, e) is None for d, e in zip(g.shape, want, strict=True)):
        raise ShapeError(f"the convolution's result has shape {list(want)}, got {g} for it")
