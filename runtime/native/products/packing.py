"""Packing: parts of A and B laid out in the order in which the micro-kernels read them.

A panel holds ``width`` columns of B (or rows of A), one step of k after the other: ``panel[p * width + j]``. A source
that has the panel's elements of a step side by side is copied; one that has the steps side by side is transposed
in squares of a vector's lanes, by log2(lanes) rounds of shuffles (Eklundh, "A fast computer method for matrix
transposing", 1972).
"""

from __future__ import annotations

from ..emit import I1, I64, PTR, Builder, Module, Operand, Type, number
from .kernel import lane_mask

__all__ = ["emit_pack", "slack"]


def slack(lanes: int) -> int:
    """Elements behind a panel that packing may overwrite."""
    return lanes


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
    for first in range(0, width, lanes):
        rows = min(lanes, width - first)
        with builder.loop(number(I64, 0), k, lanes) as loop:
            begin = builder.offset(
                builder.offset(source, loop.index, type), _times(builder, ld, first), type
            )
            to = builder.offset(panel, builder.mul(loop.index, number(I64, width)), type)
            to = builder.offset(to, number(I64, first), type)
            left = builder.sub(k, loop.index)
            exists = builder.sub(count, number(I64, first))
            whole, partial, end = (
                builder.fresh_label(what) for what in ("whole", "partial", "end")
            )
            full = builder.binary(
                "and",
                builder.compare("sge", left, number(I64, lanes)),
                builder.compare("sge", exists, number(I64, rows)),
            )
            builder.branch(full, whole, partial)
            builder.label(whole)
            _square(
                builder, type, lanes, rows, begin, ld, to, width, rows == lanes or first == 0, None
            )
            builder.jump(end)
            builder.label(partial)
            _square(
                builder,
                type,
                lanes,
                rows,
                begin,
                ld,
                to,
                width,
                rows == lanes or first == 0,
                (exists, left),
            )
            builder.jump(end)
            builder.label(end)
            loop.give()


def _square(
    builder: Builder,
    type: Type,
    lanes: int,
    rows: int,
    begin: Operand,
    ld: Operand,
    to: Operand,
    width: int,
    spill: bool,
    limits: tuple[Operand, Operand] | None,
) -> None:
    """Transpose one square of at most ``lanes`` rows.

    Args:
        spill: full vectors may be stored: what they write too much is overwritten by the next step of k.
        limits: rows and columns that exist, where they may be fewer.
    """
    vector = type.vector(lanes)
    zero = number(vector, 0.0)
    columns = lane_mask(builder, lanes, limits[1]) if limits else None
    never = number(I1.vector(lanes), 0)
    values = []
    for row in range(rows):
        where = builder.offset(begin, _times(builder, ld, row), type)
        if limits is None or columns is None:
            values.append(builder.load(where, vector))
        else:
            one = builder.compare("sgt", limits[0], number(I64, row))
            mask = builder.value(columns.type, f"select {one}, {columns}, {never}")
            values.append(builder.masked_load(where, mask, zero))
    values += [zero] * (lanes - rows)
    distance = 1
    while distance < lanes:
        low = [i if not i & distance else lanes + i - distance for i in range(lanes)]
        high = [i + distance if not i & distance else lanes + i for i in range(lanes)]
        for i in range(lanes):
            if not i & distance:
                a, b = values[i], values[i + distance]
                values[i], values[i + distance] = (
                    builder.shuffle(a, b, low),
                    builder.shuffle(a, b, high),
                )
        distance *= 2
    inside = None if spill else lane_mask(builder, lanes, number(I64, rows))
    for step, value in enumerate(values):
        where = builder.offset(to, number(I64, step * width), type)
        if limits is None:
            _write(builder, value, where, inside)
        else:
            with builder.when(builder.compare("sgt", limits[1], number(I64, step))):
                _write(builder, value, where, inside)


def _write(builder: Builder, value: Operand, where: Operand, mask: Operand | None) -> None:
    if mask is None:
        builder.store(value, where)
    else:
        builder.masked_store(value, where, mask)


def _times(builder: Builder, ld: Operand, by: int) -> Operand:
    if not by:
        return number(I64, 0)
    return ld if by == 1 else builder.mul(ld, number(I64, by))
