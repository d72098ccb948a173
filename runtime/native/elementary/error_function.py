"""erf: up to 1 it is x + x P(x^2), beyond it 1 - e^L with L(|x| - 1) = log erfc |x|.

P and L are minimax fits of the error of erf (Remez's exchange algorithm in 45 digits, coefficients rounded one after
the other), which is below 2^-26 in float32 and 2^-55 in float64. erfc is at most 0.16 there: e^L needs little care.
"""

from __future__ import annotations

from ..emit import Builder, Operand
from . import intervals
from .exponential import exp_normal
from .instructions import usable
from .lanes import SINGLE, absolute, at_most, copysign, format_of, horner, like

__all__ = ["erf"]

_NEAR_SINGLE = (
    0.12837916612625122, -0.3761262893676758, 0.11283618211746216, -0.02685512602329254,
    0.005190733820199966, -0.000803076196461916, 7.920373900560662e-05,
)  # fmt: skip
_FAR_SINGLE = (
    -1.8496055603027344, -2.638962745666504, -0.8431722521781921, -0.041266147047281265,
    0.009471052326261997, -0.001507689245045185, 0.000101646022812929,
)  # fmt: skip
_NEAR_DOUBLE = (
    0.1283791670955126, -0.3761263890318375, 0.11283791670954885, -0.026866170645077875,
    0.005223977624828423, -0.0008548326981424848, 0.00012055331132932687, -1.4925595771789235e-05,
    1.6461008474704305e-06, -1.6350396223989035e-07, 1.4660328945167828e-08, -1.137495735410562e-09,
    5.960689230459806e-11,
)  # fmt: skip
_FAR_DOUBLE = (
    -1.8496055099332482, -2.6389675142347775, -0.843107256359331, -0.0415610980266573,
    0.010033825194827265, -0.00197790130871013, 0.00023731678961149048, 2.6295404380220303e-05,
    -2.719728222842698e-05, 9.669144391679642e-06, -2.1297869771497105e-06, 2.032892850099254e-07,
    5.879830724461492e-08, -3.368396231883725e-08, 8.594939887731276e-09, -1.332229365199373e-09,
    1.2066910246521904e-10, -4.926694294204617e-12,
)  # fmt: skip


def erf(b: Builder, x: Operand) -> Operand:
    if usable(b, x):
        return intervals.erf(b, x)
    single = format_of(x) is SINGLE
    size = absolute(b, x)
    square = b.mul(size, size)
    near = b.fma(size, horner(b, square, _NEAR_SINGLE if single else _NEAR_DOUBLE), size)
    # Where the fits of log erfc end, erf is 1 to the last place.
    beyond = b.sub(at_most(b, size, 4.0 if single else 6.0), like(x, 1))
    tail = exp_normal(b, horner(b, beyond, _FAR_SINGLE if single else _FAR_DOUBLE))
    far = b.sub(like(x, 1), tail)
    return copysign(b, b.select(b.compare("olt", size, like(x, 1)), near, far), x)
