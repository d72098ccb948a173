"""What of a product its code depends on: products of one form are computed by one function."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..emit import Type
from .blocks import Blocks, blocks
from .product import Product, Tiling

__all__ = ["Form", "form_of"]


@dataclass(frozen=True)
class Form:
    """What the code depends on.

    Attributes:
        whole: all steps of k are one block.
        one_row, one_column: C is known to have one only.
        follows: finished elements are handed to an epilogue.
    """

    type: Type
    transpose_a: bool
    transpose_b: bool
    blocks: Blocks
    whole: bool
    one_row: bool
    one_column: bool
    follows: bool
    accumulate: bool


def form_of(product: Product, tiling: Tiling, follows: bool, accumulate: bool) -> Form:
    """The form of a product on a machine."""
    made = blocks(product, tiling)
    whole = product.k is not None and product.k <= made.k_block
    if whole and not made.pack_a and made.pack_b is False:
        # Nothing asks for the length of the block.
        made = replace(made, k_block=0)
    made = replace(made, tiles=replace(made.tiles, k_block=0))
    return Form(
        product.type, product.transpose_a, product.transpose_b, made, whole, product.m == 1, product.n == 1,
        follows, accumulate,
    )  # fmt: skip
