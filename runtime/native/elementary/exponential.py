"""exp, expm1, sigmoid and tanh.

x = n ln 2 + r with whole n and abs(r) <= ln(2) / 2; then e^x = 2^n e^r, where e^r = 1 + r + r^2 q(r). The
coefficients of q minimize the largest relative error of e^r or of e^r - 1 (Remez's exchange algorithm in 45 digits,
then rounded one after the other, low powers first, the others being fitted anew in float32): below 2^-28 and 2^-26 in
float32, below 2^-56 and 2^-60 in float64. tanh x = x + x^3 t(x^2) up to 0.55, errors 2^-29 and 2^-55.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..emit import Builder, Operand
from . import intervals, tabulated
from .instructions import usable
from .lanes import (
    SINGLE,
    Format,
    absolute,
    at_least,
    at_most,
    bits_of,
    copysign,
    format_of,
    horner,
    like,
    power_of_two,
)

__all__ = ["exp", "exp_normal", "exp_of_parts", "exp_roughly", "expm1", "sigmoid", "tanh"]


@dataclass(frozen=True)
class _Constants:
    """``high + low`` is ln 2; ``lowest`` and ``highest`` are beyond where e^x is 0 and infinite."""

    high: float
    low: float
    lowest: float
    highest: float
    topmost: float
    """Above it 2^n may be too large for a float although e^x is not."""
    exp: tuple[float, ...]
    expm1: tuple[float, ...]
    tanh: tuple[float, ...]


_SINGLE = _Constants(
    high=0.693147182464599609375,
    low=-1.904654323148236017e-9,
    lowest=-104.0,
    highest=89.0,
    topmost=88.0,
    exp=(
        0.4999999403953552, 0.16666515171527863, 0.041668083518743515, 0.008369391784071922,
        0.0013840621104463935,
    ),
    expm1=(
        0.4999999701976776, 0.16666537523269653, 0.04166773334145546, 0.008367272093892097,
        0.0013839281164109707,
    ),
    tanh=(
        -0.33333319425582886, 0.13332636654376984, -0.05385684221982956, 0.02108823135495186,
        -0.006295465398579836,
    ),
)  # fmt: skip
_DOUBLE = _Constants(
    high=0.6931471805599453094,
    low=2.319046813846299558e-17,
    lowest=-746.0,
    highest=710.0,
    topmost=709.0,
    exp=(
        0.5000000000000011, 0.16666666666666405, 0.04166666666652812, 0.008333333333498194,
        0.001388888894425546, 0.00019841269500548467, 2.4801492376834927e-05, 2.7557590030978365e-06,
        2.763052856359373e-07, 2.4999434331763542e-08,
    ),
    expm1=(
        0.5, 0.16666666666666677, 0.041666666666666505, 0.008333333333321511, 0.0013888888888963823,
        0.0001984126988648194, 2.480158717038034e-05, 2.7557243799636755e-06, 2.755740387053763e-07,
        2.5109196635881917e-08, 2.087514090359609e-09,
    ),
    tanh=(
        -0.3333333333333235, 0.13333333333173353, -0.05396825387817697, 0.02186948602120769,
        -0.008863195084519384, 0.0035917240806937647, -0.0014532371430845265, 0.0005791941365579292,
        -0.00021039082272517013, 5.107956682624821e-05,
    ),
)  # fmt: skip
_LOG2_E = 1.4426950408889634074


def _constants(format: Format) -> _Constants:
    return _SINGLE if format is SINGLE else _DOUBLE


def reduce_by_ln2(b: Builder, x: Operand) -> tuple[Operand, Operand]:
    """The remainder r, and an integer whose low bits (as many as an exponent has, and one) are n + 2 bias.

    The sum with 1.5 * 2^mantissa rounds to a whole number and leaves it in the low bits. abs(x) must be small enough
    for n to fit into them.
    """
    format = format_of(x)
    constants = _constants(format)
    magic = like(x, 1.5 * 2.0**format.mantissa + 2 * format.bias)
    shifted = b.fma(x, like(x, _LOG2_E), magic)
    n = b.sub(shifted, magic)
    r = b.fma(n, like(x, -constants.high), x)
    r = b.fma(n, like(x, -constants.low), r)
    return r, bits_of(b, shifted)


def scale_by_powers(b: Builder, y: Operand, n: Operand) -> Operand:
    """y 2^n, rounded once; ``n`` as of `reduce_by_ln2`. Two factors, as 2^n itself may be no float."""
    half = b.binary("lshr", n, like(n, 1))
    return b.mul(b.mul(y, power_of_two(b, half)), power_of_two(b, b.sub(n, half)))


def exp_normal(b: Builder, x: Operand) -> Operand:
    """e^x where it is a normal number and not close to the largest ones."""
    r, n = reduce_by_ln2(b, x)
    power = power_of_two(b, b.sub(n, like(n, format_of(x).bias)))
    return b.mul(horner(b, r, (1.0, 1.0, *_constants(format_of(x)).exp)), power)


def exp_of_parts(b: Builder, high: Operand, low: Operand) -> Operand:
    """e^(high + low) of float64; both are small enough for the exponent to fit (abs(high) <= 1500)."""
    format = format_of(high)
    constants = _constants(format)
    high = at_least(b, at_most(b, high, constants.highest), constants.lowest)
    magic = like(high, 1.5 * 2.0**format.mantissa + 2 * format.bias)
    shifted = b.fma(high, like(high, _LOG2_E), magic)
    n = b.sub(shifted, magic)
    r = b.add(
        b.fma(n, like(high, -constants.high), high), b.fma(n, like(high, -constants.low), low)
    )
    return scale_by_powers(b, horner(b, r, (1.0, 1.0, *constants.exp)), bits_of(b, shifted))


def exp_roughly(b: Builder, x: Operand) -> Operand:
    """e^x of float64 to float32's precision (2^-28); abs(x) <= 700."""
    r, n = reduce_by_ln2(b, x)
    power = power_of_two(b, b.sub(n, like(n, format_of(x).bias)))
    return b.mul(horner(b, r, (1.0, 1.0, *_SINGLE.exp)), power)


