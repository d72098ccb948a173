"""Layers that pool images and sequences."""

from __future__ import annotations

from collections.abc import Sequence

from .. import nn
from ..tensor import Tensor
from .convolutional import FORMATS
from .layer import Layer, pair

__all__ = [
    "AveragePooling2D", "MaxPooling1D", "MaxPooling2D", "average_pooling2d", "max_pooling1d",
    "max_pooling2d",
]  # fmt: skip


class _Pooling(Layer):
    kind = "MAX"
    spatial = 2

    def __init__(
        self,
        pool_size: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.window = pair(pool_size, self.spatial, "pool_size")
        self.strides = pair(strides, self.spatial, "strides")
        self.padding = padding.upper()
        self.format = FORMATS[self.spatial, data_format]

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        return nn.pool(
            inputs, self.window, self.kind, self.padding, self.strides, data_format=self.format
        )


class MaxPooling2D(_Pooling):
    """The largest element in each window of images."""


class AveragePooling2D(_Pooling):
    """The mean over each window of images; padding does not count."""

    kind = "AVG"


class MaxPooling1D(_Pooling):
    """The largest element in each window of sequences."""

    spatial = 1


def max_pooling2d(
    inputs: object, pool_size: int | Sequence[int], strides: int | Sequence[int],
    padding: str = "valid", data_format: str = "channels_last", name: str | None = None,
) -> Tensor:  # fmt: skip
    """`MaxPooling2D`, applied once."""
    return MaxPooling2D(pool_size, strides, padding, data_format, name)(inputs)


def average_pooling2d(
    inputs: object, pool_size: int | Sequence[int], strides: int | Sequence[int],
    padding: str = "valid", data_format: str = "channels_last", name: str | None = None,
) -> Tensor:  # fmt: skip
    """`AveragePooling2D`, applied once."""
    return AveragePooling2D(pool_size, strides, padding, data_format, name)(inputs)


def max_pooling1d(
    inputs: object, pool_size: int | Sequence[int], strides: int | Sequence[int],
    padding: str = "valid", data_format: str = "channels_last", name: str | None = None,
) -> Tensor:  # fmt: skip
    """`MaxPooling1D`, applied once."""
    return MaxPooling1D(pool_size, strides, padding, data_format, name)(inputs)
