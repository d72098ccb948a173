"""sin, cos and tan.

With x = q pi/2 + r (`reduction`): sin r = r + r^3 S(r^2), cos r = 1 + r^2 C(r^2), exchanged and negated as q says.
S and C are minimax fits of the relative error (Remez's exchange algorithm in 45 digits, coefficients rounded one after
the other): below 2^-28 and 2^-33 in float32, 2^-56 and 2^-59 in float64. Lanes beyond the limit of the fast reduction
are done one by one, behind a branch that is rarely taken.
"""

from __future__ import annotations

from collections.abc import Callable

from ..emit import F32, F64, I64, Builder, Operand, number
from .lanes import (
    SINGLE,
    add_rounded,
    bits_of,
    float_of,
    format_of,
    horner,
    in_float64,
    join_rare,
    like,
    mul_rounded,
    once,
    sub_rounded,
)
from .reduction import Angle, is_large, reduce_angle, reduce_large

__all__ = ["cos", "sin", "tan"]

_S_SINGLE = (-0.16666655242443085, 0.008332190103828907, -0.00019518406770657748)
_C_SINGLE = (-0.5, 0.04166664555668831, -0.00138873013202101, 2.4430675694020465e-05)
_S_DOUBLE = (
    -0.16666666666666632, 0.008333333333322314, -0.0001984126982972405, 2.755731366162928e-06,
    -2.5050753197090056e-08, 1.5896501111697282e-10,
)  # fmt: skip
_C_DOUBLE = (
    -0.5, 0.0416666666666666, -0.0013888888888873986, 2.4801587289392656e-05, -2.75573143254319e-07,
    2.0875719485558616e-09, -1.1359445293641283e-11,
)  # fmt: skip


def _sine(b: Builder, angle: Angle) -> tuple[Operand, Operand]:
    """sin r, and what is to be added to r for it."""
    r = angle.r
    z = b.mul(r, r)
    series = horner(b, z, _S_SINGLE if format_of(r) is SINGLE else _S_DOUBLE)
    cube = b.mul(r, z)
    tail = b.fma(cube, series, angle.low) if angle.low else b.mul(cube, series)
    return b.add(r, tail), tail


def _cosine(b: Builder, r: Operand) -> Operand:
    z = b.mul(r, r)
    return b.fma(z, horner(b, z, _C_SINGLE if format_of(r) is SINGLE else _C_DOUBLE), like(r, 1))


def _is_odd(b: Builder, q: Operand) -> Operand:
    return b.compare("ne", b.binary("and", q, like(q, 1)), like(q, 0))


def _sin_of(b: Builder, angle: Angle, turn: int) -> Operand:
    """The sine of the angle and ``turn`` right angles more."""
    q = b.add(angle.q, like(angle.q, turn)) if turn else angle.q
    y = b.select(_is_odd(b, q), _cosine(b, angle.r), _sine(b, angle)[0])
    # The second bit of q becomes the sign.
    sign = b.binary(
        "and", b.binary("shl", q, like(q, q.type.bits - 2)), like(q, 1 << (q.type.bits - 1))
    )
    return float_of(b, b.binary("xor", bits_of(b, y), sign))


def _tan_of(b: Builder, angle: Angle) -> Operand:
    """sin r / cos r or -cos r / sin r, both in two parts: a quotient of rounded ones would be off by 2 units."""
    r, low, one = angle.r, angle.low, like(angle.r, 1)
    assert low is not None
    _, tail = _sine(b, angle)
    sine = add_rounded(b, r, tail)
    sine_low = add_rounded(b, sub_rounded(b, r, sine), tail)
    # 1 + (z (-1/2 + ...) - r low)
    z = b.mul(r, r)
    falling = b.fma(z, horner(b, z, _C_DOUBLE), b.neg(mul_rounded(b, r, low)))
    cosine = add_rounded(b, one, falling)
    cosine_low = add_rounded(b, sub_rounded(b, one, cosine), falling)
    odd = _is_odd(b, angle.q)
    above, above_low = (
        b.select(odd, b.neg(c), s) for c, s in ((cosine, sine), (cosine_low, sine_low))
    )
    below, below_low = (b.select(odd, s, c) for c, s in ((cosine, sine), (cosine_low, sine_low)))
    inverse = b.div(one, below)
    y = mul_rounded(b, above, inverse)
    rest = b.fma(b.neg(y), below, above)
    rest = b.add(rest, b.fma(b.neg(y), below_low, above_low))
    return b.fma(rest, inverse, y)


def _with_large(
    b: Builder, name: str, x: Operand, y: Operand, of: Callable[[Builder, Angle], Operand]
) -> Operand:
    """y, with the lanes of large x done one by one."""

    def one(b: Builder, x: Operand) -> Operand:
        return of(b, reduce_large(b, x))

    def lane(b: Builder, x: Operand) -> Operand:
        if x.type is F64:
            return once(b, f"{name}_large", one, F64, x)
        wide = once(b, f"{name}_large", one, F64, b.convert("fpext", x, F64))
        return b.convert("fptrunc", wide, F32)

    def lanes(b: Builder, x: Operand, y: Operand) -> Operand:
        if not x.type.lanes:
            return lane(b, x)
        with b.loop(number(I64, 0), number(I64, x.type.lanes), 1, y, once=True) as loop:
            element = b.extract(x, loop.index)
            done = b.select(is_large(b, element), lane(b, element), b.extract(y, loop.index))
            loop.give(b.insert(loop.carried[0], done, loop.index))
        return loop.results[0]

    return join_rare(
        b, is_large(b, x), y, lambda b, y: once(b, f"{name}_lanes", lanes, y.type, x, y)
    )


def sin(b: Builder, x: Operand) -> Operand:
    def of(b: Builder, angle: Angle) -> Operand:
        return _sin_of(b, angle, 0)

    y = of(b, reduce_angle(b, x))
    # Near 0 sin x is x; -0 would come out as 0.
    y = b.select(b.compare("oeq", x, like(x, 0)), x, y)
    return _with_large(b, "sin", x, y, of)


def cos(b: Builder, x: Operand) -> Operand:
    def of(b: Builder, angle: Angle) -> Operand:
        return _sin_of(b, angle, 1)

    return _with_large(b, "cos", x, of(b, reduce_angle(b, x)), of)


def _tan_double(b: Builder, x: Operand) -> Operand:
    y = _tan_of(b, reduce_angle(b, x, careful=True))
    y = b.select(b.compare("oeq", x, like(x, 0)), x, y)
    return _with_large(b, "tan", x, y, _tan_of)


def tan(b: Builder, x: Operand) -> Operand:
    """float32 is computed in float64."""
    if x.type.scalar is F32:
        return once(b, "tan", lambda b, x: in_float64(_tan_double, b, x), x.type, x)
    return once(b, "tan", _tan_double, x.type, x)
