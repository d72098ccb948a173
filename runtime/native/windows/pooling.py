"""Maxima and sums over windows, and their gradients: loops over positions, with vectors of neighbouring channels.

What a window sees of its image is a rectangle, bounded by the border; no copy with a border is made. Places of a window
come in order, so that sums are those of the reference to the bit, and the first of equal elements is the maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from math import prod

from ..domains import Axis, Where
from ..emit import I64, Operand, number
from ..products.kernel import lane_mask
from .images import Image
from .kernel import WindowKernel
from .operations import MAXIMA, PLACES, TO_MAXIMA

__all__ = ["PoolKernel", "UnpoolKernel"]

FEW = 16
"""Places of a window that are written one after the other."""
Place = tuple[Operand, Operand]
Visit = Callable[[Place, Sequence[Operand]], Sequence[Operand]]


class _Windows(WindowKernel):
    """Loops over the positions of an image and the places of a window."""

    def plan(self) -> None:
        self.split = Axis(self.geometry.count, (0,), False)

    @property
    def size(self) -> int:
        """Elements of an image."""
        return prod(self.geometry.size) * self.geometry.channels

    @contextmanager
    def positions(self) -> Iterator[Place]:
        """Loops over the positions; within, `bounds` are those of the places that see the image."""
        b, g = self.b, self.geometry
        with b.loop(number(I64, 0), number(I64, g.extent[0]), 1, once=True) as rows:
            down = self._inside(0, rows.index)
            with b.loop(number(I64, 0), number(I64, g.extent[1]), 1, once=True) as columns:
                self.bounds = (down, self._inside(1, columns.index))
                yield rows.index, columns.index
                columns.give()
            rows.give()

    def _inside(self, axis: int, index: Operand) -> tuple[Operand, Operand]:
        """The first place along an axis that sees the image, and the one after the last."""
        b, g = self.b, self.geometry
        zero, all_places = number(I64, 0), number(I64, g.window[axis])
        if not g.has_border:
            return zero, all_places
        d = g.dilation[axis]
        first = b.sub(number(I64, g.before[axis]), b.mul(index, number(I64, g.strides[axis])))

        def up(x: Operand) -> Operand:
            """x / d, rounded up, and at least 0."""
            return b.binary(
                "sdiv", b.add(b.intrinsic("smax", I64, x, zero), number(I64, d - 1)), number(I64, d)
            )

        low = up(first)
        high = up(b.add(first, number(I64, g.size[axis])))
        return low, b.intrinsic("smin", I64, high, all_places)

    def corner(self, image: Operand, lies: Image, place: Place) -> Operand:
        """Where the first place of a window lies; perhaps outside, on the border."""
        g = self.geometry
        b = self.b
        for index, axis, step in zip(place, (0, 1), (lies.row, lies.column), strict=True):
            at = b.mul(index, number(I64, g.strides[axis]))
            at = b.sub(at, number(I64, g.before[axis])) if g.before[axis] else at
            distance = b.mul(at, number(I64, step))
            image = b.value(image.type, f"getelementptr {self.type}, {image}, {distance}")
        return image

    def at_place(self, corner: Operand, lies: Image, place: Place) -> Operand:
        g, b = self.geometry, self.b
        down = b.mul(place[0], number(I64, g.dilation[0] * lies.row))
        along = b.mul(place[1], number(I64, g.dilation[1] * lies.column))
        return b.value(corner.type, f"getelementptr {self.type}, {corner}, {b.add(down, along)}")

    def over_window(self, initial: Sequence[Operand], visit: Visit) -> Sequence[Operand]:
        """``visit(place, carried)`` for the places of a window that see the image, in order."""
        b, g = self.b, self.geometry
        if not g.has_border and prod(g.window) <= FEW:
            carried = initial
            for i, j in product(*map(range, g.window)):
                carried = visit((number(I64, i), number(I64, j)), carried)
            return carried
        (top, bottom), (left, right) = self.bounds
        with b.loop(top, bottom, 1, *initial) as down:
            with b.loop(left, right, 1, *down.carried) as along:
                along.give(*visit((down.index, along.index), along.carried))
            down.give(*along.results)
        return down.results

    def vectors(self, body: Callable[[Operand, Operand | None], None]) -> None:
        """``body(channel, mask)`` for vectors of channels."""
        whole = self.geometry.channels - self.geometry.channels % self.lanes
        left = self.geometry.channels - whole
        if whole:
            with self.b.loop(number(I64, 0), number(I64, whole), self.lanes, once=True) as loop:
                body(loop.index, None)
                loop.give()
        if left:
            body(number(I64, whole), lane_mask(self.b, self.lanes, number(I64, left)))

    def seen(self, pointer: Operand, mask: Operand | None) -> Operand:
        vector = self.type.vector(self.lanes)
        if mask is None:
            return self.b.load(pointer, vector)
        return self.b.masked_load(pointer, mask, number(vector, 0.0))

    def write_vector(self, value: Operand, pointer: Operand, mask: Operand | None) -> None:
        if mask is None:
            self.b.store(value, pointer)
        else:
            self.b.masked_store(value, pointer, mask)

    def maximum(
        self, corner: Operand, lies: Image, channel: Operand, mask: Operand | None
    ) -> Operand:
        """The number of the place that holds the maximum: the first of equal ones, the first NaN."""
        b, g = self.b, self.geometry
        first = self.at(corner, channel, 1)
        lowest = number(self.type.vector(self.lanes), float("-inf"))
        (top, _), (left, _) = self.bounds

        def numbered(place: Place) -> Operand:
            return b.splat(b.add(b.mul(place[0], number(I64, g.window[1])), place[1]), self.lanes)

        def visit(place: Place, carried: Sequence[Operand]) -> Sequence[Operand]:
            best, chosen = carried
            value = self.seen(self.at_place(first, lies, place), mask)
            more = b.binary("and", b.compare("ugt", value, best), b.compare("ord", best, best))
            return b.select(more, value, best), b.select(more, numbered(place), chosen)

        return self.over_window([lowest, numbered((top, left))], visit)[1]


class PoolKernel(_Windows):
    """Maxima, their places, or sums; what follows is done to them in registers. Its range counts images."""

    def body(self, start: Operand, stop: Operand) -> None:
        b = self.b
        images = self.image(self.views[0])
        axes = self.axes
        with b.loop(start, stop, 1) as loop:
            image = self.at(images.begin, loop.index, images.batch)
            with self.positions() as (row, column):
                corner = self.corner(image, images, (row, column))
                indices = [loop.index, column] if len(axes) == 3 else [loop.index, row, column]
                where = Where({a: i for a, i in zip(axes, indices, strict=False) if a.size != 1})

                def vector(channel: Operand, mask: Operand | None) -> None:
                    value = self._value(corner, images, (row, column), channel, mask)
                    self.members_at(where.at(axes[-1], channel, mask), value)

                self.vectors(vector)
            loop.give()

    def _value(
        self, corner: Operand, lies: Image, position: Place, channel: Operand, mask: Operand | None
    ) -> Operand:
        b = self.b
        op = self.members[self.product_value].node.op
        if op is PLACES:
            return self._in_plane(self.maximum(corner, lies, channel, mask), position)
        first = self.at(corner, channel, 1)
        greatest = op is MAXIMA

        def visit(place: Place, carried: Sequence[Operand]) -> Sequence[Operand]:
            (before,) = carried
            value = self.seen(self.at_place(first, lies, place), mask)
            if not greatest:
                return [b.add(before, value)]
            # The first where it is the greater or NaN, else the second, as NumPy's maximum.
            wins = b.compare("ogt", before, value)
            keeps = b.binary("or", wins, b.compare("uno", before, before))
            return [b.select(keeps, before, value)]

        start = number(self.type.vector(self.lanes), float("-inf") if greatest else -0.0)
        return self.over_window([start], visit)[0]

    def _in_plane(self, chosen: Operand, position: Place) -> Operand:
        """Numbers of places as positions in the flattened plane of the image."""
        b, g = self.b, self.geometry
        width = number(chosen.type, g.window[1])
        down = b.binary("sdiv", chosen, width)
        found = []
        for axis, places in enumerate((down, b.sub(chosen, b.mul(down, width)))):
            begin = b.mul(position[axis], number(I64, g.strides[axis]))
            begin = b.sub(begin, number(I64, g.before[axis]))
            steps = b.mul(places, number(chosen.type, g.dilation[axis]))
            found.append(b.add(steps, b.splat(begin, self.lanes)))
        return b.add(b.mul(found[0], number(chosen.type, g.size[1])), found[1])


class UnpoolKernel(_Windows):
    """Numbers of windows added to all that they saw, or to their maxima. Its range counts images."""

    def body(self, start: Operand, stop: Operand) -> None:
        b, g = self.b, self.geometry
        numbers = self.image(self.views[0])
        to_maxima = self.members[self.product_value].node.op is TO_MAXIMA
        seen = self.image(self.views[1]) if to_maxima else numbers
        output, c = self.output(), g.channels
        lies = Image(output, self.size, g.size[1] * c, c, 1)
        covers = self._covers()
        with b.loop(start, stop, 1) as loop:
            target = self.at(output, loop.index, self.size)
            if not covers:
                self.zeros(target, self.size)
            source = self.at(numbers.begin, loop.index, numbers.batch)
            image = self.at(seen.begin, loop.index, seen.batch)
            with self.positions() as position:
                row, column = position
                at = self.at(self.at(source, row, numbers.row), column, numbers.column)
                to = self.corner(target, lies, position)
                corner = self.corner(image, seen, position) if to_maxima else to

                def vector(channel: Operand, mask: Operand | None) -> None:
                    g_here = self.seen(self.at(at, channel, 1), mask)
                    chosen = self.maximum(corner, seen, channel, mask) if to_maxima else None
                    self._add(g_here, chosen, self.at(to, channel, 1), lies, mask, covers)

                self.vectors(vector)
            self.follow_image(loop.index, (number(I64, 0), number(I64, g.size[0])))
            loop.give()

    def _covers(self) -> bool:
        """Whether each element of the image is seen by exactly one window."""
        g = self.geometry
        return not g.has_border and all(
            s == k and d == 1 and e * s == size
            for s, k, d, e, size in zip(
                g.strides, g.window, g.dilation, g.extent, g.size, strict=True
            )
        )

    def _add(
        self, value: Operand, chosen: Operand | None, to: Operand, lies: Image, mask: Operand | None,
        first: bool,
    ) -> None:  # fmt: skip
        b, g = self.b, self.geometry
        zero = number(value.type, 0.0)

        def visit(place: Place, carried: Sequence[Operand]) -> Sequence[Operand]:
            pointer = self.at_place(to, lies, place)
            here = value
            if chosen is not None:
                own = b.add(b.mul(place[0], number(I64, g.window[1])), place[1])
                hit = b.compare("eq", chosen, b.splat(own, self.lanes))
                here = b.select(hit, value, zero)
            before = zero if first else self.seen(pointer, mask)
            self.write_vector(b.add(before, here), pointer, mask)
            return carried

        self.over_window([], visit)
