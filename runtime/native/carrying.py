"""What a kernel carries along the axes that it reduces: partial sums, extremes and where they are, running values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...compiler.fusion.reducing import POSITIONS, axes_of
from ...compiler.ir import Value
from ...compiler.ops import (
    ARGMAX,
    CUMPROD,
    CUMSUM,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_SUM,
    Op,
)
from .element import Element
from .elements import lower_on_halves, register_type
from .emit import I1, I32, I64, Operand, Type, number
from .reducing import accumulator, across, better, combine, holds, identity
from .vectors import iota

if TYPE_CHECKING:
    from .loops import LoopKernel

Carried = Sequence[Operand]


def is_unsigned(value: Value) -> bool:
    return value.dtype.name == "uint8"


class Reduction:
    """A reduction of one pass."""

    def __init__(self, kernel: LoopKernel, value: Value) -> None:
        self.kernel = kernel
        self.value = value
        self.node = kernel.members[value].node
        self.op = self.node.op
        self.unsigned = is_unsigned(self.node.inputs[0])

    def initial(self, lanes: int) -> Carried:
        type = accumulator(register_type(self.value.dtype).vector(lanes))
        return [identity(self.op, type, self.unsigned)]

    def _operand(self, at: Element, like: Operand, neutral: Operand) -> Operand:
        b, mask = self.kernel.b, at.where.mask
        x = at.operand(self.value, 0)
        if x.type is not like.type:
            x = b.convert("fpext", x, like.type)
        return b.select(mask, x, neutral) if mask is not None and self.kernel.by_rows else x

    def step(self, at: Element, sofar: Carried) -> Carried:
        """With the element where the kernel stands."""
        (one,) = sofar
        x = self._operand(at, one, identity(self.op, one.type, self.unsigned))
        return [combine(self.kernel.b, self.op, one, x, self.unsigned)]

    def join(self, x: Carried, y: Carried) -> Carried:
        """What was gathered in two parts."""
        return [combine(self.kernel.b, self.op, x[0], y[0], self.unsigned)]

    def result(self, sofar: Carried) -> Operand:
        """What was gathered; of a vector along the reduced axis, of all its lanes."""
        (one,) = sofar
        return across(self.kernel.b, self.op, one, self.unsigned) if self.kernel.by_rows else one


class Position(Reduction):
    """Where the greatest or smallest element is, the first of equals: the element is carried with its position.

    Along the reduced axis that is the position of the vector, the same in all lanes, in no more bits than it takes: how
    far each lane is from the first is added at the end.
    """

    def __init__(self, kernel: LoopKernel, value: Value) -> None:
        super().__init__(kernel, value)
        self.extreme = REDUCE_MAX if self.op is ARGMAX else REDUCE_MIN
        (axis,) = axes_of(self.node)
        size = self.node.inputs[0].shape[axis]
        self.type = I32 if isinstance(size, int) and size < 1 << 31 else I64

    def initial(self, lanes: int) -> Carried:
        type = accumulator(register_type(self.node.inputs[0].dtype).vector(lanes))
        # Where nothing is better than that, all is equal, and the first one is meant.
        start = [identity(self.extreme, type, self.unsigned), number(self.type.vector(lanes), 0)]
        return [*start, number(I1.vector(lanes), True)] if type.is_float else start

    def step(self, at: Element, sofar: Carried) -> Carried:
        b, (best, where, *numbers) = self.kernel.b, sofar
        x = self._operand(at, best, identity(self.extreme, best.type, self.unsigned))
        (axis,) = axes_of(self.node)
        wins = better(b, self.extreme, x, best, self.unsigned)
        if numbers:
            # The first NaN wins and stays. Whether one came is carried: to ask it of the best takes longer.
            wins = b.binary("and", wins, numbers[0])
            numbers = [b.binary("and", numbers[0], b.compare("ord", x, x))]
        here = b.splat(self._as(self.type, at.axis_position(axis, 0)), at.lanes)
        return [b.select(wins, x, best), b.select(wins, here, where), *numbers]

    def join(self, x: Carried, y: Carried) -> Carried:
        b, (first, i, *numbers), (second, j, *others) = self.kernel.b, x, y
        stays = holds(b, self.extreme, first, second, self.unsigned)
        other = holds(b, self.extreme, second, first, self.unsigned)
        # Of equals the one that comes first.
        alone = b.binary("xor", other, number(other.type, True))
        stays = b.binary("and", stays, b.binary("or", alone, b.compare("slt", i, j)))
        both = [b.binary("and", n, o) for n, o in zip(numbers, others, strict=True)]
        return [b.select(stays, first, second), b.select(stays, i, j), *both]

    def result(self, sofar: Carried) -> Operand:
        b, lanes = self.kernel.b, sofar[0].type.lanes
        if not self.kernel.by_rows or not lanes:
            return self._as(I64, sofar[1])
        best, where = sofar[0], b.add(sofar[1], self._as(self.type, iota(lanes)))
        extreme = b.splat(across(b, self.extreme, best, self.unsigned), lanes)
        found = holds(b, self.extreme, best, extreme, self.unsigned)
        where = b.select(found, where, identity(REDUCE_MIN, where.type, False))
        return self._as(I64, across(b, REDUCE_MIN, where, False))

    def _as(self, type: Type, position: Operand) -> Operand:
        if position.type.bits == type.bits:
            return position
        how = "trunc" if type.bits < position.type.bits else "sext"
        return self.kernel.b.convert(how, position, position.type.with_element(type))


class Running:
    """A running sum, product or recurrence: the last value is carried. Elements are taken one after the other, in
    order, so that the result is the reference's to the last bit; but whole numbers of a vector all at once."""

    def __init__(self, kernel: LoopKernel, value: Value) -> None:
        self.kernel = kernel
        self.value = value
        self.node = kernel.members[value].node
        self.op = self.node.op
        self.type = register_type(value.dtype)

    def initial(self, lanes: int) -> Carried:
        type = self.type if self.kernel.by_rows else self.type.vector(lanes)
        return [number(type, 0) if self._recurs else identity(self._combines, type, False)]

    @property
    def _recurs(self) -> bool:
        return self.op not in (CUMPROD, CUMSUM)

    @property
    def _combines(self) -> Op:
        return REDUCE_SUM if self.op is CUMSUM else REDUCE_PROD

    def step(self, at: Element, sofar: Carried) -> Carried:
        """With the element where the kernel stands, whose value is noted there."""
        b, (last,) = self.kernel.b, sofar
        xs = [at.operand(self.value, i) for i in range(len(self.node.inputs))]
        (axis,) = axes_of(self.node)
        begins = b.compare("eq", at.axis_position(axis, 0), number(I64, 0))
        lanes = xs[0].type.lanes
        if not self.kernel.by_rows or not lanes:
            last = self._next(last, xs, begins)
            at.found[self.value] = last
            return [last]
        if not self.type.is_float and not self._recurs:
            return [self._at_once(at, last, xs[0])]
        found = Operand(xs[0].type, "poison")
        for lane in range(lanes):
            last = self._next(last, [b.extract(x, lane) for x in xs], begins if not lane else None)
            found = b.insert(found, last, lane)
        at.found[self.value] = found
        return [last]

    def _next(self, last: Operand, xs: Sequence[Operand], begins: Operand | None) -> Operand:
        b = self.kernel.b
        if not self._recurs:
            return self._plain("add" if self.op is CUMSUM else "mul", last, xs[0])
        factor, term = xs
        y = self._plain("add", term, self._plain("mul", factor, last))
        # The first value is its term, whatever the factor.
        return b.select(begins, term, y) if begins is not None else y

    def _plain(self, operation: str, x: Operand, y: Operand) -> Operand:
        """A sum or product by itself, of which nothing is fused with another."""
        b = self.kernel.b
        if not x.type.is_float:
            return b.binary(operation, x, y)
        return lower_on_halves(b, lambda x, y: b.binary(f"f{operation}", x, y), x, y)

    def _at_once(self, at: Element, last: Operand, x: Operand) -> Operand:
        """Each lane with those before it, twice as many at each step."""
        b, lanes = self.kernel.b, x.type.lanes
        operation = "add" if self.op is CUMSUM else "mul"
        neutral = number(x.type, operation == "mul")
        reach = 1
        while reach < lanes:
            moved = [lanes + i - reach if i >= reach else 0 for i in range(lanes)]
            before = b.shuffle(neutral, x, moved)
            x = b.binary(operation, x, before)
            reach *= 2
        found = at.found[self.value] = b.binary(operation, x, b.splat(last, lanes))
        return b.extract(found, lanes - 1)


def reduction(kernel: LoopKernel, value: Value) -> Reduction:
    made = Position if kernel.members[value].node.op in POSITIONS else Reduction
    return made(kernel, value)
