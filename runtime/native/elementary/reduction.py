"""Angles less multiples of pi/2: x = q pi/2 + r with abs(r) <= pi/4, r in two parts.

Up to a limit q pi/2 is taken away in three parts of pi/2 by fused operations (Cody and Waite). Beyond it x is an
integer times a power of two; multiplied with the 192 bits of 2/pi that matter, it leaves a fraction (Payne and Hanek).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..emit import F64, I1, I64, PTR, Builder, Module, Operand, Type, number
from .lanes import (
    SINGLE,
    absolute,
    add_rounded,
    bits_of,
    float_of,
    format_of,
    like,
    mul_rounded,
    sub_rounded,
)

__all__ = ["Angle", "is_large", "reduce_angle", "reduce_large"]

_TWO_OVER_PI = 0.63661977236758134308
_HALF_PI_SINGLE = (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15)
_HALF_PI_DOUBLE = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)
_LIMIT_SINGLE, _LIMIT_DOUBLE = 65536.0, 4194304.0


@dataclass(frozen=True)
class Angle:
    """r, its rounding error where it is known, and an integer that ends in the bits of q."""

    r: Operand
    low: Operand | None
    q: Operand


def is_large(b: Builder, x: Operand) -> Operand:
    """Where `reduce_angle` is not good enough; not at NaN."""
    limit = _LIMIT_SINGLE if format_of(x) is SINGLE else _LIMIT_DOUBLE
    return b.compare("ogt", absolute(b, x), like(x, limit))


def reduce_angle(b: Builder, x: Operand, careful: bool = False) -> Angle:
    """r, and an integer whose two low bits are those of q.

    Args:
        careful: r comes with its rounding error; else r is off by up to a unit in its last place, and the error is 0.
    """
    format = format_of(x)
    first, second, third = _HALF_PI_SINGLE if format is SINGLE else _HALF_PI_DOUBLE
    # The sum rounds to a whole number and leaves it in the low bits.
    magic = like(x, 1.5 * 2.0**format.mantissa)
    shifted = b.fma(x, like(x, _TWO_OVER_PI), magic)
    q = sub_rounded(b, shifted, magic)
    quadrant = bits_of(b, shifted)
    exact = b.fma(q, like(x, -first), x)
    if not careful:
        r = b.fma(q, like(x, -second), exact)
        return Angle(b.fma(q, like(x, -third), r), None, quadrant)
    # The exact product, and the sum with its rounding error whichever of the two is larger.
    product = mul_rounded(b, q, like(x, -second))
    low = b.fma(q, like(x, -second), b.neg(product))
    r = add_rounded(b, exact, product)
    part = sub_rounded(b, r, exact)
    error = add_rounded(
        b, sub_rounded(b, exact, sub_rounded(b, r, part)), sub_rounded(b, product, part)
    )
    return Angle(r, b.fma(q, like(x, -third), add_rounded(b, error, low)), quadrant)


def reduce_large(b: Builder, x: Operand) -> Angle:
    """The same, with its rounding error, of one float64 beyond the limit. NaN of infinities."""
    result: Type = F64.vector(4)
    if _NAME not in b.module.made:
        b.module.made[_NAME] = True
        _write_reduction(b.module)
    parts = b.call(_NAME, result, x)
    return Angle(b.extract(parts, 0), b.extract(parts, 1), bits_of(b, b.extract(parts, 2)))


_NAME = "elementary.reduce_large"


def _two_over_pi(bits: int) -> int:
    """floor(2^bits * 2/pi), of Machin's formula pi = 16 arctan(1/5) - 4 arctan(1/239)."""
    guard = bits + 32

    def arctan_of_inverse(n: int) -> int:
        term = total = (1 << guard) // n
        k, sign = 1, 1
        while term:
            term //= n * n
            k, sign = k + 2, -sign
            total += sign * (term // k)
        return total

    pi = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
    return (1 << (guard + 1 + bits)) // pi


def _write_reduction(module: Module) -> None:
    # x = m 2^s with a whole m of 53 bits. Bits of 2/pi whose product with m 2^s is a multiple of 4 play no part: the
    # window begins with the bit of weight 2^(1-s). 64 zeros stand before the first bit, as s may be negative.
    words = 21
    whole = _two_over_pi(64 * (words - 1))
    listed = [(whole >> (64 * (words - 1 - i))) & (2**64 - 1) for i in range(words)]
    table = module.table(I64, [number(I64, w) for w in listed])
    b = Builder(module, _NAME, [("x", F64)], F64.vector(4), linkage="internal")
    x = b.parameters[0]
    bits = bits_of(b, x)

    def integer(instruction: str, a: Operand, c: Operand | int) -> Operand:
        return b.binary(instruction, a, c if isinstance(c, Operand) else number(a.type, c))

    exponent = integer("and", integer("lshr", bits, 52), 0x7FF)
    m = integer("or", integer("and", bits, (1 << 52) - 1), 1 << 52)
    # The place of the window in the table: s + 62, s = exponent - 1075. An infinity's is kept inside.
    place = b.intrinsic("smin", I64, integer("sub", exponent, 1075 - 62), number(I64, 971 + 62))
    place = b.intrinsic("smax", I64, place, number(I64, 0))
    index, shift = integer("lshr", place, 6), integer("and", place, 63)
    start = b.offset(Operand(PTR, table), index, I64)
    word = [b.load(b.offset(start, number(I64, i), I64), I64) for i in range(4)]
    window = [b.intrinsic("fshl", I64, word[i], word[i + 1], shift) for i in range(3)]

    def wide(instruction: str, a: str, c: str) -> str:
        name = b.fresh()
        b.line(f"{name} = {instruction} i192 {a}, {c}")
        return name

    def widened(a: Operand) -> str:
        name = b.fresh()
        b.line(f"{name} = zext {a} to i192")
        return name

    def narrowed(a: str) -> Operand:
        return b.value(I64, f"trunc i192 {a} to i64")

    factor = wide(
        "or", wide("shl", widened(window[0]), "128"), wide("shl", widened(window[1]), "64")
    )
    factor = wide("or", factor, widened(window[2]))
    product = wide("mul", widened(m), factor)
    # Two bits before the point are the quadrant; the fraction is rounded to one in [-1/2, 1/2).
    quadrant = narrowed(wide("lshr", product, "190"))
    quadrant = integer("add", quadrant, integer("and", narrowed(wide("lshr", product, "189")), 1))
    fraction = wide("shl", product, "2")
    sign = wide("ashr", fraction, "191")
    size = wide("sub", wide("xor", fraction, sign), sign)
    # No float64 is so close to a multiple of pi/2 that the first 64 bits were all 0.
    zeros = b.intrinsic("ctlz", I64, narrowed(wide("lshr", size, "128")), Operand(I1, "false"))
    aligned = wide("shl", size, widened(zeros))
    top = narrowed(wide("lshr", aligned, "128"))
    rest = narrowed(wide("lshr", aligned, "75"))  # the 64 bits after the first 53
    leading = b.convert("uitofp", integer("and", top, -2048), F64)
    trailing = b.convert("uitofp", rest, F64)
    trailing = b.mul(trailing, number(F64, 2.0**-53))
    # Its sign is that of x and of the fraction together.
    negative = integer("and", integer("xor", bits, narrowed(sign)), 1 << 63)
    power = integer("shl", integer("sub", number(I64, 1023 - 64), zeros), 52)
    scale = float_of(b, integer("or", power, negative))
    half_pi, half_pi_low = (number(F64, v) for v in _HALF_PI_DOUBLE[:2])
    high = b.binary("fmul", leading, half_pi)
    low = b.fma(leading, half_pi, b.neg(high))
    low = b.fma(leading, half_pi_low, b.fma(trailing, half_pi, low))
    total = b.binary("fadd", high, low)
    low = b.binary("fadd", b.binary("fsub", high, total), low)
    infinite = b.compare("eq", exponent, number(I64, 0x7FF))
    scale = b.select(infinite, number(F64, float("nan")), scale)
    below_zero = b.compare("slt", bits, number(I64, 0))
    signed = b.select(below_zero, b.sub(number(I64, 0), quadrant), quadrant)
    y = Operand(F64.vector(4), "zeroinitializer")
    y = b.insert(y, b.mul(total, scale), 0)
    y = b.insert(y, b.mul(low, scale), 1)
    y = b.insert(y, b.convert("bitcast", signed, F64), 2)
    b.finish(y)
