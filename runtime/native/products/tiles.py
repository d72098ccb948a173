"""The choice of register tiles and cache blocks for a product.

A tile of ``rows x vectors`` accumulators takes, for each step of k, ``rows`` broadcasts and ``vectors`` loads for
``rows * vectors`` fused multiply-adds. The larger the tile the less is loaded; the better it divides the matrix the
less is left for smaller, slower tiles. Both are weighed by a small cost model (the micro-kernel model of Low, Igual,
Smith and Quintana-Ortí, "Analytical modeling is enough for high-performance BLIS", 2016, reduced to registers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .product import Product, Tiling

__all__ = ["Tiles", "choose"]

_CHAIN = 8
"""Independent accumulators that keep the multiply-add units busy: latency times units."""
_HIGHEST = 14
_KIND = 0.04
"""What a further kind of tile may cost: with 16 accumulators or more the units are busy, whatever the tile's form."""
_RUN_TIME_TAILS = (4, 1)
_RUN_TIME_STEPS = 128
"""Steps of k that the model reckons with where k is not known."""


@dataclass(frozen=True)
class Tiles:
    """How a product is cut."""

    rows: int
    """Rows of a full register tile."""
    vectors: int
    """Vectors (of columns) of a full register tile."""
    lanes: int
    row_tails: tuple[int, ...]
    """Heights of the tiles that cover what full tiles leave of the rows, falling."""
    column_tails: tuple[tuple[int, bool], ...]
    """Widths in vectors of the tiles that cover the last columns, and whether the last vector is partial."""
    k_block: int
    """Steps of k that are done before the next panel of B."""
    row_block: int
    """Rows of A that stay in the second-level cache while the panels of B pass; a multiple of ``rows``."""
    full_columns: bool = True
    """Whether there may be a full tile's width of columns."""
    full_rows: bool = True

    @property
    def width(self) -> int:
        """Columns of a full tile."""
        return self.vectors * self.lanes


@cache
def choose(product: Product, tiling: Tiling) -> Tiles:
    """The tiles of a product on a machine."""
    lanes = tiling.lanes(product.type)
    steps = _RUN_TIME_STEPS if product.k is None else max(product.k, 1)
    best: tuple[float, int, int] | None = None
    # Without known columns each width up to the tile's is a kind of its own.
    widest = 2 if product.n is None else min(8, max(1, -(-product.n // lanes)))
    for vectors in range(1, widest + 1):
        for rows in range(1, _HIGHEST + 1):
            if rows * vectors + vectors + 1 > tiling.registers or (
                product.m is not None and rows > max(product.m, 1)
            ):
                break
            cost = _cost(product, rows, vectors, lanes, steps)
            if best is None or cost < best[0]:
                best = (cost, rows, vectors)
    assert best is not None, "a tile of one vector fits every machine"
    _, rows, vectors = best
    width = vectors * lanes
    size = product.type.bits // 8
    k_block = max(64, tiling.l1 * 2 // (width * size) // 8 * 8)
    if product.k is not None and product.k > k_block:
        parts = -(-product.k // k_block)
        k_block = -(-product.k // (parts * 8)) * 8
    row_block = max(1, tiling.l2 // 2 // (k_block * size * rows)) * rows
    row_tails: tuple[int, ...]
    if product.m is None:
        row_tails = tuple(h for h in _RUN_TIME_TAILS if h < rows)
    else:
        row_tails = (product.m % rows,) if product.m % rows else ()
    column_tails: tuple[tuple[int, bool], ...]
    if product.n is None:
        column_tails = tuple((v, True) for v in range(1, vectors + 1))
    else:
        rest = product.n % width
        column_tails = ((-(-rest // lanes), bool(rest % lanes)),) if rest else ()
    return Tiles(
        rows, vectors, lanes, row_tails, column_tails, k_block, row_block,
        full_columns=product.n is None or product.n >= width,
        full_rows=product.m is None or product.m >= rows,
    )  # fmt: skip


def _cost(product: Product, rows: int, vectors: int, lanes: int, steps: int) -> float:
    """Multiply-add slots for an element of C and a step of k, about."""
    heights: dict[int, float] = {}
    widths: dict[int, float] = {}
    if product.m is None:
        # As if there were eight full tiles and, half of the time, a few rows more.
        _more(heights, rows, 8.0)
        _more(heights, 1, 1.0)
        _more(heights, min(rows, 4), 1.0)
        height = 8.0 * rows + 1 + min(rows, 4)
    else:
        _more(heights, rows, product.m // rows)
        _more(heights, product.m % rows, 1.0 if product.m % rows else 0.0)
        height = max(product.m, 1)
    if product.n is None:
        _more(widths, vectors, 8.0)
        _more(widths, (vectors + 1) // 2, 1.0)
        width = (8.0 * vectors + vectors / 2) * lanes
    else:
        whole = -(-product.n // lanes)
        _more(widths, vectors, whole // vectors)
        _more(widths, whole % vectors, 1.0 if whole % vectors else 0.0)
        width = max(product.n, 1)
    total = 0.0
    for r, a in heights.items():
        for v, b in widths.items():
            step = max(r * v, _CHAIN, r + 1.5 * v) + 0.3 * v + 0.1 * r
            total += a * b * (step + (2 * r * v + 12) / steps)
    # Every further kind of tile is code to compile.
    kinds = len(heights) * len(widths)
    return total / (height * width) * (1 + _KIND * kinds)


def _more(counts: dict[int, float], size: int, by: float) -> None:
    if by:
        counts[size] = counts.get(size, 0.0) + by
