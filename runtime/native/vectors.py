"""A loop over vectors: several at a time where results are accumulated, then one at a time, then a masked one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .emit import I1, I64, Builder, Operand, number

UNROLL = 4
"""Accumulators of a reduction along a long row: additions need not wait for each other."""

Carried: TypeAlias = "Sequence[Operand]"
Body: TypeAlias = "Callable[[Operand, Operand | None, Carried], Carried]"
"""What is done at an index, for the lanes of a mask (None: for all), with what the vectors before gave."""


@dataclass(frozen=True, slots=True)
class Parts:
    """How a loop is done in parts, each over some of the vectors.

    Attributes:
        empty: what a part begins with.
        join: makes one of what two parts gave.
        count: how many parts, a power of two up to `UNROLL`.
    """

    empty: tuple[Operand, ...]
    join: Callable[[Carried, Carried], Carried]
    count: int = UNROLL


def over_vectors(
    b: Builder,
    lanes: int,
    start: Operand,
    stop: Operand,
    size: int | None,
    initial: Carried,
    body: Body,
    parts: Parts | None = None,
) -> Carried:
    """Write a loop from ``start`` to ``stop`` in steps of a vector; gives what the last one gave.

    Args:
        size: the number of elements, where it is known; then ``start`` is 0.
        parts: how several vectors are done at a time; None: they are not.
    """
    if size is not None:
        return _known(b, lanes, size, initial, body, parts)
    carried = initial
    if parts is not None:
        wide = parts.count * lanes
        last = b.add(start, b.binary("and", b.sub(stop, start), number(I64, -wide)))
        carried = _several(b, lanes, start, last, carried, body, parts)
        start = last
    last = b.add(start, b.binary("and", b.sub(stop, start), number(I64, -lanes)))
    with b.loop(start, last, lanes, *carried) as loop:
        loop.give(*body(loop.index, None, loop.carried))
    with b.loop(last, stop, lanes, *loop.results) as rest:
        left = b.sub(stop, rest.index)
        mask = b.compare("slt", iota(lanes), b.splat(left, lanes))
        rest.give(*body(rest.index, mask, rest.carried))
    return rest.results


def _known(
    b: Builder,
    lanes: int,
    size: int,
    initial: Carried,
    body: Body,
    parts: Parts | None,
) -> Carried:
    carried, begin = initial, 0
    if parts is not None and size >= 2 * (wide := parts.count * lanes):
        begin = size - size % wide
        carried = _several(b, lanes, number(I64, 0), number(I64, begin), carried, body, parts)
    whole = size - size % lanes
    if whole > begin:
        with b.loop(number(I64, begin), number(I64, whole), lanes, *carried, once=True) as loop:
            loop.give(*body(loop.index, None, loop.carried))
        carried = loop.results
    if size > whole:
        carried = body(number(I64, whole), _first(size - whole, lanes), carried)
    return carried


def _several(
    b: Builder,
    lanes: int,
    start: Operand,
    last: Operand,
    initial: Carried,
    body: Body,
    parts: Parts,
) -> Carried:
    """Several vectors in each step, each with results of its own, which are joined at the end."""
    count, width = parts.count, len(initial)
    with b.loop(start, last, count * lanes, *initial, *(parts.empty * (count - 1))) as loop:
        given: list[Operand] = []
        for i in range(count):
            index = b.add(loop.index, number(I64, i * lanes)) if i else loop.index
            given += body(index, None, loop.carried[i * width : (i + 1) * width])
        loop.give(*given)
    found: list[Carried] = [loop.results[i * width : (i + 1) * width] for i in range(count)]
    while len(found) > 1:
        found = [parts.join(x, y) for x, y in zip(found[::2], found[1::2], strict=True)]
    return found[0]


def iota(lanes: int) -> Operand:
    """0, 1, 2, ... as i64."""
    return Operand(I64.vector(lanes), f"<{', '.join(f'i64 {i}' for i in range(lanes))}>")


def _first(count: int, lanes: int) -> Operand:
    """The mask of the first lanes."""
    bits = ", ".join(f"i1 {'true' if i < count else 'false'}" for i in range(lanes))
    return Operand(I1.vector(lanes), f"<{bits}>")
