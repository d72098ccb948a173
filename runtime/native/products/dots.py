"""Dot products of one row with many: a row times a transposed matrix, a matrix times a column.

As many dot products as a vector has lanes are summed side by side and then added up together: in each round, pairs of
vectors of partial sums become one, until one vector holds all of them.
"""

from __future__ import annotations

from ..emit import I64, PTR, Builder, Module, Operand, Type, number
from .kernel import lane_mask

__all__ = ["emit_dots"]

_TOGETHER = 8
"""Rows that are read at a time: enough sums to keep the multiply-add units busy, few enough addresses."""


def emit_dots(module: Module, type: Type, lanes: int) -> str:
    """Write the function, once for a module; gives its name.

    ``c[j] (+)= sum over p of a[p] * b[j * ldb + p]`` for ``j < n``. Parameters: ``a``, ``b``, ``ldb``, ``c``, ``n``,
    ``k``, ``accumulate`` (i64).
    """
    name = f"dots.{type}.{lanes}"
    if name in module.made:
        return name
    module.made[name] = name
    names = [
        ("a", PTR),
        ("b", PTR),
        ("ldb", I64),
        ("c", PTR),
        ("n", I64),
        ("k", I64),
        ("accumulate", I64),
    ]
    builder = Builder(module, name, names, linkage="internal")
    a, b, ldb, c, n, k, accumulate = builder.parameters
    vector = type.vector(lanes)
    zero = number(vector, 0.0)
    together = min(_TOGETHER, lanes)
    whole = builder.binary("and", k, number(I64, -lanes))
    tail = lane_mask(builder, lanes, builder.sub(k, whole))
    with builder.loop(number(I64, 0), n, lanes) as block:
        last = builder.sub(builder.sub(n, block.index), number(I64, 1))
        sums: list[Operand] = []
        for first in range(0, lanes, together):
            rows = []
            for j in range(first, first + together):
                # Rows past the end read the last one again; their sums are not stored.
                at = builder.intrinsic("smin", I64, number(I64, j), last)
                rows.append(builder.offset(b, builder.mul(builder.add(block.index, at), ldb), type))
            with builder.loop(number(I64, 0), whole, lanes, *[zero] * together) as loop:
                part = builder.load(builder.offset(a, loop.index, type), vector)
                loop.give(*(
                    builder.intrinsic(
                        "fmuladd", vector, part, builder.load(builder.offset(row, loop.index, type), vector), total
                    )
                    for row, total in zip(rows, loop.carried, strict=True)
                ))  # fmt: skip
            part = builder.masked_load(builder.offset(a, whole, type), tail, zero)
            for row, total in zip(rows, loop.results, strict=True):
                values = builder.masked_load(builder.offset(row, whole, type), tail, zero)
                sums.append(builder.intrinsic("fmuladd", vector, part, values, total))
        total = _added(builder, sums, lanes)
        mask = lane_mask(builder, lanes, builder.sub(n, block.index))
        where = builder.offset(c, block.index, type)
        before = builder.select(
            builder.splat(builder.compare("ne", accumulate, number(I64, 0)), lanes),
            builder.masked_load(where, mask, zero),
            zero,
        )
        builder.masked_store(builder.add(before, total), where, mask)
        block.give()
    builder.finish()
    return name


def _added(builder: Builder, sums: list[Operand], lanes: int) -> Operand:
    """Lane j: the sum of all lanes of ``sums[j]``."""
    distance = lanes // 2
    while len(sums) > 1:
        # Lanes that differ in the bit `distance` are added; where the bit is set, the second of a pair lies afterwards.
        low = [i if not i & distance else lanes + i - distance for i in range(lanes)]
        high = [i + distance if not i & distance else lanes + i for i in range(lanes)]
        half = len(sums) // 2
        sums = [
            builder.add(builder.shuffle(x, y, low), builder.shuffle(x, y, high))
            for x, y in zip(sums[:half], sums[half:], strict=True)
        ]
        distance //= 2
    return sums[0]
