"""Roots and rounding to whole numbers: instructions of the machine."""

from __future__ import annotations

from ..emit import Builder, Operand
from .lanes import like

__all__ = ["ceil", "floor", "round", "rsqrt", "sqrt"]


def sqrt(b: Builder, x: Operand) -> Operand:
    """Rounded correctly; -0 of -0, NaN below."""
    return b.intrinsic("sqrt", x.type, x)


def rsqrt(b: Builder, x: Operand) -> Operand:
    """1 / sqrt(x), each rounded; -infinity of -0."""
    return b.div(like(x, 1), sqrt(b, x))


def floor(b: Builder, x: Operand) -> Operand:
    return b.intrinsic("floor", x.type, x)


def ceil(b: Builder, x: Operand) -> Operand:
    return b.intrinsic("ceil", x.type, x)


def round(b: Builder, x: Operand) -> Operand:
    """To the nearest whole number, halves to even."""
    return b.intrinsic("roundeven", x.type, x)
