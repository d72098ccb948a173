"""Layers that convolve images and sequences."""

from __future__ import annotations

from collections.abc import Sequence

from .. import nn
from ..array_ops import shape as shape_of
from ..array_ops import stack
from ..initializers import zeros_initializer
from ..shape import TensorShape
from ..tensor import Tensor
from ..variable_scope import Regularizer, Reuse
from .core import refuse_constraints
from .layer import Activation, Layer, known_channels, pair

__all__ = [
    "Conv1D", "Conv2D", "Conv2DTranspose", "conv1d", "conv2d", "conv2d_transpose",
    "SeparableConv2D", "separable_conv2d",
]  # fmt: skip

FORMATS = {
    (1, "channels_last"): "NWC", (1, "channels_first"): "NCW",
    (2, "channels_last"): "NHWC", (2, "channels_first"): "NCHW",
}  # fmt: skip


class _Convolution(Layer):
    """Kernel, bias and activation of the convolutions."""

    spatial = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        activation: Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: object = None,
        bias_initializer: object = zeros_initializer,
        kernel_regularizer: Regularizer | None = None,
        bias_regularizer: Regularizer | None = None,
        activity_regularizer: object = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: object = None,
        _reuse: Reuse = None,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse, None, activity_regularizer)
        self.filters = int(filters)
        self.window = pair(kernel_size, self.spatial, "kernel_size")
        self.strides = pair(strides, self.spatial, "strides")
        self.dilation = pair(dilation_rate, self.spatial, "dilation_rate")
        self.padding = padding.upper()
        self.format = FORMATS[self.spatial, data_format]
        self.activation = activation
        self.use_bias = use_bias
        self._initializers = (kernel_initializer, bias_initializer)
        self._regularizers = (kernel_regularizer, bias_regularizer)

    def channels(self, shape: TensorShape) -> int:
        return known_channels(shape, 1 if self.format[1] == "C" else -1, type(self).__name__)

    def kernel_shape(self, channels: int) -> list[int]:
        return [*self.window, channels, self.filters]

    def build(self, input_shape: TensorShape) -> None:
        shape = self.kernel_shape(self.channels(input_shape))
        self.kernel = self.add_weight("kernel", shape, self._initializers[0], self._regularizers[0])
        self._build_bias()

    def _build_bias(self) -> None:
        self.bias = (
            self.add_weight("bias", [self.filters], self._initializers[1], self._regularizers[1])
            if self.use_bias
            else None
        )

    def finish(self, outputs: Tensor) -> Tensor:
        """Bias and activation."""
        if self.bias is not None:
            outputs = nn.bias_add(outputs, self.bias, self.format)
        return self.activation(outputs) if self.activation is not None else outputs


class Conv2D(_Convolution):
    """Convolution of images with a kernel ``[height, width, channels, filters]``."""

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        return self.finish(
            nn.conv2d(
                inputs, self.kernel, _full(self.format, self.strides), self.padding,
                data_format=self.format, dilations=_full(self.format, self.dilation),
            )
        )  # fmt: skip


class Conv1D(_Convolution):
    """Convolution of sequences with a kernel ``[width, channels, filters]``."""

    spatial = 1

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        return self.finish(
            nn.conv1d(
                inputs, self.kernel, self.strides[0], self.padding, data_format=self.format,
                dilations=self.dilation[0],
            )
        )  # fmt: skip


class Conv2DTranspose(_Convolution):
    """Transposed convolution with a kernel ``[height, width, filters, channels]``."""

    def kernel_shape(self, channels: int) -> list[int]:
        return [*self.window, self.filters, channels]

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        first = self.format[1] == "C"
        known = inputs.shape.as_list()
        sizes: list[object] = []
        for i, axis in enumerate((2, 3) if first else (1, 2)):
            extent = known[axis]
            before: object = extent if extent is not None else shape_of(inputs)[axis]
            sizes.append(self._grown(before, i))
        batch = shape_of(inputs)[0]
        whole = [batch, self.filters, *sizes] if first else [batch, *sizes, self.filters]
        return self.finish(
            nn.conv2d_transpose(
                inputs, self.kernel, stack(whole), _full(self.format, self.strides), self.padding,
                self.format,
            )
        )  # fmt: skip

    def _grown(self, extent: object, axis: int) -> object:
        """The extent of the smallest image that the convolution would map to one of this extent."""
        grown = extent * self.strides[axis]  # type: ignore[operator]
        if self.padding == "VALID":
            grown = grown + max(self.window[axis] - self.strides[axis], 0)
        return grown


