"""erf and tanh of float32, whose coefficients a register holds for each of 16 intervals.

The intervals: four in [0, 1), [1, 3), [3, 7) and [7, 15) each. In each the function is a polynomial of degree 6 about
a centre, where it is within 2^-8 of a unit in the last place of a float. The polynomials minimize the largest relative
error, which is below 2^-27 (of erf above 3: 2^-25.9), coefficients rounded one after the other, low powers first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..emit import Builder, Operand
from .instructions import ENTRIES, look_up
from .lanes import absolute, at_most, bits_of, copysign, like

__all__ = ["erf", "tanh"]

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
_TANH_END = 9.0
_ERF = (
    (
        0.0, 0.0, 0.12837916612625122, -5.049993205830106e-07, -0.3760944902896881, -0.0006123540224507451,
        0.117899589240551, -0.018992602825164795,
    ),
    (
        0.3820677101612091, 0.41102731227874756, 0.9751212000846863, -0.37256234884262085, -0.23014099895954132,
        0.16815818846225739, 0.04308028891682625, -0.05052909627556801,
    ),
    (
        0.6285781264305115, 0.6259666681289673, 0.7600825428962708, -0.4777713119983673, -0.05314793437719345,
        0.1759735494852066, -0.028157567605376244, -0.04163096472620964,
    ),
    (
        0.8756197690963745, 0.7844001054763794, 0.5241760015487671, -0.45897889137268066, 0.09320321679115295,
        0.11219247430562973, -0.06700118631124496, -0.010585554875433445,
    ),
    (
        1.2553801536560059, 0.9241641163825989, 0.23335443437099457, -0.29294902086257935, 0.1673792004585266,
        -0.007376004476100206, -0.046131253242492676, 0.020519673824310303,
    ),
    (
        1.754869818687439, 0.9869264960289001, 0.05188172683119774, -0.09104563295841217, 0.08924141526222229,
        -0.04795690253376961, 0.006241212598979473, 0.009056687355041504,
    ),
    (
        2.2548282146453857, 0.9985713958740234, 0.006988633889704943, -0.015758104622364044, 0.021360602229833603,
        -0.01883445307612419, 0.010502929799258709, -0.0027697605546563864,
    ),
    (
        2.749812602996826, 0.9998992681503296, 0.0005868985899724066, -0.0016138196224346757, 0.002760662231594324,
        -0.0032602909486740828, 0.002827567746862769, -0.001668706419877708,
    ),
    (
        3.441558361053467, 0.9999988675117493, 8.166447514668107e-06, -2.713874346227385e-05, 5.877560033695772e-05,
        -0.0001063855379470624, 0.00013962095545139164, -8.053660712903365e-05,
    ),
)  # fmt: skip
"""The first row is of erf(x) - x."""
_ERF_END = 4.0
_ONE = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""The row beyond the end, where both functions are 1 to the last place."""


def _columns(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Tables of the numbers at each place of the rows, in the order of `_interval`."""
    filled = [*rows, *[_ONE] * (ENTRIES - len(rows))]
    # The exponent of 1.0 ends in the bits 11, so the first four intervals stand at the end.
    return [[row[k] for row in filled[4:] + filled[:4]] for k in range(len(_ONE))]


_TANH_COLUMNS, _ERF_COLUMNS = _columns(_TANH), _columns(_ERF)


def _interval(b: Builder, above: Operand) -> Operand:
    """Integers whose low four bits name the interval of x, of ``above`` = 1 + x from 1 to below 16.

    They are the last two bits of the exponent and the first two of the mantissa.
    """
    bits = bits_of(b, above)
    return b.binary("lshr", bits, like(bits, 21))


def tanh(b: Builder, x: Operand) -> Operand:
    size = at_most(b, absolute(b, x), _TANH_END)
    index = _interval(b, b.add(size, like(x, 1)))
    centre, *coefficients = _TANH_COLUMNS
    d = b.sub(size, look_up(b, centre, index))
    return copysign(b, _polynomial(b, d, coefficients, index), x)


def erf(b: Builder, x: Operand) -> Operand:
    size = at_most(b, absolute(b, x), _ERF_END)
    above = b.add(size, like(x, 1))
    index = _interval(b, above)
    centre, constant, *rest = _ERF_COLUMNS
    d = b.sub(size, look_up(b, centre, index))
    # Near 0 it is x and a correction, so that nothing is rounded but the sum.
    first = b.compare("olt", above, like(x, 1.25))
    constant_here = b.select(first, size, look_up(b, constant, index))
    return copysign(b, b.fma(_polynomial(b, d, rest, index), d, constant_here), x)


def _polynomial(
    b: Builder, d: Operand, coefficients: Sequence[Sequence[float]], index: Operand
) -> Operand:
    """That of each lane's interval; the tables of the coefficients stand in the order of their powers."""
    *others, last = coefficients
    y = look_up(b, last, index)
    for table in reversed(others):
        y = b.fma(y, d, look_up(b, table, index))
    return y
