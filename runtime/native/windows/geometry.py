"""How windows lie on images: the sizes that the code of a convolution is written for."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ....compiler.ir import Dim, Node
from ....compiler.ir.dtypes import float16, float32, float64
from ....compiler.ir.types import Shape
from ....compiler.ops import CONV, CONV_FILTER_GRAD, CONV_INPUT_GRAD, MAX_POOL, POOL_ARGMAX
from ....compiler.ops.sliding import all_see_elements, window_extent
from .operations import (
    CONVOLUTIONS,
    FILTER_GRADIENT,
    INPUT_GRADIENT,
    SPREAD,
    TO_MAXIMA,
    twin_of,
)

__all__ = ["Geometry", "Pair", "geometry_of", "is_supported"]

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Windows on images of two spatial axes; those of sequences have a height of 1.

    Attributes:
        count: how many images; may be a symbol.
        channels, filters: of all groups.
        size, window, extent: of an image, of the window, of its positions.
        before, after: the padding.
    """

    count: Dim
    channels: int
    filters: int
    groups: int
    size: Pair
    window: Pair
    extent: Pair
    strides: Pair
    dilation: Pair
    before: Pair
    after: Pair

    @property
    def padded(self) -> Pair:
        """The size of an image with its border."""
        (h, w), (top, left), (bottom, right) = self.size, self.before, self.after
        return h + top + bottom, w + left + right

    @property
    def has_border(self) -> bool:
        return any((*self.before, *self.after))

    @property
    def own_channels(self) -> int:
        """Channels of one group."""
        return self.channels // self.groups

    @property
    def own_filters(self) -> int:
        return self.filters // self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each channel is convolved with one filter of its own."""
        return self.groups > 1 and self.own_channels == self.own_filters == 1

    @property
    def operations(self) -> Dim:
        """Multiplications."""
        return self.count * prod(self.extent) * prod(self.window) * self.own_channels * self.filters


def is_supported(node: Node) -> bool:
    """Whether there is native code for an operation on windows: all sizes but the batch's are known."""
    convolution = node.op in (CONV, CONV_INPUT_GRAD, CONV_FILTER_GRAD)
    types = (float16, float32, float64) if convolution else (float32, float64)
    if twin_of(node.op) is None or node.inputs[0].dtype not in types:
        return False
    shapes = [v.shape for v in (*node.inputs, node.output)]
    known = [d for shape in shapes for d in shape[1:]]
    if node.op in (CONV, CONV_INPUT_GRAD):
        known.append(shapes[1][0])
    if node.op is CONV_FILTER_GRAD:
        known.append(shapes[2][0])
    if len(shapes[0]) not in (3, 4) or not all(isinstance(d, int) and d > 0 for d in known):
        return False
    return node.op not in (MAX_POOL, POOL_ARGMAX) or _all_see_the_image(node)


def _all_see_the_image(node: Node) -> bool:
    attrs = node.attrs
    how = (attrs["window"], attrs["strides"], attrs["padding"], attrs["dilation"])
    return all_see_elements(node.inputs[0].shape[2:], *how)  # type: ignore[arg-type]


def geometry_of(node: Node) -> Geometry:
    """The sizes of an operation on windows whose channels are last."""
    first, *others, result = (v.shape for v in (*node.inputs, node.output))
    second = others[0] if others else result
    attrs = node.attrs
    if node.op not in CONVOLUTIONS:
        back = node.op in (SPREAD, TO_MAXIMA)
        images, positions = (result, first) if back else (first, result)
        channels = filters = images[-1]
        window: Shape = attrs["window"]  # type: ignore[assignment]
    elif node.op is INPUT_GRADIENT:
        images, positions, channels, filters = result, first, result[-1], first[-1]
        window = second[:-2]
    elif node.op is FILTER_GRADIENT:
        images, positions, channels, filters = first, second, first[-1], second[-1]
        window = result[:-2]
    else:
        images, positions, channels, filters = first, result, first[-1], result[-1]
        window = second[:-2]
    padding: tuple[Pair, ...] = attrs["padding"]  # type: ignore[assignment]
    made = Geometry(
        images[0],
        channels,  # type: ignore[arg-type]
        filters,  # type: ignore[arg-type]
        attrs.get("groups", channels),  # type: ignore[arg-type]
        _pair(images[1:-1], 1),
        _pair(window, 1),
        _pair(positions[1:-1], 1),
        _pair(attrs["strides"], 1),
        _pair(attrs["dilation"], 1),
        _pair([lo for lo, _ in padding], 0),
        _pair([hi for _, hi in padding], 0),
    )
    found = tuple(
        window_extent(*sizes)
        for sizes in zip(
            made.size, made.window, made.strides, zip(made.before, made.after, strict=True), made.dilation,
            strict=True,
        )
    )  # fmt: skip
    assert found == made.extent, f"{node} has windows at {made.extent}, not at {found}"
    return made


def _pair(numbers: object, missing: int) -> Pair:
    row = tuple(numbers)  # type: ignore[arg-type, var-annotated]
    return row if len(row) == 2 else (missing, row[0])
