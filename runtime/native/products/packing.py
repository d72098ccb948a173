"""Packing: parts of A and B laid out in the order in which the micro-kernels read them.

A panel holds ``width`` columns of B (or rows of A), one step of k after the other: ``panel[p * width + j]``. A source
that has the panel's elements of a step side by side is copied; one that has the steps side by side is transposed
in squares of a vector's lanes, by log2(lanes) rounds of shuffles (after Eklundh, "A fast computer method for matrix
transposing", 1972).
"""

from __future__ import annotations

from ..emit import I64, PTR, Builder, Module, Operand, Type, number
from .kernel import lane_mask

__all__ = ["emit_pack", "slack"]


def slack(lanes: int, width: int) -> int:
    """Elements behind a panel that packing may overwrite: squares are written whole."""
    return lanes * width + lanes


def emit_pack(module: Module, type: Type, lanes: int, width: int, transposed: bool) -> str:
    """Write the function that packs one panel, once for a module; gives its name.

    Its parameters: ``source``, ``ld`` (elements), ``panel``, ``count`` (elements of a step that exist; the others
    become 0) and ``k``. The source is [k, width], or [width, k] where ``transposed``.
    """
    name = f"pack.{type}.{lanes}.{width}{'t' if transposed else 'n'}"
    if name in module.made:
        return name
    module.made[name] = name
    names = [("source", PTR), ("ld", I64), ("panel", PTR), ("count", I64), ("k", I64)]
    builder = Builder(module, name, names, linkage="internal")
    (_transpose if transposed else _copy)(builder, type, lanes, width)
    builder.finish()
    return name


def _copy(builder: Builder, type: Type, lanes: int, width: int) -> None:
    source, ld, panel, count, k = builder.parameters
    vector = type.vector(lanes)
    groups = range(0, width, lanes)
    masks = [
        builder.binary(
            "and",
            lane_mask(builder, lanes, count, first),
            lane_mask(builder, lanes, number(I64, width), first),
        )
        for first in groups
    ]
    with builder.loop(number(I64, 0), k, 1, source, panel) as loop:
        row, to = loop.carried
        for first, mask in zip(groups, masks, strict=True):
            value = builder.masked_load(
                builder.offset(row, number(I64, first), type), mask, number(vector, 0.0)
            )
            builder.store(value, builder.offset(to, number(I64, first), type))
        loop.give(builder.offset(row, ld, type), builder.offset(to, number(I64, width), type))


def _transpose(builder: Builder, type: Type, lanes: int, width: int) -> None:
    source, ld, panel, count, k = builder.parameters
    square = _emit_square(builder.module, type, lanes)
    to_step = number(I64, width)
    # The last group first: where it is partial, it writes into the next step's first group.
    for first in reversed(range(0, width, lanes)):
        rows = min(lanes, width - first)
        exist = builder.sub(count, number(I64, first))
        # A group of rows of which none exists is not read at all; its part of the panel is not used.
        with builder.when(builder.compare("sgt", exist, number(I64, 0))):
            exist = builder.intrinsic("smin", I64, exist, number(I64, rows))
            begin = builder.offset(source, builder.mul(ld, number(I64, first)), type)
            with builder.calls(number(I64, 0), k, lanes) as loop:
                where = builder.offset(begin, loop.index, type)
                to = builder.offset(panel, builder.mul(loop.index, to_step), type)
                to = builder.offset(to, number(I64, first), type)
                left = builder.sub(k, loop.index)
                operands = (where, ld, to, to_step, exist, left)
                builder.line(f"call void @{square}({', '.join(map(str, operands))})")


def _emit_square(module: Module, type: Type, lanes: int) -> str:
    """Write the function that transposes a square of ``lanes x lanes``, once for a module; gives its name.

    It reads ``rows`` rows (the last stands in for those that do not exist) of ``columns`` elements (0 for the rest)
    and writes ``lanes`` full vectors, ``step`` elements apart.
    """
    name = f"square.{type}.{lanes}"
    if name in module.made:
        return name
    module.made[name] = name
    names = [
        ("source", PTR),
        ("ld", I64),
        ("to", PTR),
        ("step", I64),
        ("rows", I64),
        ("columns", I64),
    ]
    builder = Builder(module, name, names, linkage="internal")
    where, ld, to, step, rows, columns = builder.parameters
    vector = type.vector(lanes)
    mask = lane_mask(builder, lanes, columns)
    values = []
    for row in range(lanes):
        values.append(builder.masked_load(where, mask, number(vector, 0.0)))
        if row < lanes - 1:
            exists = builder.compare("sgt", rows, number(I64, row + 1))
            where = builder.select(exists, builder.offset(where, ld, type), where)
    values = _transposed(builder, values, type)
    for value in values:
        builder.store(value, to)
        to = builder.offset(to, step, type)
    builder.finish()
    return name


def _transposed(builder: Builder, rows: list[Operand], type: Type) -> list[Operand]:
    """The columns of a square: first within parts of 128 bits, then of the parts, so that each shuffle is one
    instruction."""
    lanes, part = len(rows), 128 // type.bits
    columns: list[list[Operand]] = [[] for _ in range(part)]
    for first in range(0, lanes, part):
        group = rows[first : first + part]
        unit = 1
        while unit < part:
            group = [
                builder.shuffle(group[i], group[i + unit], _interleaved(lanes, part, unit, half))
                for i in range(part)
                if not i & unit
                for half in (0, 1)
            ]
            unit *= 2
        for column, value in zip(columns, group, strict=True):
            column.append(value)
    parts = [_parted(builder, column, lanes, part) for column in columns]
    return [parts[j][q] for q in range(lanes // part) for j in range(part)]


def _interleaved(lanes: int, part: int, unit: int, half: int) -> list[int]:
    """In each part: units of the lower (or upper) half of the first vector and of the second, by turns."""
    picked = []
    for begin in range(0, lanes, part):
        for i in range(begin + half * part // 2, begin + (half + 1) * part // 2, unit):
            picked += [*range(i, i + unit), *range(lanes + i, lanes + i + unit)]
    return picked


def _parted(builder: Builder, values: list[Operand], lanes: int, part: int) -> list[Operand]:
    """From vectors of as many parts: the first parts of all, the second parts of all, ..."""
    if len(values) == 1:
        return values
    ways = []
    for odd in (0, 1):
        picked = [i for i in range(2 * lanes) if i // part % 2 == odd]
        pairs = zip(values[::2], values[1::2], strict=True)
        ways.append(
            _parted(builder, [builder.shuffle(x, y, picked) for x, y in pairs], lanes, part)
        )
    return [value for pair in zip(*ways, strict=True) for value in pair]
