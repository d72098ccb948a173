"""exp, sigmoid and tanh of float32 where a register can be a table: fewer multiplications, and no division.

e^x = 2^n e^r with n a multiple of 1/16 and abs(r) <= ln(2) / 32: 2^floor(n) is an exponent, and 2^(n - floor(n)) one of
16 numbers, kept with its rounding error. e^r = 1 + r + r^2 (c2 + c3 r), relative error 2^-29.

tanh is a polynomial of degree 6 about a centre in each of 13 intervals: four in [0, 1), [1, 3) and [3, 7) each, and
[7, 9); beyond it is 1. Centres are where tanh is within 2^-8 of a unit in the last place of a float. The polynomials
minimize the largest relative error, which is below 2^-27, coefficients rounded one after the other, low powers first.
"""

from __future__ import annotations

from ..emit import Builder, Operand
from .instructions import ENTRIES, look_up, rough_reciprocal, scale
from .lanes import absolute, at_least, at_most, bits_of, copysign, like

__all__ = ["exp", "sigmoid", "tanh"]

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


# A row: the centre, and the coefficients from the power 0 on.
_TANH = (
    (
        0.0, 0.0, 1.0, -1.0972619293170283e-06, -0.33327019214630127, -0.0011837719939649105, 0.1430845856666565,
        -0.03697763755917549,
    ),
    (
        0.3795963525772095, 0.36235687136650085, 0.8686975240707397, -0.3147784471511841, -0.17551235854625702,
        0.1685003638267517, 0.017427461221814156, -0.06764784455299377,
    ),
    (
        0.6262812614440918, 0.555486261844635, 0.6914350390434265, -0.3840826153755188, -0.01713615469634533,
        0.13753241300582886, -0.054285403341054916, -0.023305686190724373,
    ),
    (
        0.8693099021911621, 0.7010233402252197, 0.5085662603378296, -0.35651683807373047, 0.08040714263916016,
        0.06247111037373543, -0.05923745408654213, 0.01302175223827362,
    ),
    (
        1.2593281269073486, 0.8508787751197815, 0.27600520849227905, -0.23484672605991364, 0.10783890634775162,
        -0.013482525944709778, -0.018837114796042442, 0.015093603171408176,
    ),
    (
        1.7536250352859497, 0.9417867064476013, 0.11303775012493134, -0.10645739734172821, 0.06258740276098251,
        -0.023460043594241142, 0.003530415240675211, 0.0020918932277709246,
    ),
    (
        2.2374427318573, 0.9774735569953918, 0.04454544186592102, -0.04354199394583702, 0.027713103219866753,
        -0.012574685737490654, 0.004030060488730669, -0.000714645313564688,
    ),
    (
        2.7412760257720947, 0.9917170405387878, 0.016497313976287842, -0.016360659152269363, 0.010725708678364754,
        -0.005184047855436802, 0.0019432096742093563, -0.0005461644614115357,
    ),
    (
        3.523937463760376, 0.9982630014419556, 0.0034710357431322336, -0.0034651143942028284, 0.002299968618899584,
        -0.0011402202071622014, 0.0004673790535889566, -0.00015735039778519422,
    ),
    (
        4.477729320526123, 0.9997419714927673, 0.0005160004366189241, -0.0005158466519787908, 0.00034339111880399287,
        -0.00017182156443595886, 7.130255835363641e-05, -2.2658829038846307e-05,
    ),
    (
        5.523198127746582, 0.9999681115150452, 6.377722456818447e-05, -6.377782119670883e-05, 4.247133620083332e-05,
        -2.1193327484070323e-05, 8.845964657666627e-06, -3.0808225801592926e-06,
    ),
    (
        6.479614734649658, 0.9999952912330627, 9.417703040526249e-06, -9.417281944479328e-06, 6.2718941080674995e-06,
        -3.14118233291083e-06, 1.3074084108666284e-06, -4.184695399089833e-07,
    ),
    (
        7.971187591552734, 0.9999997615814209, 4.775519073518808e-07, -4.769649422087241e-07, 3.12214325504101e-07,
        -1.580033170966999e-07, 7.480391417402643e-08, -2.3444039598530253e-08,
    ),
)  # fmt: skip
_ONE = (9.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _columns(rows: tuple[tuple[float, ...], ...], beyond: tuple[float, ...]) -> list[list[float]]:
    """Tables of the numbers at each place of the rows, in the order of `_interval`."""
    filled = [*rows, *[beyond] * (ENTRIES - len(rows))]
    # The exponent of 1.0 ends in the bits 11, so the first four intervals stand at the end.
    return [[row[k] for row in filled[4:] + filled[:4]] for k in range(len(beyond))]


def _interval(b: Builder, x: Operand) -> Operand:
    """Low four bits that name an interval, of a number from 0 to below 15.

    They are the last two bits of the exponent and the first two of the mantissa of 1 + x.
    """
    bits = bits_of(b, b.add(x, like(x, 1)))
    return b.binary("lshr", bits, like(bits, 21))


_TANH_COLUMNS = _columns(_TANH, _ONE)


def tanh(b: Builder, x: Operand) -> Operand:
    size = at_most(b, absolute(b, x), 9.0)
    index = _interval(b, size)
    centre, *coefficients = _TANH_COLUMNS
    d = b.sub(size, look_up(b, centre, index))
    y = look_up(b, coefficients[-1], index)
    for column in reversed(coefficients[:-1]):
        y = b.fma(y, d, look_up(b, column, index))
    return copysign(b, y, x)
