"""Convolutions. Kernels are ``[*window, in, out]`` here and ``[out, in, *window]`` in the compiler."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler import ops
from ....compiler.errors import ShapeError
from ....compiler.ir import Value, show_shape, unify
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert, convert_pair
from ..dims import DimsArgument
from ..tensor import Tensor
from .windows import Layout, pads

__all__ = [
    "atrous_conv2d", "bias_add", "conv1d", "conv2d", "conv2d_transpose", "convolution",
    "depthwise_conv2d", "depthwise_conv2d_native", "separable_conv2d",
]  # fmt: skip


@scoped("Conv2D")
def conv2d(
    input: object, filter: object = None, strides: object = None, padding: object = None,
    use_cudnn_on_gpu: bool = True, data_format: str = "NHWC", dilations: object = (1, 1, 1, 1),
    name: str | None = None, filters: object = None,
) -> Tensor:  # fmt: skip
    """Convolution (cross-correlation) of images.

    Args:
        input: ``[batch, height, width, channels]``, or ``[batch, channels, height, width]`` with ``NCHW``.
        filter: ``[height, width, channels, out]``.
        strides, dilations: one number for each axis of the input.
        padding: ``"SAME"``, ``"VALID"`` or pairs for each axis.
    """
    kernel = filter if filters is None else filters
    return _convolution(input, kernel, strides, padding, data_format, dilations, name, 2)


def _convolution(
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    data_format: str | None,
    dilations: object,
    name: str | None,
    spatial: int,
) -> Tensor:
    layout = Layout.of(data_format, spatial)
    steps = layout.spatial_of(strides, "strides")
    dilation = layout.spatial_of(1 if dilations is None else dilations, "dilations")

    def recipe(images: TensorLike, filters: TensorLike) -> TensorLike:
        return layout.back(_first(layout, images, filters, steps, padding, dilation))

    kind = {1: "Conv1D", 2: "Conv2D"}[spatial]
    return apply(kind, recipe, *convert_pair(x, kernel, ("input", "filter")), name=name)


def _first(
    layout: Layout,
    images: TensorLike,
    filters: TensorLike,
    strides: Sequence[int],
    padding: object,
    dilation: Sequence[int],
    groups: int = 1,
) -> TensorLike:
    """The convolution with channels first, of images and kernels as TensorFlow keeps them."""
    n = layout.spatial
    if filters.ndim != n + 2:
        raise ShapeError(f"a kernel has rank {n + 2} ([*window, in, out]), got {filters.type}")
    x = layout.to_first(images)
    if groups == 1 and unify(x.shape[1], filters.shape[n]) is None:
        raise ShapeError(
            f"images {show_shape(images.shape)} ({layout.name}) have {x.shape[1]} channels, and the kernel "
            f"{show_shape(filters.shape)} is for {filters.shape[n]}",
            hint="a kernel is [height, width, in_channels, out_channels]",
        )
    w = ops.transpose(filters, [n + 1, n, *range(n)])
    window: tuple[int, ...] = w.shape[2:]  # type: ignore[assignment]
    return ops.conv(
        x,
        w,
        strides,
        pads(padding, x.shape[2:], window, strides, dilation, layout),
        dilation,
        groups,
    )


@scoped("conv1d")
def conv1d(
    value: object, filters: object, stride: object, padding: object,
    use_cudnn_on_gpu: bool | None = None, data_format: str | None = None, name: str | None = None,
    dilations: object = None,
) -> Tensor:  # fmt: skip
    """Convolution of sequences ``[batch, width, channels]`` with ``[width, channels, out]``."""
    form = {"NHWC": "NWC", "NCHW": "NCW"}.get(data_format or "NWC", data_format)
    return _convolution(value, filters, stride, padding, form, dilations, name, 1)


@scoped("convolution")
def convolution(
    input: object, filter: object, padding: object, strides: object = None,
    dilation_rate: object = None, name: str | None = None, data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """Convolution of sequences or images; strides and dilations for the spatial axes only."""
    x = convert(input)
    rank = x.shape.ndims
    if rank not in (3, 4):
        raise ShapeError(f"convolution needs sequences (rank 3) or images (rank 4), got {x.shape}")
    return _convolution(
        x, filter, strides or 1, padding, data_format, dilation_rate, name, rank - 2
    )


@scoped("atrous_conv2d")
def atrous_conv2d(
    value: object, filters: object, rate: int, padding: object, name: str | None = None
) -> Tensor:
    """`conv2d` with holes: the kernel's elements stand ``rate`` pixels apart."""
    return _convolution(value, filters, 1, padding, "NHWC", rate, name, 2)


