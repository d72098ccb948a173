"""The choice of register tiles for a product over windows.

Its rows are a box: the positions of an image, or the elements of a window. A tile is a smaller box of rows times a few
vectors of columns, all of whose sums stay in registers. Rows of the operand that windows see lie at fixed distances
within a tile, so that one pointer reaches them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

__all__ = ["Tiles", "choose", "parts"]

_CHAIN = 6
"""Sums that keep the multiply-add units busy, about: latency times units."""
_BEGIN = 24
"""What a tile costs besides its multiply-adds: the call, and the way to its addresses."""
_FINISH = 3
"""What it costs to write a vector of sums, and to read what was there."""
_KIND = 0.02
_HIGHEST = 28


@dataclass(frozen=True, slots=True)
class Tiles:
    """A tile: its rows, along each axis of the box, and its columns in vectors."""

    box: tuple[int, ...]
    vectors: int


def parts(size: int, step: int) -> tuple[int, ...]:
    """The sizes of the pieces into which an axis falls: whole steps, and what they leave."""
    kinds = []
    if size >= step:
        kinds.append(step)
    if size % step:
        kinds.append(size % step)
    return tuple(kinds)


@cache
def choose(box: tuple[int, ...], columns: int, steps: int, lanes: int, registers: int) -> Tiles:
    """The tiles of a product with ``steps`` multiply-adds for each element."""
    best: tuple[float, Tiles] | None = None
    whole = -(-columns // lanes)
    for vectors in range(1, min(whole, 4) + 1):
        most = min((registers - 1 - vectors) // vectors, _HIGHEST)
        for sizes in _boxes(box, most):
            cost = _cost(box, sizes, whole, vectors, steps)
            if best is None or cost < best[0]:
                best = (cost, Tiles(sizes, vectors))
    assert best is not None, "a tile of one row and one vector fits every machine"
    return best[1]


def _boxes(box: tuple[int, ...], most: int) -> Iterator[tuple[int, ...]]:
    for sizes in product(*(range(1, min(d, most) + 1) for d in box)):
        if prod(sizes) <= most:
            yield sizes


def _cost(
    box: tuple[int, ...], sizes: tuple[int, ...], whole: int, vectors: int, steps: int
) -> float:
    counts = [
        {part: size // part if part == step else 1 for part in parts(size, step)}
        for size, step in zip((*box, whole), (*sizes, vectors), strict=True)
    ]
    total, kinds = 0.0, 0
    for choice in product(*counts):
        *rows, v = choice
        r = prod(rows)
        how_many = prod(c[k] for c, k in zip(counts, choice, strict=True))
        turn = max(r * v, _CHAIN, r / 2 + 1.5 * v) + 0.1 * r + 0.3 * v
        total += how_many * (steps * turn + _BEGIN + _FINISH * r * v)
        kinds += 1
    return total * (1 + _KIND * kinds)