def exp(b: Builder, x: Operand) -> Operand:
    if usable(b, x):
        return tabulated.exp(b, x)
    constants = _constants(format_of(x))
    r, n = reduce_by_ln2(b, at_least(b, at_most(b, x, constants.highest), constants.lowest))
    return scale_by_powers(b, horner(b, r, (1.0, 1.0, *constants.exp)), n)


def expm1(b: Builder, x: Operand) -> Operand:
    constants = _constants(format_of(x))
    within = at_least(b, at_most(b, x, constants.highest), -60.0)
    r, n = reduce_by_ln2(b, within)
    p = b.fma(b.mul(r, r), horner(b, r, constants.expm1), r)
    top = b.compare("ogt", within, like(x, constants.topmost))
    bias = format_of(x).bias
    power = power_of_two(b, b.sub(n, b.select(top, like(n, bias + 1), like(n, bias))))
    # 2^n e^r - 1, of which half is computed where 2^n may be too large.
    y = b.fma(power, p, b.sub(power, like(x, 1)))
    # The sign is that of x, also that of a zero.
    return copysign(b, b.select(top, b.add(y, y), y), x)


def tanh(b: Builder, x: Operand) -> Operand:
    """Near 0 a polynomial; else 1 - 2 u / (1 + u) with u = e^(-2 |x|), where the quotient is at most 1/2."""
    if usable(b, x):
        return intervals.tanh(b, x)
    constants = _constants(format_of(x))
    size = absolute(b, x)
    square = b.mul(size, size)
    near = b.fma(b.mul(square, size), horner(b, square, constants.tanh), size)
    u = exp_normal(b, b.neg(at_most(b, b.add(size, size), 60.0)))
    far = b.sub(like(x, 1), b.div(b.add(u, u), b.add(u, like(x, 1))))
    return copysign(b, b.select(b.compare("olt", size, like(x, 0.55)), near, far), x)


def sigmoid(b: Builder, x: Operand) -> Operand:
    """With e = e^(-|x|) and w = e / (1 + e): 1 - w above 0, e - e w below, where also denormal results are right."""
    if usable(b, x):
        return tabulated.sigmoid(b, x)
    constants = _constants(format_of(x))
    r, n = reduce_by_ln2(b, at_least(b, b.neg(absolute(b, x)), constants.lowest))
    e = scale_by_powers(b, horner(b, r, (1.0, 1.0, *constants.exp)), n)
    w = b.div(e, b.add(e, like(x, 1)))
    base = b.select(b.compare("olt", x, like(x, 0)), e, like(x, 1))
    return b.fma(b.neg(w), base, base)