@scoped("depthwise")
def depthwise_conv2d(
    input: object, filter: object, strides: object, padding: object, rate: object = None,
    name: str | None = None, data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """Each channel convolved by itself, with ``filter`` ``[height, width, channels, multiplier]``."""
    layout = Layout.of(data_format, 2)
    steps = layout.spatial_of(strides, "strides")
    dilation = layout.spatial_of(1 if rate is None else rate, "rate")

    def recipe(images: TensorLike, filters: TensorLike) -> TensorLike:
        *window, channels, multiplier = filters.shape
        alone = ops.reshape(filters, (*window, 1, channels * multiplier))
        assert isinstance(channels, int)
        return layout.back(_first(layout, images, alone, steps, padding, dilation, channels))

    return apply("DepthwiseConv2dNative", recipe, *convert_pair(input, filter), name=name)


depthwise_conv2d_native = depthwise_conv2d


@scoped("separable_conv2d")
def separable_conv2d(
    input: object, depthwise_filter: object, pointwise_filter: object, strides: object,
    padding: object, rate: object = None, name: str | None = None, data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """`depthwise_conv2d`, then a convolution of 1 x 1 that mixes the channels."""
    apart = depthwise_conv2d(
        input, depthwise_filter, strides, padding, rate, data_format=data_format
    )
    return _convolution(apart, pointwise_filter, 1, "VALID", data_format, 1, name, 2)


@scoped("conv2d_transpose")
def conv2d_transpose(
    value: object = None, filter: object = None, output_shape: object = None,
    strides: object = None, padding: object = "SAME", data_format: str | None = "NHWC",
    name: str | None = None, input: object = None, filters: object = None,
    dilations: object = None,
) -> Tensor:  # fmt: skip
    """The gradient of `conv2d` in its input, used forwards (deconvolution).

    Args:
        value: ``[batch, height, width, in]``.
        filter: ``[height, width, out, in]``.
        output_shape: the shape of the result, whose convolution would have the shape of ``value``.
    """
    images = convert(value if input is None else input)
    kernel = convert(filter if filters is None else filters)
    wanted, layout = DimsArgument(output_shape), Layout.of(data_format, 2)
    steps = layout.spatial_of(strides, "strides")
    dilation = layout.spatial_of(1 if dilations is None else dilations, "dilations")

    def recipe(g: TensorLike, w: TensorLike, *dims: Value) -> TensorLike:
        shape = wanted.dims(dims)
        extents = shape[2:] if layout.channels_first else shape[1:-1]
        canonical = ops.transpose(w, [3, 2, 0, 1])
        window: tuple[int, ...] = canonical.shape[2:]  # type: ignore[assignment]
        padded = pads(padding, extents, window, steps, dilation, layout)
        return layout.back(
            ops.conv_input_grad(layout.to_first(g), canonical, extents, steps, padded, dilation)
        )

    return apply("Conv2DBackpropInput", recipe, images, kernel, *wanted.tensors, name=name)


@scoped("BiasAdd")
def bias_add(
    value: object, bias: object, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """A number added for each channel, which stands last, or second with ``NCHW``."""
    first = data_format is not None and data_format.startswith("NC") and len(data_format) > 2

    def recipe(x: TensorLike, b: TensorLike) -> TensorLike:
        channels = x.shape[1 if first else -1] if x.ndim else 1
        if b.ndim != 1 or unify(channels, b.shape[0]) is None:
            raise ShapeError(
                f"bias_add: a bias for {show_shape(x.shape)} must have shape [{channels}], got {show_shape(b.shape)}"
            )
        if first and x.ndim > 2:
            b = ops.reshape(b, (*b.shape, *[1] * (x.ndim - 2)))
        return ops.add(x, b)

    return apply("BiasAdd", recipe, *convert_pair(value, bias, ("value", "bias")), name=name)
