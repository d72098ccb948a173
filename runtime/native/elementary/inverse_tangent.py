"""arctan and arctan2: arctan z = z + z^3 A(z^2) for z up to 1; arctan z = pi/2 - arctan(1/z) beyond.

A is a minimax fit of the relative error (Remez's exchange algorithm in 45 digits, coefficients rounded one after the
other), below 2^-28 in float32 and 2^-56 in float64.
"""

from __future__ import annotations

from ..emit import Builder, Operand
from .lanes import SINGLE, absolute, bits_of, copysign, format_of, horner, like

__all__ = ["arctan", "arctan2"]

_A_SINGLE = (
    -0.33333301544189453, 0.1999862790107727, -0.14265120029449463, 0.10956860333681107,
    -0.08417191356420517, 0.058192700147628784, -0.031410980969667435, 0.011038810946047306,
    -0.0018211215501651168,
)  # fmt: skip
_A_DOUBLE = (
    -0.33333333333333093, 0.19999999999955406, -0.14285714282800266, 0.11111111013589833,
    -0.09090907118160726, 0.07692281174070938, -0.0666641489587263, 0.058805919667666365,
    -0.052538030205817925, 0.04723285051367043, -0.04221696746733322, 0.03669311057531082,
    -0.02998492707898541, 0.02208438004278475, -0.013994279894376035, 0.007262871120570683,
    -0.0029190987685011, 0.0008434012755508118, -0.00015477953270968367, 1.3487575123207343e-05,
)  # fmt: skip
_PI_SINGLE = (3.1415927410125732, -8.742277657347586e-08)
_PI_DOUBLE = (3.141592653589793, 1.2246467991473532e-16)


def _within_one(b: Builder, z: Operand) -> Operand:
    square = b.mul(z, z)
    a = horner(b, square, _A_SINGLE if format_of(z) is SINGLE else _A_DOUBLE)
    return b.fma(b.mul(square, z), a, z)


def arctan(b: Builder, x: Operand) -> Operand:
    pi, low = _PI_SINGLE if format_of(x) is SINGLE else _PI_DOUBLE
    size = absolute(b, x)
    one = like(x, 1)
    beyond = b.compare("ogt", size, one)
    angle = _within_one(b, b.div(b.select(beyond, one, size), b.select(beyond, size, one)))
    complement = b.sub(like(x, pi / 2), b.sub(angle, like(x, low / 2)))
    return copysign(b, b.select(beyond, complement, angle), x)


def arctan2(b: Builder, y: Operand, x: Operand) -> Operand:
    """The angle of the point (x, y). Zeros have signs: (-0, 0) is at pi; (inf, inf) is at pi/4."""
    pi, low = _PI_SINGLE if format_of(x) is SINGLE else _PI_DOUBLE
    zero = like(x, 0)
    height, width = absolute(b, y), absolute(b, x)
    steep = b.compare("ogt", height, width)
    least = b.select(steep, width, height)
    most = b.select(steep, height, width)
    # The quotient is NaN where both are zero or both are infinite.
    diagonal = b.select(b.compare("oeq", least, zero), zero, like(x, pi / 4))
    angle = _within_one(b, b.div(least, most))
    angle = b.select(b.compare("oeq", least, most), diagonal, angle)
    bits = bits_of(b, x)
    left = b.compare("slt", bits, like(bits, 0))
    # From the axis that is nearest: base + angle or base - angle.
    base = b.select(steep, like(x, pi / 2), b.select(left, like(x, pi), zero))
    rest = b.select(steep, like(x, low / 2), b.select(left, like(x, low), zero))
    forward = b.binary("xor", steep, left)
    signed = b.select(forward, b.neg(angle), angle)
    return copysign(b, b.add(base, b.add(signed, rest)), y)
