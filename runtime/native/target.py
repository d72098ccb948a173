"""What code is written for, and what its function is called: what must be known of code that the cache has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .products import Product, Tiling

if TYPE_CHECKING:
    from .matrices import Matrices

NAME = "run"
"""The function of a module that runs the whole graph."""

PRODUCTS = "BIFRONT_PRODUCTS"
"""The environment variable that says who multiplies matrices: ``own``, ``blas`` or ``measured``."""
LEAST = 1 << 31
"""Operations of a product below which nobody asks: a run of it must be worth a good part of the measuring."""


@dataclass(frozen=True, slots=True)
class Target:
    """What code is written for.

    Attributes:
        vector_bytes: the width of a vector register.
        tiling: how matrix products are cut.
        blas: the products that BLAS does, each with the number of rows for which it is called at a time.
    """

    vector_bytes: int
    tiling: Tiling
    blas: tuple[tuple[Product, int], ...] = ()

    def blas_rows(self, of: Matrices) -> int:
        """For how many rows of a product BLAS is called at a time; 0: own code multiplies them."""
        return dict(self.blas).get(of.product, 0) if of.regular else 0
