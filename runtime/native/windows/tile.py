"""One register tile of a product over windows: a function of its own, shared by all convolutions that need the same.

Each step multiplies some vectors of a row of B with one element of A for each row of the tile. The elements of A lie at
fixed distances from one pointer. What is summed over is a nest of levels, such as the rows, columns and channels of a
window; each moves the pointers by fixed steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..emit import I64, PTR, Builder, Module, Operand, Type, number
from ..products.kernel import lane_mask

__all__ = ["Level", "Tile", "emit_tile"]

_STRAIGHT = 160
"""Multiply-adds that are written one after the other, without a loop."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of what is summed over.

    Attributes:
        size: how many steps; None: known at run time.
        a, b: how far each operand moves in a step, in elements.
    """

    size: int | None
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile.

    Attributes:
        rows: for each row where its elements of A and of C lie, in elements from the tile's first.
        masked: only the first ``count`` lanes of the last vector exist.
        paired: A holds a vector for each row, whose lanes meet those of B: channels that are not mixed.
        levels: what is summed over, the innermost last.
    """

    type: Type
    lanes: int
    rows: tuple[tuple[int, int], ...]
    vectors: int
    masked: bool
    paired: bool
    levels: tuple[Level, ...]


def emit_tile(module: Module, tile: Tile) -> str:
    """Write the tile, once for a module; gives its name.

    Its parameters: ``a``, ``b``, ``c``, ``accumulate`` (i64: add to what C holds), ``count`` (the columns that exist of
    the last vector), and the sizes of the levels that are known at run time.
    """
    key = f"window {tile}"
    if key in module.made:
        return str(module.made[key])
    name = f"window{sum(k.startswith('window ') for k in module.made)}"
    module.made[key] = name
    names = [("a", PTR), ("b", PTR), ("c", PTR), ("accumulate", I64), ("count", I64)]
    names += [(f"size{i}", I64) for i, level in enumerate(tile.levels) if level.size is None]
    _Writer(Builder(module, name, names, linkage="internal"), tile).write()
    return name


class _Writer:
    def __init__(self, builder: Builder, tile: Tile) -> None:
        self.builder, self.tile = builder, tile
        self.size = tile.type.bits // 8
        self.vector = tile.type.vector(tile.lanes)
        count = builder.parameters[4]
        self.mask = lane_mask(builder, tile.lanes, count) if tile.masked else None

    def write(self) -> None:
        b, tile = self.builder, self.tile
        a, other, c, accumulate, _, *sizes = b.parameters
        rest = iter(sizes)
        limits = [next(rest) if s.size is None else number(I64, s.size) for s in tile.levels]
        zero = number(self.vector, 0.0)
        sums = [zero] * (len(tile.rows) * tile.vectors)
        self.straight = self._straight()
        sums = self._nest(list(zip(tile.levels, limits, strict=True)), a, other, sums)
        add, write, end = (b.fresh_label(what) for what in ("add", "write", "end"))
        b.branch(b.compare("ne", accumulate, number(I64, 0)), add, write)
        for label, adds in ((add, True), (write, False)):
            b.label(label)
            for i, (_, at) in enumerate(tile.rows):
                for v in range(tile.vectors):
                    where = self._after(c, at + v * tile.lanes)
                    value = sums[i * tile.vectors + v]
                    if adds:
                        value = b.add(self._load(where, v), value)
                    if self._mask_of(v) is None:
                        b.store(value, where)
                    else:
                        assert self.mask is not None
                        b.masked_store(value, where, self.mask)
            b.jump(end)
        b.label(end)
        b.finish()

    def _straight(self) -> int:
        """How many of the innermost levels are written out."""
        each = len(self.tile.rows) * self.tile.vectors
        levels = 0
        for level in reversed(self.tile.levels):
            if level.size is None or each * level.size > _STRAIGHT:
                break
            each *= level.size
            levels += 1
        return levels

    def _nest(
        self, levels: list[tuple[Level, Operand]], a: Operand, other: Operand, sums: list[Operand]
    ) -> list[Operand]:
        if len(levels) <= self.straight:
            return self._steps([level for level, _ in levels], a, other, sums)
        b = self.builder
        (level, limit), *inner = levels
        several = self._several(level) if len(inner) == self.straight else 1
        turn = [Level(several, level.a, level.b), *(one for one, _ in inner)]
        start = number(I64, 0)
        stop = limit
        if level.size is not None:
            stop = number(I64, level.size - level.size % several)
        with b.loop(start, stop, several, a, other, *sums, once=level.size is not None) as loop:
            first, second, *before = loop.carried
            if len(inner) == self.straight:
                after = self._steps(turn, first, second, before)
            else:
                after = self._nest(inner, first, second, before)
            loop.give(
                self._after(first, several * level.a),
                self._after(second, several * level.b),
                *after,
            )
        a, other, *sums = loop.results
        if level.size is not None and level.size % several:
            rest = Level(level.size % several, level.a, level.b)
            sums = self._steps([rest, *(one for one, _ in inner)], a, other, sums)
        return sums

    def _several(self, level: Level) -> int:
        """Steps of the innermost loop that make one turn of it."""
        if level.size is None:
            return 1
        each = len(self.tile.rows) * self.tile.vectors
        for inner in self.tile.levels[len(self.tile.levels) - self.straight :]:
            assert inner.size is not None
            each *= inner.size
        return min(level.size, max(1, _STRAIGHT // 2 // each), 8)

    def _steps(
        self, levels: list[Level], a: Operand, other: Operand, sums: list[Operand]
    ) -> list[Operand]:
        """All steps of some levels, one after the other."""
        places = [(0, 0)]
        for level in levels:
            assert level.size is not None
            places = [
                (x + i * level.a, y + i * level.b) for x, y in places for i in range(level.size)
            ]
        for at_a, at_b in places:
            sums = self._step(a, at_a, self._after(other, at_b), sums)
        return sums

    def _step(self, a: Operand, at: int, other: Operand, sums: list[Operand]) -> list[Operand]:
        b, tile = self.builder, self.tile
        vectors = range(tile.vectors)
        row_of_b = [self._load(self._after(other, v * tile.lanes), v) for v in vectors]
        following = []
        for i, (begin, _) in enumerate(tile.rows):
            where = self._after(a, at + begin)
            if tile.paired:
                row_of_a = [self._load(self._after(where, v * tile.lanes), v) for v in vectors]
            else:
                row_of_a = [b.splat(b.load(where, tile.type), tile.lanes)] * tile.vectors
            for v in vectors:
                before = sums[i * tile.vectors + v]
                following.append(
                    b.intrinsic("fmuladd", self.vector, row_of_a[v], row_of_b[v], before)
                )
        return following

    def _mask_of(self, v: int) -> Operand | None:
        return self.mask if v == self.tile.vectors - 1 else None

    def _load(self, where: Operand, v: int) -> Operand:
        mask = self._mask_of(v)
        if mask is None:
            return self.builder.load(where, self.vector)
        return self.builder.masked_load(where, mask, number(self.vector, 0.0))

    def _after(self, pointer: Operand, elements: int) -> Operand:
        if not elements:
            return pointer
        return self.builder.value(PTR, f"getelementptr i8, {pointer}, i64 {elements * self.size}")
