"""AVX-512's own instructions on float32, for vectors of any width: what is narrower fills a part of a register.

They give the same bits in each lane wherever it stands, so a scalar and the lane of a vector agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..emit import F32, I32, Builder, Operand, number

__all__ = ["ENTRIES", "look_up", "rough_reciprocal", "scale", "usable"]

ENTRIES = 16
"""Lanes of a register, and numbers that one holds as a table."""
_FLOATS, _WHOLE = F32.vector(ENTRIES), I32.vector(ENTRIES)


def usable(b: Builder, x: Operand) -> bool:
    """Whether there are such instructions for an operand's type."""
    return b.module.avx512 and x.type.scalar is F32


def look_up(b: Builder, table: Sequence[float], index: Operand) -> Operand:
    """The number of a table of 16 at the low four bits of each integer: float32 of int32."""
    entries = ", ".join(str(number(F32, v)) for v in table)
    return _whole(
        b, lambda i: _call(b, "permvar.sf.512", Operand(_FLOATS, f"<{entries}>"), i), index
    )


def rough_reciprocal(b: Builder, x: Operand) -> Operand:
    """1 / x to 14 bits, which ones is the machine's choice; right for 0, infinities and NaN."""
    unused = number(_FLOATS, 0.0)
    return _whole(b, lambda y: _call(b, "rcp14.ps.512", y, unused, _ALL), x)


def scale(b: Builder, x: Operand, power: Operand) -> Operand:
    """x times 2 to the power floor(power), rounded once."""
    unused = number(_FLOATS, 0.0)
    return _whole(
        b, lambda y, n: _call(b, "mask.scalef.ps.512", y, n, unused, _ALL, _AS_SET), x, power
    )


_ALL = "i16 -1"
"""The mask of all lanes."""
_AS_SET = "i32 4"
"""Rounding as the processor is set to round."""


def _call(b: Builder, name: str, *operands: Operand | str) -> Operand:
    full = f"llvm.x86.avx512.{name}"
    types = [o.split()[0] if isinstance(o, str) else o.type.text for o in operands]
    b.module.declare(full, _FLOATS.text, types)
    return b.value(_FLOATS, f"call {_FLOATS} @{full}({', '.join(map(str, operands))})")


def _whole(b: Builder, instruction: Callable[..., Operand], *operands: Operand) -> Operand:
    """An instruction on whole registers, of operands with as many lanes as there are."""
    lanes = operands[0].type.lanes
    if lanes == ENTRIES:
        return instruction(*operands)
    if lanes > ENTRIES:
        half = lanes // 2
        low, high = (
            _whole(b, instruction, *(b.shuffle(o, o, range(at, at + half)) for o in operands))
            for at in (0, half)
        )
        return b.shuffle(low, high, range(lanes))
    wide = []
    for o in operands:
        one = o if lanes else b.splat(o, 1)
        wide.append(b.shuffle(one, one, [i % max(lanes, 1) for i in range(ENTRIES)]))
    found = instruction(*wide)
    return b.shuffle(found, found, range(lanes)) if lanes else b.extract(found, 0)
