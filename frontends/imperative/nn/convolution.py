"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import creation
from ..dtypes import dtype as DTypeName
from ..tensor import Tensor
from . import functional as F
from . import init
from .functional.support import per_axis
from .module import Module
from .parameter import Parameter, owned

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

Ints = int | Sequence[int]
MODES = ("reflect", "replicate", "circular")


class _Conv(Module):
    """What convolutions and their transposes share: filters, bias and how to apply them."""

    weight: Parameter
    bias: Parameter | None
    rank = 0
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints,
        padding: str | Ints,
        dilation: Ints,
        output_padding: Ints,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: DTypeName | None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode != "zeros" and (padding_mode not in MODES or self.transposed):
            raise ValueError(
                'Only "zeros" padding mode is supported for ConvTranspose'
                if self.transposed
                else "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, "
                f"but got padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis("kernel_size", kernel_size, self.rank)
        self.stride = per_axis("stride", stride, self.rank)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string '{padding}', should be one of {{'valid', 'same'}}"
                )
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        self.padding = (
            padding if isinstance(padding, str) else per_axis("padding", padding, self.rank)
        )
        self.dilation = per_axis("dilation", dilation, self.rank)
        self.output_padding = per_axis("output_padding", output_padding, self.rank)
        self.groups = groups
        self.padding_mode = padding_mode
        ends = (out_channels, in_channels // groups)
        if self.transposed:
            ends = (in_channels, out_channels // groups)
        self.weight = owned(creation.empty((*ends, *self.kernel_size), dtype=dtype))
        if bias:
            self.bias = owned(creation.empty(out_channels, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init.fans(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * self.rank:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.rank:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.rank:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Forward(_Conv):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: str | Ints = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: object = None,
        dtype: DTypeName | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        padding: str | tuple[int, ...] = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._around(), self.padding_mode)
            padding = 0  # type: ignore[assignment]
        function = F.conv1d if self.rank == 1 else F.conv2d
        return function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _around(self) -> list[int]:
        """The padding as `pad` takes it."""
        sizes: list[int] = []
        for i in reversed(range(self.rank)):
            total = self.dilation[i] * (self.kernel_size[i] - 1)
            if self.padding == "same":
                sizes += [total // 2, total - total // 2]
            else:
                p = 0 if isinstance(self.padding, str) else self.padding[i]
                sizes += [p, p]
        return sizes


class Conv1d(_Forward):
    """``[n, c, l]`` to ``[n, out_channels, l']``."""

    rank = 1


class Conv2d(_Forward):
    """``[n, c, h, w]`` to ``[n, out_channels, h', w']``."""

    rank = 2


class _Transposed(_Conv):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: object = None,
        dtype: DTypeName | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        assert not isinstance(self.padding, str)
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra(input, output_size)
        function = F.conv_transpose1d if self.rank == 1 else F.conv_transpose2d
        return function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that gives the wanted size."""
        assert not isinstance(self.padding, str)
        wanted = tuple(output_size)[-self.rank :]
        have = input.shape[-self.rank :]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                have,
                self.stride,
                self.padding,
                self.dilation,
                self.kernel_size,
                strict=True,
            )
        ]
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if any(not lo <= w <= hi for lo, w, hi in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to "
                f"{most} (for an input of {tuple(have)})"
            )
        return tuple([w - lo for w, lo in zip(wanted, least, strict=True)])


class ConvTranspose1d(_Transposed):
    """The transpose of `Conv1d`: ``[n, c, l]`` to ``[n, out_channels, l']``."""

    rank = 1


class ConvTranspose2d(_Transposed):
    """The transpose of `Conv2d`: ``[n, c, h, w]`` to ``[n, out_channels, h', w']``."""

    rank = 2
