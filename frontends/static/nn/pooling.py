"""Pooling of images and sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....compiler import ops
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert
from ..tensor import Tensor
from .windows import Layout, Pads, pads

__all__ = ["avg_pool", "avg_pool1d", "avg_pool2d", "max_pool", "max_pool1d", "max_pool2d", "pool"]

Pool = Callable[[TensorLike, Sequence[int], Sequence[int], Pads], TensorLike]


def _pool(
    type: str,
    how: Pool,
    value: object,
    ksize: object,
    strides: object,
    padding: object,
    data_format: str | None,
    name: str | None,
    spatial: int = 2,
) -> Tensor:
    layout = Layout.of(data_format, spatial)
    window = layout.spatial_of(ksize, "ksize")
    steps = layout.spatial_of(strides, "strides")

    def recipe(x: TensorLike) -> TensorLike:
        images = layout.to_first(x)
        around = pads(padding, images.shape[2:], window, steps, (1,) * spatial, layout)
        return layout.back(how(images, window, steps, around))

    return apply(type, recipe, convert(value, name="value"), name=name)


def _mean(x: TensorLike, window: Sequence[int], strides: Sequence[int], around: Pads) -> TensorLike:
    """The mean over what each window sees of the image; zeros put around it do not count."""
    sums = ops.sum_pool(x, window, strides, around)
    if all(p == (0, 0) for p in around):
        size = 1
        for extent in window:
            size *= extent
        return ops.div(sums, float(size))
    ones = ops.full((1, 1, *x.shape[2:]), 1, x.dtype)
    return ops.div(sums, ops.sum_pool(ones, window, strides, around))


@scoped("MaxPool")
def max_pool(
    value: object = None, ksize: object = None, strides: object = None, padding: object = None,
    data_format: str | None = "NHWC", name: str | None = None, input: object = None,
) -> Tensor:  # fmt: skip
    """The largest element in each window of images.

    Args:
        ksize, strides: one number for each axis of the images.
        padding: ``"SAME"`` or ``"VALID"``.
    """
    images = value if input is None else input
    return _pool("MaxPool", ops.max_pool, images, ksize, strides, padding, data_format, name)


@scoped("AvgPool")
def avg_pool(
    value: object = None, ksize: object = None, strides: object = None, padding: object = None,
    data_format: str | None = "NHWC", name: str | None = None, input: object = None,
) -> Tensor:  # fmt: skip
    """The mean over each window of images; padding does not count."""
    images = value if input is None else input
    return _pool("AvgPool", _mean, images, ksize, strides, padding, data_format, name)


max_pool2d, avg_pool2d = max_pool, avg_pool


@scoped("max_pool1d")
def max_pool1d(
    input: object, ksize: object, strides: object, padding: object,
    data_format: str | None = "NWC", name: str | None = None,
) -> Tensor:  # fmt: skip
    """The largest element in each window of sequences ``[batch, width, channels]``."""
    return _pool("MaxPool", ops.max_pool, input, ksize, strides, padding, data_format, name, 1)


@scoped("avg_pool1d")
def avg_pool1d(
    input: object, ksize: object, strides: object, padding: object,
    data_format: str | None = "NWC", name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean over each window of sequences ``[batch, width, channels]``."""
    return _pool("AvgPool", _mean, input, ksize, strides, padding, data_format, name, 1)


@scoped("pool")
def pool(
    input: object, window_shape: Sequence[int], pooling_type: str, padding: object,
    strides: object = None, name: str | None = None, data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """`max_pool` (``"MAX"``) or `avg_pool` (``"AVG"``), with a window and strides for the spatial axes only."""
    how: Pool = ops.max_pool if pooling_type == "MAX" else _mean
    return _pool(
        "Pool",
        how,
        input,
        window_shape,
        strides or 1,
        padding,
        data_format,
        name,
        len(window_shape),
    )
