"""Sorting of lines along an axis: merges from the bottom up, without branches, so that equal elements keep their order.

A NaN counts as greater than everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler.ir import Node, TensorType, product
from ....compiler.ir.dtypes import int64
from ....compiler.ops import ARGSORT
from ..carrying import is_unsigned
from ..elements import memory_type
from ..emit import I1, I64, PTR, Builder, Module, Operand, Type, number
from .recipe import Site

ZERO, ONE = number(I64, 0), number(I64, 1)


def buffers(node: Node) -> Sequence[TensorType]:
    """Two lines of elements, and two of positions."""
    x = node.inputs[0]
    line = (x.shape[node.attrs["axis"]],)  # type: ignore[index]
    keys, positions = TensorType(x.dtype, line), TensorType(int64, line)
    return [keys, keys, positions, positions] if node.op is ARGSORT else [keys, keys]


def lines(site: Site) -> None:
    """`SORT` and `ARGSORT`: every line is copied, sorted and written to its place."""
    b, node, frame = site.b, site.node, site.frame
    (x,) = node.inputs
    axis: int = node.attrs["axis"]  # type: ignore[assignment]
    falling, positions = bool(node.attrs["descending"]), node.op is ARGSORT
    type = memory_type(x.dtype)
    size, after = frame.dim(x.shape[axis]), frame.dim(product(x.shape[axis + 1 :]))
    last = b.sub(size, ONE)
    name = _sort(b.module, type, is_unsigned(x), positions)
    keys, *rest = [frame.address(p) for p in site.scratch]
    out = memory_type(node.output.dtype)
    with b.loop(ZERO, site.size(x.shape[:axis]), 1) as outer, b.loop(ZERO, after, 1) as inner:
        start = b.add(b.mul(b.mul(outer.index, size), after), inner.index)
        with b.loop(ZERO, size, 1) as loop:
            # Positions of falling order are those of rising order, counted from the end.
            at = b.sub(last, loop.index) if falling and positions else loop.index
            here = b.add(start, b.mul(at, after))
            b.store(
                b.load(b.offset(site.operand(0), here, type), type),
                b.offset(keys, loop.index, type),
            )
            if positions:
                b.store(loop.index, b.offset(rest[1], loop.index, I64))
            loop.give()
        found = b.call(name, PTR, keys, *rest, size)
        with b.loop(ZERO, size, 1) as loop:
            at = b.sub(last, loop.index) if falling else loop.index
            one = b.load(b.offset(found, at, out), out)
            if falling and positions:
                one = b.sub(last, one)
            here = b.add(start, b.mul(loop.index, after))
            b.store(one, b.offset(frame.address(site.result), here, out))
            loop.give()
        inner.give()
        outer.give()


def _sort(module: Module, type: Type, unsigned: bool, positions: bool) -> str:
    """``ptr sort(ptr keys, ptr other, [ptr positions, ptr other,] i64 n)``: the sorted keys or positions."""
    name = f"sort_{'u' if unsigned else ''}{type.suffix}{'_positions' if positions else ''}"
    if name in module.made:
        return name
    module.made[name] = True
    names = ["a", "b", "i", "j"] if positions else ["a", "b"]
    b = Builder(module, name, [*((n, PTR) for n in names), ("n", I64)], PTR, linkage="internal")
    *memory, count = b.parameters
    before = b.intrinsic("smax", I64, b.sub(count, ONE), ZERO)
    levels = b.sub(number(I64, 64), b.intrinsic("ctlz", I64, before, number(I1, False)))
    with b.loop(ZERO, levels, 1, ONE, *memory) as level:
        width, *now = level.carried
        both = b.add(width, width)
        pairs = b.binary("udiv", count, both)
        with b.loop(ZERO, pairs, 1) as pair:
            _merge_equal(b, type, unsigned, now, b.mul(pair.index, both), width)
            pair.give()
        low = b.mul(pairs, both)
        middle = b.intrinsic("smin", I64, b.add(low, width), count)
        _merge(b, type, unsigned, now, low, middle, count)
        swapped = [now[k ^ 1] for k in range(len(now))]
        level.give(both, *swapped)
    b.finish(level.results[3] if positions else level.results[1])
    return name


def _merge_equal(
    b: Builder,
    type: Type,
    unsigned: bool,
    memory: Sequence[Operand],
    low: Operand,
    width: Operand,
) -> None:
    """Two sorted neighbours of the same length, from both ends at once: as many steps as one of them is long, so that
    none is exhausted before. (So merges glidesort, O. Peters 2022.)"""
    middle = b.add(low, width)
    last = b.sub(b.add(middle, width), ONE)
    ends = [low, middle, b.sub(middle, ONE), last]
    with b.loop(ZERO, width, 1, *ends) as loop:
        left, right, left_end, right_end = loop.carried
        second = _taken(b, type, unsigned, memory, left, right, b.add(low, loop.index), False)
        first = _taken(
            b, type, unsigned, memory, left_end, right_end, b.sub(last, loop.index), True
        )
        loop.give(
            b.add(left, b.sub(ONE, second)),
            b.add(right, second),
            b.sub(left_end, first),
            b.sub(right_end, b.sub(ONE, first)),
        )


def _taken(
    b: Builder,
    type: Type,
    unsigned: bool,
    memory: Sequence[Operand],
    left: Operand,
    right: Operand,
    to: Operand,
    greater: bool,
) -> Operand:
    """Copy the smaller (or greater) of two elements; whether the right one is smaller than the left one, as 0 or 1."""
    keys, other, *positions = memory
    x, y = (b.load(b.offset(keys, i, type), type) for i in (left, right))
    smaller = _before(b, y, x, unsigned)
    chosen = (x, y) if greater else (y, x)
    b.store(b.select(smaller, *chosen), b.offset(other, to, type))
    if positions:
        at = b.select(smaller, *((left, right) if greater else (right, left)))
        b.store(b.load(b.offset(positions[0], at, I64), I64), b.offset(positions[1], to, I64))
    return b.convert("zext", smaller, I64)


def _merge(
    b: Builder,
    type: Type,
    unsigned: bool,
    memory: Sequence[Operand],
    low: Operand,
    middle: Operand,
    high: Operand,
) -> None:
    """Two sorted neighbours of any length, or one."""
    keys, other, *positions = memory
    end, last = b.sub(middle, ONE), b.sub(high, ONE)
    with b.loop(low, high, 1, low, middle) as loop:
        left, right = loop.carried
        i = b.intrinsic("smin", I64, left, end)
        j = b.intrinsic("smin", I64, right, last)
        x = b.load(b.offset(keys, i, type), type)
        y = b.load(b.offset(keys, j, type), type)
        more = b.binary("and", b.compare("slt", right, high), _before(b, y, x, unsigned))
        second = b.binary("or", more, b.compare("sge", left, middle))
        b.store(b.select(second, y, x), b.offset(other, loop.index, type))
        if positions:
            at = b.offset(positions[0], b.select(second, j, i), I64)
            b.store(b.load(at, I64), b.offset(positions[1], loop.index, I64))
        step = b.convert("zext", second, I64)
        loop.give(b.add(left, b.sub(ONE, step)), b.add(right, step))


def _before(b: Builder, x: Operand, y: Operand, unsigned: bool) -> Operand:
    if x.type.is_float:
        return b.binary("and", b.compare("ult", x, y), b.compare("ord", x, x))
    return b.compare("ult" if unsigned else "slt", x, y)
