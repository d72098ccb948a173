"""Division with remainder: rounded down, as Python's and NumPy's."""

from __future__ import annotations

from .emit import Builder, Operand, number


def _divisor(b: Builder, y: Operand, faults: list[Operand]) -> Operand:
    """An integer divisor, 1 in place of 0, which is a fault."""
    zero = b.compare("eq", y, number(y.type, 0))
    faults.append(zero)
    return b.select(zero, number(y.type, 1), y)


def integer_divmod(
    b: Builder, x: Operand, y: Operand, unsigned: bool, faults: list[Operand]
) -> tuple[Operand, Operand]:
    y = _divisor(b, y, faults)
    if unsigned:
        return b.binary("udiv", x, y), b.binary("urem", x, y)
    # The smallest number by -1 overflows, which faults in hardware: it wraps to itself.
    minus = b.compare("eq", y, number(y.type, -1))
    safe = b.select(minus, number(y.type, 1), y)
    quotient = b.select(minus, b.neg(x), b.binary("sdiv", x, safe))
    rest = b.select(minus, number(x.type, 0), b.binary("srem", x, safe))
    zero = number(x.type, 0)
    odd = b.compare("ne", rest, zero)
    apart = b.compare("slt", b.binary("xor", rest, y), zero)
    down = b.binary("and", odd, apart)
    one = b.convert("zext", down, x.type)
    return b.sub(quotient, one), b.add(rest, b.select(down, y, zero))


def float_divmod(b: Builder, x: Operand, y: Operand) -> tuple[Operand, Operand]:
    """As CPython and NumPy divide: the remainder is exact (fmod) and has the divisor's sign."""
    rest = _each_lane(b, "frem", x, y)
    zero = number(x.type, 0)
    odd = b.compare("une", rest, zero)
    apart = b.binary("xor", b.compare("olt", rest, zero), b.compare("olt", y, zero))
    down = b.binary("and", odd, apart)
    mod = b.select(down, b.add(rest, y), rest)
    signed_zero = b.intrinsic("copysign", x.type, zero, y)
    mod = b.select(b.compare("oeq", mod, zero), signed_zero, mod)
    # By the remainder before it is moved: with an infinite divisor there is nothing left to divide afterwards.
    quotient = b.binary("fdiv", b.binary("fsub", x, rest), y)
    quotient = b.select(down, b.binary("fsub", quotient, number(x.type, 1.0)), quotient)
    floor = b.intrinsic("floor", x.type, quotient)
    short = b.compare("ogt", b.binary("fsub", quotient, floor), number(x.type, 0.5))
    floor = b.select(short, b.add(floor, number(x.type, 1.0)), floor)
    floor = b.select(
        b.compare("oeq", quotient, zero),
        b.intrinsic("copysign", x.type, zero, b.binary("fdiv", x, y)),
        floor,
    )
    by_zero = b.compare("oeq", y, zero)
    floor = b.select(by_zero, b.binary("fdiv", x, y), floor)
    mod = b.select(by_zero, number(x.type, float("nan")), mod)
    return floor, mod


def _each_lane(b: Builder, instruction: str, x: Operand, y: Operand) -> Operand:
    if not x.type.lanes:
        return b.binary(instruction, x, y)
    found = Operand(x.type, "poison")
    for lane in range(x.type.lanes):
        one = b.binary(instruction, b.extract(x, lane), b.extract(y, lane))
        found = b.insert(found, one, lane)
    return found
