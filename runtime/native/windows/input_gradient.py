"""The gradient for the input: every position adds, at each place of its window, what its filters say."""

from __future__ import annotations

from ..domains import Axis
from ..emit import I64, Operand, number
from .images import Image, emit_copy
from .kernel import WindowKernel
from .tile import Level
from .tiles import choose

__all__ = ["InputGradientKernel"]


class InputGradientKernel(WindowKernel):
    """Its range counts images.

    For each place of the window, rows are positions, columns channels, and what is summed over are the filters; a tile
    is added where the place lies on the image. So no multiplication is by a zero of a border or between strides.
    """

    def plan(self) -> None:
        g = self.geometry
        self.columns = g.channels if g.is_depthwise else g.own_channels
        steps = 1 if g.is_depthwise else g.own_filters
        self.tiles = choose(g.extent, self.columns, steps, self.lanes, self.tiling.registers)
        self.split = Axis(g.count, (0,), False)

    def body(self, start: Operand, stop: Operand) -> None:
        b, g = self.b, self.geometry
        positions = self.image(self.views[0])
        weights = self.views[1]
        self.weights = self.frame.address(self.places[weights.base], weights.offset)
        output = self.output()
        (h, w), c = g.padded, g.channels
        scratch = self.scratch(h * w * c) if g.has_border else None
        self.lies = positions
        size = g.size[0] * g.size[1] * c
        with b.loop(start, stop, 1) as loop:
            image = self.at(output, loop.index, size)
            target = image if scratch is None else scratch
            self.zeros(target, h * w * c)
            source = self.at(positions.begin, loop.index, positions.batch)

            def rows(
                row: Operand, height: int, source: Operand = source, target: Operand = target
            ) -> None:
                self._rows(
                    self.at(source, row, positions.row),
                    self.at(target, row, g.strides[0] * w * c),
                    height,
                )

            self.pieces(number(I64, 0), g.extent[0], self.tiles.box[0], rows)
            if scratch is not None:
                inside = Image(target, 0, w * c, c, 1)
                whole = Image(image, 0, g.size[1] * c, c, 1)
                copy = emit_copy(b.module, self.type, self.lanes, inside, whole, (*g.size, c))
                first = self.at(scratch, number(I64, 1), (g.before[0] * w + g.before[1]) * c)
                b.line(f"call void @{copy}({first}, {image})")
            self.follow_image(loop.index, (number(I64, 0), number(I64, g.size[0])))
            loop.give()

    def _rows(self, source: Operand, target: Operand, height: int) -> None:
        g = self.geometry
        with self.groups() as group:
            own = self.at(source, group, g.own_filters * self.lies.channel)
            to = self.at(target, group, g.own_channels)
            weights = self.at(self.weights, group, g.own_filters * g.own_channels)

            def panel(column: Operand, vectors: int, columns: int) -> None:
                a = self.at(own, column, 1) if g.is_depthwise else own
                other, c = self.at(weights, column, 1), self.at(to, column, 1)
                self._places(a, other, c, height, vectors, columns)

            self.panels(self.columns, self.tiles.vectors, panel)

    def _places(
        self, a: Operand, other: Operand, c: Operand, height: int, vectors: int, columns: int
    ) -> None:
        """Add what each place of the window gives."""
        b, g = self.b, self.geometry
        width = g.padded[1] * g.channels
        step = number(I64, g.filters * g.own_channels)
        with b.loop(number(I64, 0), number(I64, g.window[0]), 1, other, once=True) as down:
            at = self.at(c, down.index, g.dilation[0] * width)
            with b.loop(
                number(I64, 0), number(I64, g.window[1]), 1, *down.carried, once=True
            ) as along:
                (place,) = along.carried
                to = self.at(at, along.index, g.dilation[1] * g.channels)

                def part(j: Operand, length: int) -> None:
                    first = self.at(a, j, self.lies.column)
                    target = self.at(to, j, g.strides[1] * g.channels)
                    self.tile(
                        self._box(height, length), vectors, columns, self._levels(),
                        (first, place, target), number(I64, 1),
                    )  # fmt: skip

                self.pieces(number(I64, 0), g.extent[1], self.tiles.box[1], part)
                along.give(b.offset(place, step, self.type))
            down.give(*along.results)

    def _box(self, height: int, width: int) -> list[tuple[int, int]]:
        g, lies = self.geometry, self.lies
        return [
            (
                i * lies.row + j * lies.column,
                (i * g.strides[0] * g.padded[1] + j * g.strides[1]) * g.channels,
            )
            for i in range(height)
            for j in range(width)
        ]

    def _levels(self) -> list[Level]:
        g = self.geometry
        if g.own_filters == 1:
            return []
        return [Level(g.own_filters, self.lies.channel, g.own_channels)]
