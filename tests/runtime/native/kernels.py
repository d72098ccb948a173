"""Small kernels, written with the project's own builder of LLVM IR."""

from __future__ import annotations

from functools import cache

from bifront.runtime.native.cache import Cache
from bifront.runtime.native.emit import F32, I64, PTR, Builder, Module, Operand, number
from bifront.runtime.native.engine import Loaded, load

ZERO, ONE = number(I64, 0), number(I64, 1)


class Kernel(Builder):
    """A kernel whose frame has so many parameters."""

    def __init__(self, module: Module, name: str, parameters: int) -> None:
        super().__init__(module, name, [("frame", PTR)], I64)
        self.count = parameters

    def word(self, position: int) -> Operand:
        return self.load(self.offset(self.parameters[0], number(I64, position), I64), PTR)

    def size(self) -> Operand:
        """The first size."""
        return self.load(self.word(3), I64)

    def parameter(self, i: int) -> Operand:
        return self.word(4 + i)

    def result(self, i: int) -> Operand:
        return self.word(4 + self.count + i)


@cache
def kernels() -> Loaded:
    """The kernels of this file, compiled once."""
    return load(text, "kernels of the tests", Cache(None))


def text() -> str:
    module = Module()
    for name, status in (("nothing", 0), ("fault", 7)):
        Kernel(module, name, 0).finish(number(I64, status))
    _double(module)
    _add_constant(module)
    _occupy(module)
    _runtime(module)
    return str(module)


def _double(module: Module) -> None:
    """Doubles its first parameter where it is; result 1 gets what it was."""
    b = Kernel(module, "double", 1)
    data, copy = b.parameter(0), b.result(1)
    with b.loop(ZERO, b.size(), 1) as loop:
        at = b.offset(data, loop.index, F32)
        value = b.load(at, F32)
        b.store(value, b.offset(copy, loop.index, F32))
        b.store(b.add(value, value), at)
        loop.give()
    b.finish(ZERO)


def _add_constant(module: Module) -> None:
    """result 0 = parameter 0 + parameter 1 + constant 0."""
    b = Kernel(module, "add_constant", 2)
    operands = [b.parameter(0), b.parameter(1), b.load(b.word(2), PTR)]
    made = b.result(0)
    with b.loop(ZERO, b.size(), 1) as loop:
        x, y, z = (b.load(b.offset(o, loop.index, F32), F32) for o in operands)
        b.store(b.add(b.add(x, y), z), b.offset(made, loop.index, F32))
        loop.give()
    b.finish(ZERO)


def _occupy(module: Module) -> None:
    """Writes its parameter all over the arena, again and again; status 1 where something else stands there."""
    b = Kernel(module, "occupy", 1)
    mark, arena, size = b.load(b.parameter(0), I64), b.word(1), b.size()
    odd = b.binary("and", b.value(I64, f"ptrtoint {arena} to i64"), number(I64, 63))
    with b.loop(ZERO, number(I64, 200), 1, odd) as rounds:
        with b.loop(ZERO, size, 1) as loop:
            b.store(mark, b.offset(arena, loop.index, I64))
            loop.give()
        with b.loop(ZERO, size, 1, rounds.carried[0]) as check:
            found = b.load(b.offset(arena, check.index, I64), I64)
            check.give(b.binary("or", check.carried[0], b.binary("xor", found, mark)))
        rounds.give(*check.results)
    wrong = b.compare("ne", rounds.results[0], ZERO)
    b.store(mark, b.result(0))
    b.finish(b.convert("zext", wrong, I64))


def _runtime(module: Module) -> None:
    """result 0 = the first two words of the runtime table."""
    b = Kernel(module, "runtime", 0)
    table, made = b.word(0), b.result(0)
    for i in range(2):
        place = number(I64, i)
        b.store(b.load(b.offset(table, place, I64), I64), b.offset(made, place, I64))
    b.finish(ZERO)
