"""The normal distribution's quantile function, to the last bit the same on every machine.

It uses additions, multiplications, divisions, square roots and the binary layout of float64 in a fixed order, and no
function of a mathematics library, whose last digits differ from one machine to the next. A backend that follows it must
not fuse a multiplication and an addition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
# (1988), 477-484, routine PPND16: numerators and denominators of three rational functions, highest power first.
CENTRE = (
    (
        2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080,
    ),
    (
        5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
        5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0,
    ),
)  # fmt: skip
NEAR = (
    (
        7.74545014278341407640e-4, 0.0227238449892691845833, 0.241780725177450611770,
        1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
        4.63033784615654529590, 1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 0.0151986665636164571966,
        0.148103976427480074590, 0.689767334985100004550, 1.67638483018380384940,
        2.05319162663775882187, 1.0,
    ),
)  # fmt: skip
FAR = (
    (
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        0.0265321895265761230930, 0.296560571828504891230, 1.78482653991729133580,
        5.46378491116411436990, 6.65790464350110377720,
    ),
    (
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
        7.86869131145613259100e-4, 0.0148753612908506148525, 0.136929880922735805310,
        0.599832206555887937690, 1.0,
    ),
)  # fmt: skip

# log 2, the first part with so few digits that its products with exponents are exact.
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
SQRT_HALF = float.fromhex("0x1.6a09e667f3bcdp-1")
ATANH = tuple(1.0 / (2 * k + 1) for k in range(11, -1, -1))
"""The series of atanh(s) / s in powers of s**2; enough of it for abs(s) <= 0.172."""
_CHUNK = 1 << 15
"""Elements computed at a time: what fits in the caches."""


def normal_quantile(p: np.ndarray) -> np.ndarray:
    """The z for which a standard normal variable is below z with probability p.

    Args:
        p: float64[n], strictly between 0 and 1.

    Returns:
        float64[n], with a relative error of about 1e-15.
    """
    z = np.empty_like(p)
    for first in range(0, len(p), _CHUNK):
        part = slice(first, first + _CHUNK)
        z[part] = _quantile(p[part])
    return z


def _quantile(p: np.ndarray) -> np.ndarray:
    q = p - 0.5
    z = _ratio(CENTRE, 0.180625 - q * q)
    z *= q
    (tail,) = np.nonzero(np.abs(q) > 0.425)
    if len(tail):
        outer = p[tail]
        r = np.sqrt(-natural_log(np.minimum(outer, 1.0 - outer)))
        size = np.where(r <= 5.0, _ratio(NEAR, r - 1.6), _ratio(FAR, r - 5.0))
        z[tail] = np.copysign(size, q[tail])
    return z


def natural_log(x: np.ndarray) -> np.ndarray:
    """log(x) of positive, normal float64: log(2**e m) = e log 2 + 2 atanh((m - 1) / (m + 1))."""
    bits = x.view(np.int64)
    exponent = (bits >> 52) - 1022
    m = ((bits & 0xFFFFFFFFFFFFF) | 0x3FE0000000000000).view(np.float64)
    small = m < SQRT_HALF
    m = np.where(small, m + m, m)
    e = (exponent - small).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    double = s + s
    log: np.ndarray = e * LN2_HIGH + (double * _horner(ATANH, s * s) + e * LN2_LOW)
    return log


def _ratio(both: tuple[Sequence[float], Sequence[float]], x: np.ndarray) -> np.ndarray:
    y = _horner(both[0], x)
    y /= _horner(both[1], x)
    return y


def _horner(coefficients: Sequence[float], x: np.ndarray) -> np.ndarray:
    y = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y *= x
        y += c
    return y
