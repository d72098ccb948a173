"""Reductions: where they start, how two partial results become one, and how the lanes of a vector do."""

from __future__ import annotations

from ...compiler.ops import (
    REDUCE_ALL,
    REDUCE_ANY,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_SUM,
    Op,
)
from .emit import F16, F32, I1, Builder, Operand, Type, number


def accumulator(type: Type) -> Type:
    """The type in which elements are gathered: half precision in single."""
    return type.with_element(F32) if type.element == F16.element else type


def identity(op: Op, type: Type, unsigned: bool) -> Operand:
    """What changes nothing: -0.0 for sums, since 0.0 + -0.0 is 0.0."""
    if op is REDUCE_SUM:
        return number(type, -0.0 if type.is_float else 0)
    if op is REDUCE_PROD:
        return number(type, 1)
    if op in (REDUCE_ALL, REDUCE_ANY):
        return number(type, op is REDUCE_ALL)
    assert op in (REDUCE_MAX, REDUCE_MIN)
    low = op is REDUCE_MAX
    if type.is_float:
        return number(type, float("-inf") if low else float("inf"))
    if unsigned:
        return number(type, 0 if low else -1)
    smallest = -(1 << (type.bits - 1))
    return number(type, smallest if low else -smallest - 1)


def combine(b: Builder, op: Op, x: Operand, y: Operand, unsigned: bool) -> Operand:
    """One step: NaN wins in maxima and minima, as in NumPy."""
    if op is REDUCE_SUM:
        return b.add(x, y)
    if op is REDUCE_PROD:
        return b.mul(x, y)
    if op is REDUCE_ALL or (x.type.element == I1.element and op is REDUCE_MIN):
        return b.binary("and", x, y)
    if op is REDUCE_ANY or x.type.element == I1.element:
        return b.binary("or", x, y)
    greater = op is REDUCE_MAX
    if x.type.is_float:
        # Unordered counts as a win of y unless x is the NaN.
        wins = b.compare("ogt" if greater else "olt", x, y)
        keep = b.binary("or", wins, b.compare("uno", x, x))
        return b.select(keep, x, y)
    sign = "u" if unsigned else "s"
    return b.select(b.compare(f"{sign}{'gt' if greater else 'lt'}", x, y), x, y)


def holds(b: Builder, op: Op, x: Operand, y: Operand, unsigned: bool) -> Operand:
    """Whether x, where a maximum or minimum is looked for, is as good as y: a NaN is better than all numbers."""
    greater = op is REDUCE_MAX
    if not x.type.is_float:
        sign = "u" if unsigned else "s"
        return b.compare(f"{sign}{'ge' if greater else 'le'}", x, y)
    return b.binary("or", b.compare("oge" if greater else "ole", x, y), b.compare("uno", x, x))


def better(b: Builder, op: Op, x: Operand, y: Operand, unsigned: bool) -> Operand:
    """Whether x wins over y, which is no NaN."""
    greater = op is REDUCE_MAX
    sign = "u" if x.type.is_float or unsigned else "s"
    return b.compare(f"{sign}{'gt' if greater else 'lt'}", x, y)


def across(b: Builder, op: Op, x: Operand, unsigned: bool) -> Operand:
    """The lanes of a vector reduced to a scalar, as a tree."""
    lanes = x.type.lanes
    while lanes > 1:
        lanes //= 2
        low = b.shuffle(x, x, range(lanes))
        high = b.shuffle(x, x, range(lanes, 2 * lanes))
        x = combine(b, op, low, high, unsigned)
    return b.extract(x, 0) if x.type.lanes else x
