"""The convolution: rows are positions, columns filters, and what is summed over are the elements of a window."""

from __future__ import annotations

from ..domains import Axis
from ..emit import I64, Operand, number
from .images import Image
from .kernel import WindowKernel
from .tile import Level
from .tiles import choose

__all__ = ["ForwardKernel"]


class ForwardKernel(WindowKernel):
    """Its range counts blocks of rows of positions, through all images."""

    def plan(self) -> None:
        g = self.geometry
        steps = g.window[0] * g.window[1] * g.own_channels
        columns = g.filters if g.is_depthwise else g.own_filters
        self.columns = columns
        self.tiles = choose(g.extent, columns, steps, self.lanes, self.tiling.registers)
        self.blocks = -(-g.extent[0] // self.tiles.box[0])
        self.split = Axis(g.count * self.blocks, (0,), False)

    def body(self, start: Operand, stop: Operand) -> None:
        b, g = self.b, self.geometry
        images = self.image(self.views[0])
        weights = self.views[1]
        self.weights = self.frame.address(self.places[weights.base], weights.offset)
        output = self.output()
        bordered = self.bordered() if g.has_border else None
        height = self.tiles.box[0]
        with b.loop(start, stop, 1) as loop:
            count = b.value(I64, f"udiv i64 {loop.index.text}, {self.blocks}")
            block = b.sub(loop.index, b.mul(count, number(I64, self.blocks)))
            image = self.at(images.begin, count, images.batch)
            lies = images
            if bordered is not None:
                fresh = b.compare("eq", block, number(I64, 0))
                fresh = b.binary("or", fresh, b.compare("eq", loop.index, start))
                with b.when(fresh):
                    self.fill(image, lies, bordered, bordered.begin)
                lies, image = bordered, bordered.begin
            row = b.mul(block, number(I64, height))
            self.lies, self.source = lies, self.at(image, row, g.strides[0] * lies.row)
            size = g.extent[1] * g.filters
            self.target = self.at(self.at(output, count, g.extent[0] * size), row, size)
            end = b.intrinsic(
                "smin", I64, b.add(row, number(I64, height)), number(I64, g.extent[0])
            )
            left = g.extent[0] % height
            if not left or self.blocks == 1:
                self._rows(height)
            else:
                last = b.compare("eq", block, number(I64, self.blocks - 1))
                with b.when(b.binary("xor", last, number(last.type, True))):
                    self._rows(height)
                with b.when(last):
                    self._rows(left)
            self.follow_image(count, (row, end))
            loop.give()

    def _rows(self, height: int) -> None:
        """The positions of some rows."""
        b, g = self.b, self.geometry
        with self.groups() as group:
            source = self.at(self.source, group, g.own_channels * self.lies.channel)
            first = b.mul(group, number(I64, g.own_filters))
            weights, target = (self.at(p, first, 1) for p in (self.weights, self.target))

            def panel(column: Operand, vectors: int, columns: int) -> None:
                def part(at: Operand, width: int) -> None:
                    a = self.at(source, at, g.strides[1] * self.lies.column)
                    if g.is_depthwise:
                        a = self.at(a, column, 1)
                    other = self.at(weights, column, 1)
                    c = self.at(self.at(target, at, g.filters), column, 1)
                    self.tile(
                        self._box(self.lies, height, width), vectors, columns, self._levels(self.lies),
                        (a, other, c), number(I64, 0),
                    )  # fmt: skip

                self.pieces(number(I64, 0), g.extent[1], self.tiles.box[1], part)

            self.panels(self.columns, self.tiles.vectors, panel)

    def _box(self, lies: Image, height: int, width: int) -> list[tuple[int, int]]:
        g = self.geometry
        return [
            (
                i * g.strides[0] * lies.row + j * g.strides[1] * lies.column,
                (i * g.extent[1] + j) * g.filters,
            )
            for i in range(height)
            for j in range(width)
        ]

    def _levels(self, lies: Image) -> list[Level]:
        g = self.geometry
        (kh, kw), c = g.window, g.own_channels
        levels = [
            Level(kh, g.dilation[0] * lies.row, kw * c * g.filters),
            Level(kw, g.dilation[1] * lies.column, c * g.filters),
            Level(c, lies.channel, g.filters),
        ]
        return [level for level in levels if level.size != 1]
