"""The normal distribution's quantile function in kernels: the operations of `compiler.ops.quantile`, in their order.

No multiplication is fused with an addition, so that every bit is that of the reference.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.ops import quantile
from .emit import I1, I64, Builder, Operand, number


def normal_quantile(b: Builder, p: Operand) -> Operand:
    """The z for which a standard normal variable is below z with probability p (float64, strictly between 0 and 1)."""
    type = p.type

    def of(x: float) -> Operand:
        return number(type, x)

    q = b.binary("fsub", p, of(0.5))
    centre = _ratio(b, quantile.CENTRE, b.binary("fsub", of(0.180625), b.binary("fmul", q, q)))
    centre = b.binary("fmul", centre, q)
    tail = b.compare("ogt", b.intrinsic("fabs", type, q), of(0.425))

    def outside() -> Operand:
        rest = b.binary("fsub", of(1.0), p)
        outer = b.select(b.compare("olt", p, rest), p, rest)
        r = b.intrinsic("sqrt", type, b.neg(natural_log(b, outer)))
        near = _ratio(b, quantile.NEAR, b.binary("fsub", r, of(1.6)))
        beyond = b.compare("ogt", r, of(5.0))
        size = b.either(
            _any(b, beyond),
            lambda: b.select(beyond, _ratio(b, quantile.FAR, b.binary("fsub", r, of(5.0))), near),
            lambda: near,
        )
        return b.select(tail, b.intrinsic("copysign", type, size, q), centre)

    return b.either(_any(b, tail), outside, lambda: centre)


def natural_log(b: Builder, x: Operand) -> Operand:
    """log(x) of positive, normal float64."""
    type, whole = x.type, x.type.with_element(I64)
    bits = b.convert("bitcast", x, whole)
    exponent = b.sub(b.binary("lshr", bits, number(whole, 52)), number(whole, 1022))
    m = b.binary("and", bits, number(whole, 0xFFFFFFFFFFFFF))
    m = b.convert("bitcast", b.binary("or", m, number(whole, 0x3FE0000000000000)), type)
    small = b.compare("olt", m, number(type, quantile.SQRT_HALF))
    m = b.select(small, b.binary("fadd", m, m), m)
    exponent = b.add(exponent, b.convert("sext", small, whole))
    e = b.convert("sitofp", exponent, type)
    one = number(type, 1.0)
    s = b.binary("fdiv", b.binary("fsub", m, one), b.binary("fadd", m, one))
    series = _horner(b, quantile.ATANH, b.binary("fmul", s, s))
    rest = b.binary("fmul", b.binary("fadd", s, s), series)
    rest = b.binary("fadd", rest, b.binary("fmul", e, number(type, quantile.LN2_LOW)))
    return b.binary("fadd", b.binary("fmul", e, number(type, quantile.LN2_HIGH)), rest)


def _ratio(b: Builder, both: tuple[Sequence[float], Sequence[float]], x: Operand) -> Operand:
    return b.binary("fdiv", _horner(b, both[0], x), _horner(b, both[1], x))


def _horner(b: Builder, coefficients: Sequence[float], x: Operand) -> Operand:
    y = number(x.type, coefficients[0])
    for c in coefficients[1:]:
        y = b.binary("fadd", b.binary("fmul", y, x), number(x.type, c))
    return y


def _any(b: Builder, condition: Operand) -> Operand:
    if not condition.type.lanes:
        return condition
    return b.intrinsic("vector.reduce.or", I1, condition, suffix=condition.type.suffix)
