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
        avx512: whether instructions that only AVX-512 has may be used.
        tiling: how matrix products are cut.
        blas: the products that BLAS does, each with the number of rows for which it is called at a time.
    """

    vector_bytes: int
    avx512: bool
    tiling: Tiling
    blas: tuple[tuple[Product, int], ...] = ()

    def blas_rows(self, of: Matrices) -> int:
        """For how many rows of a product BLAS is called at a time; 0: own code multiplies them."""
        return dict(self.blas).get(of.product, 0) if of.regular else 0

    @property
    def attributes(self) -> str:
        """Attributes of LLVM functions: vectors stay whole, and where they are spilled within a line of the cache."""
        bits = 8 * self.vector_bytes
        # LLVM decides on the stack's alignment before it knows of spills, so it must be told. Else it is by chance
        # whether a spilled vector lies across two lines, which made whole kernels half as fast.
        return (
            f'"prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}"'
            f" alignstack={self.vector_bytes}"
        )
