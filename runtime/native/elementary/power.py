"""Powers: of floats by logarithm and exponential, of integers by squaring.

float64: log |x| is computed in two parts, to 2^-64 of its size, as errors grow with the exponent, up to 745. With
s = f / (2 + f) and z = s^2: log(1 + f) = 2 s + s (2/3 z + z^2 P(z)), of which 2 s and 2/3 z are in two parts. P is a
minimax fit (Remez's exchange algorithm in 45 digits), error 2^-65. float32 is computed in float64, with T as in
`logarithm` but of fewer terms, error 2^-43, and float32's polynomial of the exponential.
"""

from __future__ import annotations

from math import inf, nan

from ..emit import F32, F64, Builder, Operand
from .exponential import exp_of_parts, exp_roughly
from .lanes import (
    DOUBLE,
    absolute,
    add_rounded,
    any_lane,
    at_least,
    at_most,
    bits_of,
    horner,
    like,
    mul_rounded,
    once,
    sub_rounded,
)
from .logarithm import mantissa_and_exponent

__all__ = ["integer_pow", "pow"]

_P = (
    0.40000000000002284, 0.2857142857008416, 0.22222222522822227, 0.18181784101724963,
    0.15386770047122686, 0.13256511170263835, 0.13199263977635464,
)  # fmt: skip
_T_SHORT = (
    0.6666666667589315, 0.3999999558674148, 0.2857211324300975, 0.22176003893001245,
    0.19587001375508084,
)  # fmt: skip
_TWO_THIRDS = (0.6666666666666666, 3.700743415417188e-17)
_LN2 = (0.6931471805601177, -1.7239444525614835e-13)
"""In two parts, the first of 40 bits: its product with an exponent is exact."""
_LN2_NEAREST = 0.6931471805599453094


def _fraction_and_exponent(b: Builder, size: Operand) -> tuple[Operand, Operand]:
    """f and k with size = 2^k (1 + f), of float64; also of denormal numbers."""
    small = b.compare("olt", size, like(size, DOUBLE.smallest_normal))
    scaled = b.select(small, mul_rounded(b, size, like(size, 2.0**54)), size)
    m, k = mantissa_and_exponent(b, scaled)
    exponent = b.convert("sitofp", k, size.type)
    exponent = b.select(small, sub_rounded(b, exponent, like(size, 54)), exponent)
    return sub_rounded(b, m, like(size, 1)), exponent


def _sum(b: Builder, a: Operand, c: Operand) -> tuple[Operand, Operand]:
    """a + c and its rounding error, where a is the larger, or 0."""
    total = add_rounded(b, a, c)
    return total, add_rounded(b, sub_rounded(b, a, total), c)


def _product(b: Builder, a: Operand, c: Operand) -> tuple[Operand, Operand]:
    """a c and its rounding error."""
    total = mul_rounded(b, a, c)
    return total, b.fma(a, c, b.neg(total))


def _log_in_parts(b: Builder, size: Operand) -> tuple[Operand, Operand]:
    f, k = _fraction_and_exponent(b, size)
    # s = f / (2 + f).
    divisor, divisor_low = _sum(b, like(f, 2), f)
    inverse = b.div(like(f, 1), divisor)
    s = mul_rounded(b, f, inverse)
    remainder = b.fma(b.neg(s), divisor_low, b.fma(b.neg(s), divisor, f))
    s_low = mul_rounded(b, remainder, inverse)
    # z = s^2.
    z, z_low = _product(b, s, s)
    z_low = b.fma(add_rounded(b, s, s), s_low, z_low)
    # w = 2/3 z + z^2 P(z).
    first, first_low = _product(b, like(f, _TWO_THIRDS[0]), z)
    first_low = b.fma(like(f, _TWO_THIRDS[0]), z_low, first_low)
    first_low = b.fma(like(f, _TWO_THIRDS[1]), z, first_low)
    w, w_low = _sum(b, first, mul_rounded(b, mul_rounded(b, z, z), horner(b, z, _P)))
    w_low = add_rounded(b, w_low, first_low)
    # 2 s + s w.
    t, t_low = _product(b, s, w)
    t_low = b.fma(s, w_low, b.fma(s_low, w, t_low))
    y, y_low = _sum(b, add_rounded(b, s, s), t)
    y_low = add_rounded(b, y_low, add_rounded(b, t_low, add_rounded(b, s_low, s_low)))
    # k ln 2 + that.
    high, high_low = _sum(b, mul_rounded(b, k, like(f, _LN2[0])), y)
    return high, add_rounded(b, high_low, b.fma(k, like(f, _LN2[1]), y_low))


