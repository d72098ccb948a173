"""exp and sigmoid of float32 where a register can be a table: fewer multiplications, and no division.

e^x = 2^n e^r with n a multiple of 1/16 and abs(r) <= ln(2) / 32: 2^floor(n) is an exponent, and 2^(n - floor(n)) one of
16 numbers, kept with its rounding error. e^r = 1 + r + r^2 (c2 + c3 r), relative error 2^-29.
"""

from __future__ import annotations

from ..emit import Builder, Operand
from .instructions import look_up, rough_reciprocal, scale
from .lanes import absolute, at_least, at_most, bits_of, like

__all__ = ["exp", "sigmoid"]

_LOG2_E = 1.4426950408889634074
_LN2 = (0.693147182464599609375, -1.904654323148236017e-9)
_LOWEST, _HIGHEST = -104.0, 89.0
"""Beyond where e^x is 0 and infinite."""
_SQUARE, _CUBE = 0.5000161528587341, 0.1666671633720398
_POWERS = (
    1.0, 1.0442737340927124, 1.0905077457427979, 1.1387885808944702, 1.1892070770263672, 1.2418577671051025,
    1.2968395948410034, 1.3542555570602417, 1.4142135381698608, 1.4768261909484863, 1.5422108173370361,
    1.610490322113037, 1.6817928552627563, 1.7562521696090698, 1.8340080976486206, 1.9152065515518188,
)  # fmt: skip
_ERRORS = (
    0.0, 4.6285471455576044e-08, -1.199215748926008e-08, 4.7297824323777604e-08, 3.1934181521364735e-08,
    3.621057231839586e-08, -3.0990719324108795e-08, -7.475213337215791e-09, 1.7114270889351246e-08,
    -3.047683350132502e-08, 5.233334210430485e-09, 6.10759176566944e-09, -1.4719605090363075e-08,
    -5.258795177098818e-09, -6.128259677495862e-09, 5.140609271592211e-09,
)  # fmt: skip
"""2^(i/16) is the power times 1 + its error."""


def _exp_within(b: Builder, x: Operand) -> Operand:
    """e^x, x being so small that 16 n fits the low bits of a float: abs(x) <= 2^15."""
    # The sum rounds to a multiple of 1/16 and leaves it in the low bits.
    magic = like(x, 1.5 * 2.0**19)
    shifted = b.fma(x, like(x, _LOG2_E), magic)
    n = b.sub(shifted, magic)
    r = b.fma(n, like(x, -_LN2[0]), x)
    r = b.fma(n, like(x, -_LN2[1]), r)
    index = bits_of(b, shifted)
    power = look_up(b, _POWERS, index)
    p = b.fma(b.fma(r, like(x, _CUBE), like(x, _SQUARE)), r, like(x, 1))
    p = b.fma(p, r, look_up(b, _ERRORS, index))
    return scale(b, b.fma(power, p, power), n)


def exp(b: Builder, x: Operand) -> Operand:
    return _exp_within(b, at_least(b, at_most(b, x, _HIGHEST), _LOWEST))


def sigmoid(b: Builder, x: Operand) -> Operand:
    """With e = e^(-|x|): 1 / (1 + e) above 0, e / (1 + e) below."""
    e = _exp_within(b, at_least(b, b.neg(absolute(b, x)), _LOWEST))
    one = like(x, 1)
    rough = rough_reciprocal(b, b.add(e, one))
    below = b.compare("olt", x, like(x, 0))
    dividend = b.select(below, e, one)
    quotient = b.select(below, b.mul(e, rough), rough)
    # What is left of the dividend, rounded once: the quotient is at least half as large, so the difference is exact.
    rest = b.fma(b.neg(quotient), e, b.binary("fsub", dividend, quotient))
    return b.fma(rest, rough, quotient)
