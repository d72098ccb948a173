"""Types and operands of LLVM IR."""

from __future__ import annotations

import struct
from functools import cache

__all__ = ["F16", "F32", "F64", "I1", "I16", "I32", "I64", "I8", "PTR", "Operand", "Type", "number"]

_BITS = {
    "half": 16,
    "float": 32,
    "double": 64,
    "i1": 1,
    "i8": 8,
    "i16": 16,
    "i32": 32,
    "i64": 64,
    "ptr": 64,
}
_FORMATS = {"half": "e", "float": "f", "double": "d"}


class Type:
    """A scalar (``lanes`` 0) or a vector of scalars. There is one object for each type: compare with ``is``."""

    __slots__ = ("bits", "element", "is_float", "lanes", "text")

    def __init__(self, element: str, lanes: int) -> None:
        self.element = element
        self.lanes = lanes
        self.bits = _BITS[element]
        """Bits of one element."""
        self.is_float = element in _FORMATS
        self.text = f"<{lanes} x {element}>" if lanes else element

    @property
    def scalar(self) -> Type:
        return _type(self.element, 0)

    def vector(self, lanes: int) -> Type:
        """The vector of this type's elements; ``lanes`` 0 gives the scalar."""
        return _type(self.element, lanes)

    def with_element(self, element: Type) -> Type:
        """As many lanes of another element."""
        return _type(element.element, self.lanes)

    @property
    def suffix(self) -> str:
        """How intrinsics name the type: ``v16f32``."""
        element = f"f{self.bits}" if self.is_float else f"i{self.bits}"
        return f"v{self.lanes}{element}" if self.lanes else element

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


@cache
def _type(element: str, lanes: int) -> Type:
    return Type(element, lanes)


F16, F32, F64 = (_type(e, 0) for e in ("half", "float", "double"))
I1, I8, I16, I32, I64 = (_type(e, 0) for e in ("i1", "i8", "i16", "i32", "i64"))
PTR = _type("ptr", 0)


class Operand:
    """A value of a function: a register, a parameter or a constant."""

    __slots__ = ("text", "type")

    def __init__(self, type: Type, text: str) -> None:
        self.type = type
        self.text = text

    def __str__(self) -> str:
        """With its type, as most instructions write their first operand."""
        return f"{self.type.text} {self.text}"

    __repr__ = __str__


def number(type: Type, value: float | int | bool) -> Operand:
    """A constant; in a vector type, of every lane.

    Floats are rounded to the type and written by their bits, so that nothing is lost.
    """
    element = _literal(type.scalar, value)
    if not type.lanes:
        return Operand(type, element)
    if element in ("0", "0x0000000000000000"):
        return Operand(type, "zeroinitializer")
    return Operand(type, f"splat ({type.element} {element})")


def _literal(type: Type, value: float | int | bool) -> str:
    if not type.is_float:
        whole = int(value)
        return str(
            whole - (1 << type.bits) if type.bits > 1 and whole >> (type.bits - 1) == 1 else whole
        )
    value = float(value)
    if type is F16:
        return f"0xH{_half(value).hex().upper()}"
    if type is F32:
        try:
            value = struct.unpack("f", struct.pack("f", value))[0]
        except OverflowError:
            value = float("inf") if value > 0 else float("-inf")
    return f"0x{struct.pack('>d', value).hex().upper()}"


def _half(value: float) -> bytes:
    try:
        return struct.pack(">e", value)
    except OverflowError:
        return struct.pack(">e", float("inf") if value > 0 else float("-inf"))
