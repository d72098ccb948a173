"""The native functions behind NumPy's memory for large results: what was freed last is given out again.

New memory of many megabytes is made of new pages, which the system clears first. For 64 MB that takes a third of the
time in which an exponential is computed for each number in them. The functions have the signatures of NumPy's
``PyDataMemAllocator`` (NEP 49). Their context is a table of words (`Memory`); the interpreter's lock is held.
"""

from __future__ import annotations

from .emit import I32, I64, PTR, Builder, Module, Operand, number
from .entry_layout import ALIGNMENT
from .memory_layout import HUGE, LARGE, PAGE, SLOTS, Memory, Slot

_NULL = Operand(PTR, "null")
_ZERO = number(I64, 0)
_SIZE = 8
_HUGEPAGE = 14
"""Linux' MADV_HUGEPAGE."""


def text(attributes: str = "") -> str:
    """The module with ``allocate``, ``clear``, ``resize`` and ``release``."""
    module = Module(attributes)
    _allocate(module)
    _clear(module)
    _resize(module)
    _release(module)
    return str(module)


def _word(b: Builder, table: Operand, index: int | Operand) -> Operand:
    return b.offset(table, number(I64, index) if isinstance(index, int) else index, I64)


def _function(b: Builder, table: Operand, name: Memory) -> str:
    return b.load(_word(b, table, name), PTR, _SIZE).text


def _slots(b: Builder, table: Operand) -> Operand:
    return _word(b, table, Memory.SLOTS)


def _allocate(module: Module) -> None:
    """``ptr allocate(ptr table, i64 size)``: kept memory of this very size, or new."""
    b = Builder(module, "allocate", [("table", PTR), ("size", I64)], PTR, linkage="dso_local")
    table, size = b.parameters
    with b.when(b.compare("sge", size, number(I64, LARGE))):
        slots = _slots(b, table)
        with b.loop(_ZERO, number(I64, SLOTS * Slot.WORDS), Slot.WORDS, once=True) as loop:
            slot = _word(b, slots, loop.index)
            kept = b.load(slot, PTR, _SIZE)
            same = b.compare("eq", b.load(_word(b, slot, Slot.SIZE), I64, _SIZE), size)
            there = b.compare("ne", kept, _NULL)
            with b.when(b.binary("and", same, there)):
                b.store(_NULL, slot, _SIZE)
                b.line(f"ret {kept}")
                b.label(b.fresh_label("never"))
        unit = number(I64, PAGE)
        padded = b.mul(b.binary("udiv", b.add(size, number(I64, PAGE - 1)), unit), unit)
        new = b.value(
            PTR, f"call ptr {_function(b, table, Memory.ALIGNED_ALLOC)}({unit}, {padded})"
        )
        huge = b.compare("sge", size, number(I64, HUGE))
        with b.when(b.binary("and", huge, b.compare("ne", new, _NULL))):
            advise = _function(b, table, Memory.MADVISE)
            b.value(I32, f"call i32 {advise}({new}, {padded}, i32 {_HUGEPAGE})")
        b.line(f"ret {new}")
        b.label(b.fresh_label("never"))
    line = number(I64, ALIGNMENT)
    whole = b.mul(b.binary("udiv", b.add(size, number(I64, ALIGNMENT - 1)), line), line)
    allocate = _function(b, table, Memory.ALIGNED_ALLOC)
    b.finish(b.value(PTR, f"call ptr {allocate}({line}, {whole})"))


def _clear(module: Module) -> None:
    b = Builder(
        module, "clear", [("table", PTR), ("count", I64), ("size", I64)], PTR, linkage="dso_local"
    )
    table, count, size = b.parameters
    b.finish(b.value(PTR, f"call ptr {_function(b, table, Memory.CALLOC)}({count}, {size})"))


def _resize(module: Module) -> None:
    b = Builder(
        module, "resize", [("table", PTR), ("memory", PTR), ("size", I64)], PTR, linkage="dso_local"
    )
    table, memory, size = b.parameters
    b.finish(b.value(PTR, f"call ptr {_function(b, table, Memory.REALLOC)}({memory}, {size})"))


def _release(module: Module) -> None:
    """``void release(ptr table, ptr memory, i64 size)``: keep it, in the place of what was kept longest."""
    b = Builder(
        module, "release", [("table", PTR), ("memory", PTR), ("size", I64)], linkage="dso_local"
    )
    table, memory, size = b.parameters
    free = _function(b, table, Memory.FREE)
    inside = b.binary(
        "and",
        b.compare("sge", size, number(I64, LARGE)),
        b.compare("sle", size, b.load(_word(b, table, Memory.MOST), I64, _SIZE)),
    )
    with b.when(inside):
        following = b.load(_word(b, table, Memory.NEXT), I64, _SIZE)
        slot = _word(b, _slots(b, table), b.mul(following, number(I64, Slot.WORDS)))
        old = b.load(slot, PTR, _SIZE)
        b.line(f"call void {free}({old})")
        b.store(memory, slot, _SIZE)
        b.store(size, _word(b, slot, Slot.SIZE), _SIZE)
        after = b.binary("and", b.add(following, number(I64, 1)), number(I64, SLOTS - 1))
        b.store(after, _word(b, table, Memory.NEXT), _SIZE)
        b.line("ret void")
        b.label(b.fresh_label("never"))
    b.line(f"call void {free}({memory})")
    b.finish()
