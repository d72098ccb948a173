"""What code is written for, and what its function is called: what must be known of code that the cache has."""

from __future__ import annotations

from dataclasses import dataclass

from .products import Tiling

NAME = "run"
"""The function of a module that runs the whole graph."""


@dataclass(frozen=True, slots=True)
class Target:
    """What code is written for.

    Attributes:
        vector_bytes: the width of a vector register.
        avx512: whether instructions that only AVX-512 has may be used.
        tiling: how matrix products are cut.
    """

    vector_bytes: int
    avx512: bool
    tiling: Tiling

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
