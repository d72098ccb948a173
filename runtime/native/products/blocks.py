"""What is packed, and where in the scratch memory it lies."""

from __future__ import annotations

from dataclasses import dataclass

from .packing import slack
from .product import Product, Tiling
from .tiles import Tiles, choose

__all__ = ["Blocks", "blocks", "column_step", "row_step", "scratch_bytes"]

_PACK_A_COLUMNS = 256
"""Columns of B from which on it pays to pack A, whatever its rows: each packed element is used so often."""
_PACK_A_STEPS = 192
_DOT_ROWS = 3
"""Rows of A up to which products with B transposed are dot products: packing B would cost more than it saves."""


@dataclass(frozen=True)
class Blocks:
    """How the blocks of a product are fed to the micro-kernels."""

    tiles: Tiles
    pack_a: bool
    pack_b: bool | None
    """None: decided at run time, by the number of rows."""
    pack_b_rows: int
    """Rows from which on B is packed, where that is decided at run time."""
    dots: bool | None
    """Whether B transposed is multiplied by dot products (None: at run time, up to `dot_rows` rows)."""
    dot_rows: int
    k_block: int
    align: int
    """Elements of 64 bytes."""

    @property
    def panel(self) -> int:
        """Elements between two packed panels of B."""
        return self.up(self.k_block * self.tiles.width + slack(self.tiles.lanes, self.tiles.width))

    def up(self, elements: int) -> int:
        return -(-elements // self.align) * self.align


def blocks(product: Product, tiling: Tiling) -> Blocks:
    """The blocks of a product on a machine."""
    tiles = choose(product, tiling)
    size = product.type.bits // 8
    m, n, k = product.m, product.n, product.k
    pack_a = n is not None and n >= _PACK_A_COLUMNS and (k is None or k >= _PACK_A_STEPS)
    pack_a = pack_a and (m is None or m > 1)
    rows = 4 * tiles.rows
    pack_b: bool | None = None
    if product.transpose_b:
        pack_b = True
    elif m is not None and m < rows:
        pack_b = False
    elif n is not None and k is not None:
        # What fits the second-level cache is read where it is.
        pack_b = False if n * k * size <= tiling.l2 // 4 else (True if m is not None else None)
    dots: bool | None = product.transpose_b and not product.transpose_a
    if dots:
        dots = None if m is None else m <= _DOT_ROWS
    k_block = tiles.k_block if k is None else max(1, min(tiles.k_block, k))
    return Blocks(tiles, pack_a, pack_b, rows, dots, _DOT_ROWS, k_block, 64 // size)


def row_step(product: Product, tiling: Tiling) -> int:
    """Ranges of rows begin at multiples of this, and end at one or at m."""
    return choose(product, tiling).rows


def column_step(product: Product, tiling: Tiling) -> int:
    """Ranges of columns begin at multiples of this, and end at one or at n."""
    return choose(product, tiling).width


def scratch_bytes(product: Product, tiling: Tiling, rows: int, cols: int) -> int:
    """Bytes of scratch memory, aligned to 64, that a call for ``rows`` and ``cols`` of C needs."""
    made = blocks(product, tiling)
    tiles = made.tiles
    elements = 0
    if made.pack_a:
        elements += made.up(
            min(-(-rows // tiles.rows) * tiles.rows, tiles.row_block) * made.k_block
            + slack(tiles.lanes, tiles.rows)
        )
    if made.pack_b is not False and not made.dots:
        panels = -(-cols // tiles.width) if rows > tiles.row_block else 1
        elements += panels * made.panel
    return elements * product.type.bits // 8
