"""The gradient for the filters: rows are the elements of a window, columns filters, and positions are summed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from ..domains import Axis
from ..emit import I64, Operand, number
from .images import Image
from .kernel import WindowKernel
from .panels import WIDE, Panels
from .tile import Level
from .tiles import choose

__all__ = ["FilterGradientKernel"]

CHUNK = 1 << 19
"""Bytes of images and cotangents that all tiles read before the next come: they should stay in the second cache."""

OFTEN = 8
"""Tiles that read an element from which on a copy of it pays."""
MANY = 8
"""Channels that make a tile by themselves."""


class FilterGradientKernel(WindowKernel):
    """Its range counts tiles: each keeps its sums in registers while the positions of some images pass."""

    def plan(self) -> None:
        g = self.geometry
        self.columns = g.filters if g.is_depthwise else g.own_filters
        self.box = (*g.window, g.own_channels)
        item = self.type.bits // 8
        image = item * (
            g.padded[0] * g.padded[1] * g.channels + g.extent[0] * g.extent[1] * g.filters
        )
        self.images = max(1, CHUNK // image)
        """How many images make a chunk."""
        self.height = g.extent[0]
        """How many rows of positions of an image do."""
        if image > 2 * CHUNK:
            self.height = max(1, g.extent[0] * CHUNK // image)
        steps = self.images * self.height * g.extent[1]
        # Rows at several places of a window would read the same elements a step later, and LLVM keep them in registers.
        box = (1, 1, g.own_channels) if g.own_channels >= MANY else self.box
        self.tiles = choose(box, self.columns, steps, self.lanes, self.tiling.registers)
        self.counts = [-(-d // t) for d, t in zip(self.box, self.tiles.box, strict=True)]
        self.panel_count = -(-self.columns // (self.tiles.vectors * self.lanes))
        self.group_count = 1 if g.is_depthwise else g.groups
        units = self.group_count * self.panel_count
        for count in self.counts:
            units *= count
        self.split = Axis(units, (0,), False) if units > 1 else None

    def body(self, start: Operand, stop: Operand) -> None:
        b, g = self.b, self.geometry
        images, cotangents = self.image(self.views[0]), self.image(self.views[1])
        output = self.output()
        first, second = self._panels()
        all_images = self.frame.dim(g.count)
        step = number(I64, self.images)
        # A sum over nothing still writes its zeros.
        chunks = b.intrinsic("smax", I64, all_images, number(I64, 1))
        with b.loop(number(I64, 0), chunks, self.images, once=True) as loop:
            count = b.intrinsic("smin", I64, b.sub(all_images, loop.index), step)
            source, lies = self.at(images.begin, loop.index, images.batch), images
            if first is not None:
                first.fill(source, images, count, g.size, g.before)
                source, lies = first.lies.begin, first.lies
            other, seen = self.at(cotangents.begin, loop.index, cotangents.batch), cotangents
            if second is not None:
                second.fill(other, cotangents, count, g.extent)
                other, seen = second.lies.begin, second.lies
            self.lies = lies
            self.apart = lies.channel if first is None else first.apart
            self.panel = 1 if second is None else second.apart
            later = b.compare("ne", loop.index, number(I64, 0))
            with b.loop(number(I64, 0), number(I64, g.extent[0]), self.height, once=True) as rows:
                left = b.sub(number(I64, g.extent[0]), rows.index)
                height = b.intrinsic("smin", I64, left, number(I64, self.height))
                adds = b.binary("or", later, b.compare("ne", rows.index, number(I64, 0)))
                chunk = _Chunk(
                    self.at(source, rows.index, g.strides[0] * lies.row),
                    self.at(other, rows.index, seen.row),
                    output,
                    self._levels(lies, seen),
                    [count] if self.height == g.extent[0] else [count, height],
                    b.convert("zext", adds, I64),
                )
                self._units(start, stop, lambda unit: self._tile(chunk, unit))
                rows.give()
            loop.give()
        if self.follows:
            self._units(start, stop, self._follow_tile)

    def _panels(self) -> tuple[Panels | None, Panels | None]:
        """Memory for images and cotangents as tiles read them, where it pays to copy them."""
        g = self.geometry
        item, one = self.type.bits // 8, self.group_count == 1 and not g.is_depthwise
        first = second = None
        width = self.tiles.box[2]
        places = self.counts[0] * self.counts[1]
        wide = one and width < g.channels and g.channels * item >= WIDE
        wide = wide and places * self.panel_count >= OFTEN
        if wide or g.has_border:
            columns = width if wide else g.channels
            first = Panels(self, self.images, g.padded, g.channels, columns, g.has_border)
        width = self.tiles.vectors * self.lanes
        often = places * self.counts[2] >= OFTEN
        if one and often and width < g.filters and g.filters * item >= WIDE:
            second = Panels(self, self.images, g.extent, g.filters, width, False)
        return first, second

    def _levels(self, lies: Image, cotangents: Image) -> list[Level]:
        g = self.geometry
        assert isinstance(lies.batch, int)
        assert isinstance(cotangents.batch, int)
        height = g.extent[0] if self.height == g.extent[0] else None
        return [
            Level(None, lies.batch, cotangents.batch),
            Level(height, g.strides[0] * lies.row, cotangents.row),
            Level(g.extent[1], g.strides[1] * lies.column, cotangents.column),
        ]

    # Tiles.

    def _units(self, start: Operand, stop: Operand, body: Callable[[_Unit], None]) -> None:
        """Each tile in the range, as what kind it is."""
        b = self.b
        with b.loop(start, stop, 1) as loop:
            rest = loop.index
            digits: list[Operand] = []
            for count in (self.panel_count, *reversed(self.counts)):
                if count == 1:
                    digits.append(number(I64, 0))
                    continue
                quotient = b.value(I64, f"udiv i64 {rest.text}, {count}")
                digits.append(b.sub(rest, b.mul(quotient, number(I64, count))))
                rest = quotient
            panel, *axes = digits
            group = rest if self.group_count > 1 else number(I64, 0)
            at = [(panel, self.panel_count, self.columns, self.tiles.vectors * self.lanes)]
            for digit, count, d, t in zip(
                axes,
                reversed(self.counts),
                reversed(self.box),
                reversed(self.tiles.box),
                strict=True,
            ):
                at.append((digit, count, d, t))
            for kind in product(*(_kinds(count, d, t) for _, count, d, t in at)):
                first = [b.mul(digit, number(I64, t)) for digit, _, _, t in at]
                lengths = [length for length, _ in kind]
                unit = _Unit(group, first[0], lengths[0], first[:0:-1], lengths[:0:-1])
                condition: Operand | None = None
                for (digit, count, _, _), (_, last) in zip(at, kind, strict=True):
                    if last is None:
                        continue
                    here = b.compare("eq" if last else "ne", digit, number(I64, count - 1))
                    condition = here if condition is None else b.binary("and", condition, here)
                if condition is None:
                    body(unit)
                else:
                    with b.when(condition):
                        body(unit)
            loop.give()

    def _tile(self, chunk: _Chunk, unit: _Unit) -> None:
        g, lies = self.geometry, self.lies
        down, along, channel = unit.first
        first = unit.column
        a = self.at(chunk.a, down, g.dilation[0] * lies.row)
        a = self.at(self.at(a, along, g.dilation[1] * lies.column), channel, self.apart)
        a = self.at(a, unit.group, g.own_channels * lies.channel)
        if g.is_depthwise:
            a = self.at(a, first, 1)
        b = self.at(self.at(chunk.b, unit.group, g.own_filters), first, self.panel)
        c = self.at(self.at(chunk.c, unit.group, g.own_filters), first, 1)
        row = g.own_channels * g.filters
        for index, step in ((down, g.window[1] * row), (along, row), (channel, g.filters)):
            c = self.at(c, index, step)
        rows = [
            (
                i * g.dilation[0] * lies.row + j * g.dilation[1] * lies.column + k * lies.channel,
                ((i * g.window[1] + j) * g.own_channels + k) * g.filters,
            )
            for i, j, k in product(*map(range, unit.lengths))
        ]
        vectors = -(-unit.columns // self.lanes)
        self.tile(rows, vectors, unit.columns, chunk.levels, (a, b, c), chunk.adds, chunk.sizes)

    def _follow_tile(self, unit: _Unit) -> None:
        b, g = self.b, self.geometry
        ranges = [
            (at, b.add(at, number(I64, length)))
            for at, length in zip(unit.first, unit.lengths, strict=True)
        ]
        column = b.add(b.mul(unit.group, number(I64, g.own_filters)), unit.column)
        ranges.append((column, b.add(column, number(I64, unit.columns))))
        self.follow(ranges[4 - len(self.cluster.domain) :])


class _Chunk:
    """Some positions: where their images and cotangents lie, and what the sums over them are added to."""

    def __init__(
        self, a: Operand, b: Operand, c: Operand, levels: list[Level], sizes: list[Operand], adds: Operand
    ) -> None:  # fmt: skip
        self.a, self.b, self.c, self.levels, self.sizes, self.adds = a, b, c, levels, sizes, adds


class _Unit:
    """A tile: its group, its columns, and its rows along the axes of the window and the channels."""

    def __init__(
        self, group: Operand, column: Operand, columns: int, first: list[Operand], lengths: list[int]
    ) -> None:  # fmt: skip
        self.group, self.column, self.columns = group, column, columns
        self.first, self.lengths = first, lengths


def _kinds(count: int, size: int, step: int) -> Iterator[tuple[int, bool | None]]:
    """The lengths of tiles along an axis, and whether it is (or is not) the last that has it; None: all have it."""
    if size % step == 0 or count == 1:
        yield min(size, step), None
        return
    yield step, False
    yield size % step, True