def _power_of_size(b: Builder, size: Operand, y: Operand) -> Operand:
    """size^y of float64, size >= 0."""
    high, low = _log_in_parts(b, size)
    usual, zero = _is_usual(b, size), like(size, 0)
    high = b.select(usual, high, _log_of_edge(b, size))
    low = b.select(usual, low, zero)
    product, error = _product(b, y, high)
    error = b.fma(y, low, error)
    within = b.compare("olt", absolute(b, product), like(size, 2000))
    bounded = at_least(b, at_most(b, product, 1500.0), -1500.0)
    return exp_of_parts(b, bounded, b.select(within, error, zero))


def _power_of_size_roughly(b: Builder, size: Operand, y: Operand) -> Operand:
    """The same to 2^-28 where it is no overflow of float32."""
    f, k = _fraction_and_exponent(b, size)
    s = b.div(f, b.add(f, like(f, 2)))
    z = b.mul(s, s)
    tail = b.mul(b.mul(z, s), horner(b, z, _T_SHORT))
    log = b.add(b.fma(k, like(f, _LN2_NEAREST), b.add(s, s)), tail)
    log = b.select(_is_usual(b, size), log, _log_of_edge(b, size))
    return exp_roughly(b, at_least(b, at_most(b, b.mul(y, log), 150.0), -150.0))


def _is_usual(b: Builder, size: Operand) -> Operand:
    above = b.compare("ogt", size, like(size, 0))
    return b.binary("and", above, b.compare("olt", size, like(size, inf)))


def _log_of_edge(b: Builder, size: Operand) -> Operand:
    """log of 0, infinity and NaN."""
    return b.select(b.compare("oeq", size, like(size, 0)), like(size, -inf), size)


def pow(b: Builder, x: Operand, y: Operand) -> Operand:
    """x^y. 1 where x is 1 or y is 0, whatever the other is; NaN of finite x < 0 unless y is whole."""
    return once(b, "pow", _pow, x.type, x, y)


def _pow(b: Builder, x: Operand, y: Operand) -> Operand:
    size, zero, one = absolute(b, x), like(x, 0), like(x, 1)
    if x.type.scalar is F32:
        wide = [b.convert("fpext", o, o.type.with_element(F64)) for o in (size, y)]
        power = b.convert("fptrunc", _power_of_size_roughly(b, *wide), x.type)
    else:
        power = _power_of_size(b, size, y)
    power = b.select(b.compare("oeq", size, one), one, power)
    half = b.mul(y, like(y, 0.5))
    whole = b.compare("oeq", b.intrinsic("trunc", y.type, y), y)
    halved = b.compare("oeq", b.intrinsic("trunc", y.type, half), half)
    odd = b.binary("and", whole, b.binary("xor", halved, like(halved, 1)))
    bits = bits_of(b, x)
    negative = b.compare("slt", bits, like(bits, 0))
    power = b.select(b.binary("and", negative, odd), b.neg(power), power)
    below = b.binary("and", b.compare("olt", x, zero), b.compare("ogt", x, like(x, -inf)))
    power = b.select(
        b.binary("and", below, b.binary("xor", whole, like(whole, 1))), like(x, nan), power
    )
    unit = b.binary("or", b.compare("oeq", x, one), b.compare("oeq", y, zero))
    return b.select(unit, one, power)


def integer_pow(b: Builder, x: Operand, y: Operand) -> Operand:
    """x^y of integers, modulo 2^bits, by squaring. y must not be negative: who calls has checked that."""
    return once(b, "integer_pow", _integer_pow, x.type, x, y)


def _integer_pow(b: Builder, x: Operand, y: Operand) -> Operand:
    one, zero = like(x, 1), like(x, 0)
    body, end = b.fresh_label("square"), b.fresh_label("raised")
    before = b.block
    result, factor, left = (Operand(x.type, b.fresh()) for _ in range(3))
    b.jump(body)
    b.label(body)
    following = [Operand(x.type, b.fresh()) for _ in range(3)]
    for now, first, then in zip((result, factor, left), (one, x, y), following, strict=True):
        b.line(f"{now.text} = phi {now.type} [ {first.text}, %{before} ], [ {then.text}, %{body} ]")
    odd = b.compare("ne", b.binary("and", left, one), zero)
    b.line(f"{following[0].text} = select {odd}, {b.mul(result, factor)}, {result}")
    b.line(f"{following[1].text} = mul {factor}, {factor.text}")
    b.line(f"{following[2].text} = lshr {left}, {one.text}")
    b.branch(any_lane(b, b.compare("ne", following[2], zero)), body, end)
    b.label(end)
    return following[0]