class SeparableConv2D(_Convolution):
    """Each channel convolved by itself, then mixed by a convolution of 1 x 1."""

    depth_multiplier = 1

    def build(self, input_shape: TensorShape) -> None:
        channels = self.channels(input_shape)
        initializer, regularizer = self._initializers[0], self._regularizers[0]
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", [*self.window, channels, self.depth_multiplier], initializer,
            regularizer,
        )  # fmt: skip
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", [1, 1, channels * self.depth_multiplier, self.filters],
            initializer, regularizer,
        )  # fmt: skip
        self._build_bias()

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        return self.finish(
            nn.separable_conv2d(
                inputs, self.depthwise_kernel, self.pointwise_kernel,
                _full(self.format, self.strides), self.padding, self.dilation,
                data_format=self.format,
            )
        )  # fmt: skip


def _full(form: str, numbers: Sequence[int]) -> list[int]:
    """Numbers for the spatial axes, with 1 for the batch and the channels."""
    return [1, 1, *numbers] if form[1] == "C" else [1, *numbers, 1]


def conv2d(
    inputs: object, filters: int, kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = (1, 1), padding: str = "valid",
    data_format: str = "channels_last", dilation_rate: int | Sequence[int] = (1, 1),
    activation: Activation | None = None, use_bias: bool = True, kernel_initializer: object = None,
    bias_initializer: object = zeros_initializer, kernel_regularizer: Regularizer | None = None,
    bias_regularizer: Regularizer | None = None, activity_regularizer: object = None,
    kernel_constraint: object = None, bias_constraint: object = None, trainable: bool = True,
    name: str | None = None, reuse: Reuse = None,
) -> Tensor:  # fmt: skip
    """`Conv2D`, applied once."""
    refuse_constraints(kernel_constraint, bias_constraint)
    return Conv2D(
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        activity_regularizer, trainable, name, _reuse=reuse,
    )(inputs)  # fmt: skip


def conv1d(
    inputs: object, filters: int, kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = 1, padding: str = "valid", data_format: str = "channels_last",
    dilation_rate: int | Sequence[int] = 1, activation: Activation | None = None,
    use_bias: bool = True, kernel_initializer: object = None,
    bias_initializer: object = zeros_initializer, kernel_regularizer: Regularizer | None = None,
    bias_regularizer: Regularizer | None = None, activity_regularizer: object = None,
    kernel_constraint: object = None, bias_constraint: object = None, trainable: bool = True,
    name: str | None = None, reuse: Reuse = None,
) -> Tensor:  # fmt: skip
    """`Conv1D`, applied once."""
    refuse_constraints(kernel_constraint, bias_constraint)
    return Conv1D(
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        activity_regularizer, trainable, name, _reuse=reuse,
    )(inputs)  # fmt: skip


def conv2d_transpose(
    inputs: object, filters: int, kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = (1, 1), padding: str = "valid",
    data_format: str = "channels_last", activation: Activation | None = None,
    use_bias: bool = True, kernel_initializer: object = None,
    bias_initializer: object = zeros_initializer, kernel_regularizer: Regularizer | None = None,
    bias_regularizer: Regularizer | None = None, activity_regularizer: object = None,
    kernel_constraint: object = None, bias_constraint: object = None, trainable: bool = True,
    name: str | None = None, reuse: Reuse = None,
) -> Tensor:  # fmt: skip
    """`Conv2DTranspose`, applied once."""
    refuse_constraints(kernel_constraint, bias_constraint)
    return Conv2DTranspose(
        filters, kernel_size, strides, padding, data_format, 1, activation, use_bias,
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        activity_regularizer, trainable, name, _reuse=reuse,
    )(inputs)  # fmt: skip


def separable_conv2d(
    inputs: object, filters: int, kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = (1, 1), padding: str = "valid",
    data_format: str = "channels_last", dilation_rate: int | Sequence[int] = (1, 1),
    depth_multiplier: int = 1, activation: Activation | None = None, use_bias: bool = True,
    depthwise_initializer: object = None, bias_initializer: object = zeros_initializer,
    depthwise_regularizer: Regularizer | None = None, trainable: bool = True,
    name: str | None = None, reuse: Reuse = None,
) -> Tensor:  # fmt: skip
    """`SeparableConv2D`, applied once; one initializer and regularizer serves both kernels."""
    layer = SeparableConv2D(
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
        depthwise_initializer, bias_initializer, depthwise_regularizer, trainable=trainable,
        name=name, _reuse=reuse,
    )  # fmt: skip
    layer.depth_multiplier = depth_multiplier
    return layer(inputs)
