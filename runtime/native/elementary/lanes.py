"""What the elementary functions share: the layout of a float's bits, polynomials, limits, rare branches.

Everything works on scalars and on vectors of any width, in float32 and in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..emit import F16, F32, F64, I32, I64, Builder, Operand, Type, number

__all__ = [
    "DOUBLE", "SINGLE", "Format", "absolute", "add_rounded", "any_lane", "at_least", "at_most", "bits_of", "copysign",
    "float_of", "format_of", "horner", "in_float32", "in_float64", "join_rare", "like", "mul_rounded", "once",
    "power_of_two", "sub_rounded",
]  # fmt: skip


@dataclass(frozen=True)
class Format:
    """An IEEE 754 format: the number of stored mantissa bits, the exponent's bias, and the integer as wide."""

    mantissa: int
    bias: int
    integer: Type

    @property
    def smallest_normal(self) -> float:
        return float(2.0 ** (1 - self.bias))


SINGLE = Format(23, 127, I32)
DOUBLE = Format(52, 1023, I64)


def format_of(x: Operand) -> Format:
    """Raises ValueError for types other than float32 and float64."""
    if x.type.scalar is F32:
        return SINGLE
    if x.type.scalar is F64:
        return DOUBLE
    raise ValueError(f"elementary functions need float32 or float64 lanes, not {x.type}")


def like(x: Operand, value: float | int) -> Operand:
    """A constant of x's type."""
    return number(x.type, value)


def bits_of(b: Builder, x: Operand) -> Operand:
    """The bits of a float as integers of the same width."""
    return b.convert("bitcast", x, x.type.with_element(format_of(x).integer))


def float_of(b: Builder, bits: Operand) -> Operand:
    """The float (as wide as the integer) whose bits these are."""
    return b.convert("bitcast", bits, bits.type.with_element(F32 if bits.type.bits == 32 else F64))


def power_of_two(b: Builder, biased: Operand) -> Operand:
    """2 to the power ``biased - bias``, of the low bits of an integer; what stands above them is lost."""
    mantissa = SINGLE.mantissa if biased.type.bits == 32 else DOUBLE.mantissa
    return float_of(b, b.binary("shl", biased, like(biased, mantissa)))


def horner(b: Builder, x: Operand, coefficients: Sequence[float]) -> Operand:
    """The polynomial with these coefficients, that of the power 0 first."""
    *rest, last = coefficients
    y = like(x, last)
    for c in reversed(rest):
        y = b.fma(y, x, like(x, c))
    return y


def at_most(b: Builder, x: Operand, limit: float) -> Operand:
    """min(x, limit); NaN stays."""
    bound = like(x, limit)
    return b.select(b.compare("olt", bound, x), bound, x)


def at_least(b: Builder, x: Operand, limit: float) -> Operand:
    """max(x, limit); NaN stays."""
    bound = like(x, limit)
    return b.select(b.compare("ogt", bound, x), bound, x)


def absolute(b: Builder, x: Operand) -> Operand:
    return b.intrinsic("fabs", x.type, x)


def copysign(b: Builder, x: Operand, sign: Operand) -> Operand:
    """The magnitude of the first with the sign of the second."""
    return b.intrinsic("copysign", x.type, x, sign)


def add_rounded(b: Builder, a: Operand, c: Operand) -> Operand:
    """a + c that is never fused with a product: what computes with rounding errors needs it."""
    return b.binary("fadd", a, c)


def sub_rounded(b: Builder, a: Operand, c: Operand) -> Operand:
    return b.binary("fsub", a, c)


def mul_rounded(b: Builder, a: Operand, c: Operand) -> Operand:
    return b.binary("fmul", a, c)


def any_lane(b: Builder, mask: Operand) -> Operand:
    """Whether a condition holds in some lane: one i1."""
    lanes = mask.type.lanes
    if not lanes:
        return mask
    # Integers of odd widths are fine in LLVM, but are no types of ours: the instruction is written out.
    packed = b.fresh()
    b.line(f"{packed} = bitcast {mask} to i{lanes}")
    result = b.fresh()
    b.line(f"{result} = icmp ne i{lanes} {packed}, 0")
    return Operand(mask.type.scalar, result)


def join_rare(
    b: Builder, mask: Operand, usual: Operand, otherwise: Callable[[Builder, Operand], Operand]
) -> Operand:
    """``usual``, or what ``otherwise(b, usual)`` makes of it where the mask holds in any lane.

    The straight path pays for one test and a branch that is predicted.
    """
    rare, end = b.fresh_label("rare"), b.fresh_label("joined")
    before = b.block
    b.branch(any_lane(b, mask), rare, end)
    b.label(rare)
    other = otherwise(b, usual)
    after = b.block
    b.jump(end)
    b.label(end)
    return b.value(
        usual.type, f"phi {usual.type} [ {usual.text}, %{before} ], [ {other.text}, %{after} ]"
    )


def once(
    b: Builder, name: str, emit: Callable[..., Operand], returns: Type, *operands: Operand
) -> Operand:
    """Call ``emit(builder, *operands)`` as a function, written once in a module for each type of its operands."""
    full = ".".join(["elementary", name, *(o.type.suffix for o in operands)])
    if full not in b.module.made:
        b.module.made[full] = True
        parameters = [(f"p{i}", o.type) for i, o in enumerate(operands)]
        inner = Builder(b.module, full, parameters, returns, linkage="internal")
        inner.finish(emit(inner, *inner.parameters))
    return b.call(full, returns, *operands)


def in_float32(function: Callable[..., Operand], b: Builder, *operands: Operand) -> Operand:
    """A function of float16 lanes, computed in float32 and rounded to float16."""
    wide = [b.convert("fpext", o, o.type.with_element(F32)) for o in operands]
    y = function(b, *wide)
    return b.convert("fptrunc", y, y.type.with_element(F16))


def in_float64(function: Callable[..., Operand], b: Builder, *operands: Operand) -> Operand:
    """A function of float32 lanes, computed in float64 and rounded to float32."""
    y = function(b, *(b.convert("fpext", o, o.type.with_element(F64)) for o in operands))
    return b.convert("fptrunc", y, y.type.with_element(F32))
