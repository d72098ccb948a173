"""log and log1p.

x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1, log x = k ln 2 + log(1 + f).

float32: log(1 + f) = f - f^2 / 2 + f^3 P(f), relative error of the fit 2^-27.
float64: with s = f / (2 + f) and z = s^2, log(1 + f) = 2 atanh(s) = f - f^2 / 2 + s (f^2 / 2 + z T(z)), error 2^-58.
P and T are minimax fits (Remez's exchange algorithm in 45 digits, coefficients rounded one after the other).

log1p(x): u = 1 + x rounded, c its rounding error; 2^-k (u + c) - 1 = (m - 1) + 2^-k c takes the place of f.
"""

from __future__ import annotations

from math import inf, nan

from ..emit import Builder, Operand
from .lanes import SINGLE, bits_of, copysign, float_of, format_of, horner, like, power_of_two

__all__ = ["log", "log1p", "log_of_parts", "mantissa_and_exponent"]

_P = (
    0.3333333134651184, -0.2500082552433014, 0.2000126838684082, -0.1662321537733078,
    0.14200608432292938, -0.1316043734550476, 0.12770380079746246, -0.07645200937986374,
)  # fmt: skip
_T = (
    0.6666666666666735, 0.39999999999407365, 0.28571428744169225, 0.22222198375369728,
    0.18183575340837838, 0.15313750968886947, 0.14799116467740447,
)  # fmt: skip
_LN2_SINGLE = (0.693145751953125, 1.428606820309417232e-6)
_LN2_DOUBLE = (0.693147180369123816490, 1.90821492927058770002e-10)
"""ln 2 in two parts, the first so short that its product with an exponent is exact."""
_HALF_SQRT2 = {23: 0x3F3504F3, 52: 0x3FE6A09E667F3BCD}


def mantissa_and_exponent(b: Builder, x: Operand) -> tuple[Operand, Operand]:
    """m in [sqrt(1/2), sqrt(2)) and k (an integer) with x = 2^k m, of a positive normal number."""
    format = format_of(x)
    bits = bits_of(b, x)
    least = like(bits, _HALF_SQRT2[format.mantissa])
    above = b.sub(bits, least)
    k = b.binary("ashr", above, like(bits, format.mantissa))
    fraction = b.binary("and", above, like(bits, (1 << format.mantissa) - 1))
    return float_of(b, b.add(fraction, least)), k


def log_of_parts(b: Builder, f: Operand, k: Operand) -> Operand:
    """k ln 2 + log(1 + f); k as a float."""
    half_square = b.mul(b.mul(f, like(f, 0.5)), f)
    if format_of(f) is SINGLE:
        high, low = _LN2_SINGLE
        cube = b.mul(b.mul(f, f), f)
        tail = b.fma(cube, horner(b, f, _P), b.mul(k, like(f, low)))
        tail = b.sub(tail, half_square)
    else:
        high, low = _LN2_DOUBLE
        s = b.div(f, b.add(f, like(f, 2)))
        z = b.mul(s, s)
        inner = b.fma(z, horner(b, z, _T), half_square)
        tail = b.sub(b.fma(s, inner, b.mul(k, like(f, low))), half_square)
    return b.fma(k, like(f, high), b.add(tail, f))


def _with_edges(b: Builder, y: Operand, x: Operand, pole: float) -> Operand:
    """-infinity at the pole, NaN below it, and what is infinite or NaN as it is."""
    edge = b.select(b.compare("olt", x, like(x, pole)), like(x, nan), x)
    edge = b.select(b.compare("oeq", x, like(x, pole)), like(x, -inf), edge)
    inside = b.compare("ogt", x, like(x, pole))
    inside = b.binary("and", inside, b.compare("olt", x, like(x, inf)))
    return b.select(inside, y, edge)


def log(b: Builder, x: Operand) -> Operand:
    format = format_of(x)
    small = b.compare("olt", x, like(x, format.smallest_normal))
    scaled = b.select(small, b.mul(x, like(x, 2.0**format.mantissa)), x)
    m, k = mantissa_and_exponent(b, scaled)
    exponent = b.convert("sitofp", k, x.type)
    exponent = b.select(small, b.sub(exponent, like(x, format.mantissa)), exponent)
    return _with_edges(b, log_of_parts(b, b.sub(m, like(x, 1)), exponent), x, 0)


def log1p(b: Builder, x: Operand) -> Operand:
    format = format_of(x)
    one = like(x, 1)
    u = b.add(x, one)
    other = b.sub(u, one)
    error = b.add(b.sub(one, b.sub(u, other)), b.sub(x, other))
    m, k = mantissa_and_exponent(b, u)
    # 2^-k; for the largest k the error plays no part, and 0 stands there.
    inverse = b.intrinsic("smax", k.type, b.sub(like(k, format.bias), k), like(k, 0))
    f = b.fma(error, power_of_two(b, inverse), b.sub(m, one))
    y = log_of_parts(b, f, b.convert("sitofp", k, x.type))
    # log1p has the sign of x, also at zeros.
    return copysign(b, _with_edges(b, y, x, -1), x)
