"""Copies of images in the order in which tiles read them: with a border, and with the channels of a tile side by side.

Channels of an image are often a power of two, and then its elements fall into few sets of a cache; in panels they lie
one behind the other.
"""

from __future__ import annotations

from ..emit import I64, Operand, number
from .geometry import Pair
from .images import Image, emit_copy
from .kernel import WindowKernel

__all__ = ["Panels", "WIDE"]

WIDE = 256
"""Bytes between neighbouring columns from which on panels pay."""


class Panels:
    """Memory for the panels of some images.

    Attributes:
        lies: how the elements of one panel lie.
        apart: how far the panel is, for each channel before it.
    """

    def __init__(
        self, kernel: WindowKernel, count: int, size: Pair, channels: int, width: int, zero: bool
    ) -> None:
        """
        Args:
            count: how many images there is room for.
            size: theirs, with the border.
            width: channels of a panel; all of them: there is one.
            zero: whether there is a border, to be filled with zeros.
        """
        self.kernel, self.channels, self.width = kernel, channels, width
        h, w = size
        blocks = -(-channels // width)
        begin = kernel.scratch(blocks * count * h * w * width)
        if zero:
            kernel.zeros(begin, blocks * count * h * w * width)
        self.lies = Image(begin, h * w * width, w * width, width, 1)
        self.apart = count * h * w if blocks > 1 else 1

    def fill(
        self, source: Operand, lies: Image, count: Operand, size: Pair, before: Pair = (0, 0)
    ) -> None:
        """Copy images of a size into the border.

        Args:
            source: the first one.
            lies: how they lie.
            count: how many.
        """
        kernel, own = self.kernel, self.lies
        b = kernel.b
        begin = number(I64, before[0] * own.row + before[1] * own.column)
        inside = kernel.at(own.begin, begin, 1)

        def panel(channel: Operand, length: int) -> None:
            copy = emit_copy(b.module, kernel.type, kernel.lanes, lies, own, (*size, length))
            x = kernel.at(source, channel, lies.channel)
            y = kernel.at(inside, channel, self.apart)
            with b.loop(number(I64, 0), count, 1) as loop:
                arguments = (
                    kernel.at(x, loop.index, lies.batch),
                    kernel.at(y, loop.index, own.batch),
                )
                b.line(f"call void @{copy}({', '.join(map(str, arguments))})")
                loop.give()

        kernel.pieces(number(I64, 0), self.channels, self.width, panel)
