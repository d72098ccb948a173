"""What a matrix product is, and what of the machine its code depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..emit import F32, F64, Builder, Operand, Type

__all__ = ["Epilogue", "Product", "Tiling"]

Epilogue = Callable[[Builder, Operand, Operand, Operand, Operand | None, Operand], Operand]
"""``(builder, value, row, column, mask, context) -> what is stored``.

``value`` is a full vector of C at ``(row, column .. column + lanes)``; ``row`` and ``column`` are global (i64).
``mask`` says which lanes exist (None: all); memory at the others must not be touched. ``context`` is the pointer that
the caller of the product handed over.
"""


@dataclass(frozen=True)
class Tiling:
    """The machine as a matrix product sees it."""

    vector_bytes: int = 64
    """Width of a vector register: 64 (AVX-512), 32 (AVX2), 16 (NEON, SSE)."""
    registers: int = 32
    """Number of vector registers."""
    l1: int = 32 << 10
    """Bytes of first-level data cache of a core."""
    l2: int = 1 << 20
    """Bytes of second-level cache of a core."""

    def lanes(self, type: Type) -> int:
        return self.vector_bytes * 8 // type.bits


@dataclass(frozen=True)
class Product:
    """C[m, n] = A[m, k] B[k, n], row-major with leading dimensions.

    Args:
        type: of all three: float32 or float64.
        m, n, k: None where the size is known at run time only.
        transpose_a: A is stored [k, m].
        transpose_b: B is stored [n, k].
    """

    type: Type
    m: int | None
    n: int | None
    k: int | None
    transpose_a: bool = False
    transpose_b: bool = False

    def __post_init__(self) -> None:
        if self.type is not F32 and self.type is not F64:
            raise ValueError(f"products are of float32 or float64, not {self.type}")
