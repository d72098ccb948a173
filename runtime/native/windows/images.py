"""Images in memory: where their elements lie, and copies of them with a border of zeros."""

from __future__ import annotations

from dataclasses import dataclass

from ....compiler.ir import Dim
from ..emit import I64, PTR, Builder, Module, Operand, Type, number
from ..products.kernel import lane_mask

__all__ = ["Image", "emit_copy", "emit_zeros"]


@dataclass(frozen=True, slots=True)
class Image:
    """Images in memory: the address of the first, and how far the next image, row, column and channel are."""

    begin: Operand
    batch: Dim
    row: int
    column: int
    channel: int


def emit_zeros(module: Module, type: Type, lanes: int) -> str:
    """Write ``void zeros(ptr to, i64 count)``, once for a module; gives its name."""
    name = f"zeros.{type}.{lanes}"
    if name in module.made:
        return name
    module.made[name] = name
    b = Builder(module, name, [("to", PTR), ("count", I64)], linkage="internal")
    to, count = b.parameters
    vector = type.vector(lanes)
    whole = b.binary("and", count, number(I64, -lanes))
    with b.loop(number(I64, 0), whole, lanes) as loop:
        b.store(number(vector, 0.0), b.offset(to, loop.index, type))
        loop.give()
    mask = lane_mask(b, lanes, b.sub(count, whole))
    b.masked_store(number(vector, 0.0), b.offset(to, whole, type), mask)
    b.finish()
    return name


def emit_copy(
    module: Module,
    type: Type,
    lanes: int,
    source: Image,
    target: Image,
    sizes: tuple[int, int, int],
) -> str:
    """Write ``void copy(ptr from, ptr to)``, which copies rows, columns and channels; gives its name.

    Args:
        source, target: how both lie; their addresses play no part.
        sizes: rows, columns and channels.
    """
    rows, columns, channels = sizes
    steps = (source.row, source.column, source.channel, target.row, target.column, target.channel)
    name = "copy." + ".".join(str(n).replace("-", "m") for n in (type, lanes, *sizes, *steps))
    if name in module.made:
        return name
    module.made[name] = name
    b = Builder(module, name, [("from", PTR), ("to", PTR)], linkage="internal")
    x, y = b.parameters
    together = source.channel == target.channel == 1 or channels == 1
    in_rows = together and source.column == target.column == channels
    with b.loop(number(I64, 0), number(I64, rows), 1, x, y, once=True) as row:
        first, second = row.carried
        if in_rows:
            _line(b, type, lanes, first, second, columns * channels)
        else:
            with b.loop(
                number(I64, 0), number(I64, columns), 1, first, second, once=True
            ) as column:
                p, q = column.carried
                if together:
                    _line(b, type, lanes, p, q, channels)
                else:
                    with b.loop(number(I64, 0), number(I64, channels), 1, p, q, once=True) as one:
                        r, s = one.carried
                        b.store(b.load(r, type), s)
                        one.give(
                            _after(b, r, source.channel, type), _after(b, s, target.channel, type)
                        )
                column.give(_after(b, p, source.column, type), _after(b, q, target.column, type))
        row.give(_after(b, first, source.row, type), _after(b, second, target.row, type))
    b.finish()
    return name


def _line(b: Builder, type: Type, lanes: int, source: Operand, target: Operand, count: int) -> None:
    """Copy elements that lie side by side."""
    vector, whole = type.vector(lanes), count - count % lanes
    if whole:
        with b.loop(number(I64, 0), number(I64, whole), lanes, once=True) as loop:
            value = b.load(b.offset(source, loop.index, type), vector)
            b.store(value, b.offset(target, loop.index, type))
            loop.give()
    if count % lanes:
        mask = lane_mask(b, lanes, number(I64, count % lanes))
        at = number(I64, whole)
        value = b.masked_load(b.offset(source, at, type), mask, number(vector, 0.0))
        b.masked_store(value, b.offset(target, at, type), mask)


def _after(b: Builder, pointer: Operand, elements: int, type: Type) -> Operand:
    return b.offset(pointer, number(I64, elements), type)
