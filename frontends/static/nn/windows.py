"""What convolution and pooling share: windows, strides and padding as TensorFlow writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....compiler import ops
from ....compiler.errors import AttributeValueError, ShapeError
from ....compiler.ir import Dim
from ....compiler.ops import TensorLike

Pads = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a tensor of images keeps its channels; the compiler's operations want them first."""

    name: str
    spatial: int

    @classmethod
    def of(cls, data_format: str | None, spatial: int) -> Layout:
        """Raises: AttributeValueError: no such format for that many spatial axes."""
        last = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[spatial]
        first = {1: "NCW", 2: "NCHW", 3: "NCDHW"}[spatial]
        given = data_format or last
        given = {"channels_last": last, "channels_first": first}.get(given, given)
        if given not in (last, first):
            raise AttributeValueError(f"data_format {data_format!r} is neither {last} nor {first}")
        return cls(given, spatial)

    @property
    def channels_first(self) -> bool:
        return self.name[1] == "C"

    @property
    def channel_axis(self) -> int:
        return 1 if self.channels_first else self.spatial + 1

    def to_first(self, x: TensorLike) -> TensorLike:
        if x.ndim != self.spatial + 2:
            raise ShapeError(
                f"images in the format {self.name} have rank {self.spatial + 2}, got {x.type}"
            )
        if self.channels_first:
            return x
        return ops.transpose(x, [0, self.spatial + 1, *range(1, self.spatial + 1)])

    def back(self, x: TensorLike) -> TensorLike:
        if self.channels_first:
            return x
        return ops.transpose(x, [0, *range(2, self.spatial + 2), 1])

    def spatial_of(self, numbers: object, what: str) -> tuple[int, ...]:
        """The spatial entries of a list with one entry for each axis (or for each spatial axis, or a single number)."""
        if isinstance(numbers, (int, np.integer)):
            return (int(numbers),) * self.spatial
        given = [int(n) for n in numbers]  # type: ignore[attr-defined]
        if len(given) == 1:
            return (given[0],) * self.spatial
        if len(given) == self.spatial:
            return tuple(given)
        if len(given) != self.spatial + 2:
            raise AttributeValueError(
                f"{what} must have {self.spatial + 2} entries for the format {self.name}, got {given}"
            )
        outer = (given[0], given[self.channel_axis])
        if outer != (1, 1):
            raise AttributeValueError(
                f"{what} over the batch or the channels must be 1, got {given}"
            )
        return tuple(given[2:] if self.channels_first else given[1:-1])


def pads(
    padding: object,
    extents: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    layout: Layout,
) -> Pads:
    """Zeros before and after each spatial axis.

    Args:
        padding: ``"VALID"``, ``"SAME"``, or explicit pairs for all axes.

    Raises:
        ShapeError: SAME with a stride needs extents that are not known.
    """
    if not isinstance(padding, str):
        pairs = [(int(lo), int(hi)) for lo, hi in padding]  # type: ignore[attr-defined]
        return tuple(pairs[2:] if layout.channels_first else pairs[1:-1])
    kind = padding.upper()
    if kind == "VALID":
        return ((0, 0),) * len(window)
    if kind != "SAME":
        raise AttributeValueError(f"padding {padding!r} is neither 'SAME' nor 'VALID'")
    return tuple(_same(*axis) for axis in zip(extents, window, strides, dilation, strict=True))


def _same(extent: Dim, window: int, stride: int, dilation: int) -> tuple[int, int]:
    """Enough zeros for ``ceil(extent / stride)`` positions, the odd one at the end."""
    reach = (window - 1) * dilation + 1
    if stride == 1:
        total = reach - 1
    elif isinstance(extent, int):
        total = max((-(-extent // stride) - 1) * stride + reach - extent, 0)
    else:
        raise ShapeError(
            f"padding='SAME' with stride {stride} needs spatial extents that are known, got {extent}",
            hint="give the placeholder its height and width",
        )
    return total // 2, total - total // 2
