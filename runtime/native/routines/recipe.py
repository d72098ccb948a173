"""What a routine is, and what its writer sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ....compiler.fusion import View
from ....compiler.ir import Dim, Node, TensorType, product
from ..emit import I64, Builder, Operand, Type, number
from ..places import ARENA, Frame, Place


@dataclass(frozen=True, slots=True)
class Site:
    """A routine's function while it is written: ``void name(ptr frame)``.

    Attributes:
        operands: where they lie, row by row; None of the first one where the result begins as it is.
        result: where the result goes.
        scratch: memory for the routine alone.
        vector_bytes: the width of a vector register.
    """

    b: Builder
    frame: Frame
    node: Node
    operands: Sequence[Place | None]
    result: Place
    scratch: Sequence[Place]
    vector_bytes: int

    def operand(self, i: int) -> Operand:
        """The address of an operand."""
        place = self.operands[i]
        assert place is not None
        return self.frame.address(place)

    def size(self, dims: Sequence[Dim]) -> Operand:
        """The product of dimensions."""
        return self.frame.dim(product(dims))

    def fault(self, condition: Operand) -> None:
        """Note that the reference would raise an error here."""
        with self.b.when(condition):
            self.b.store(number(I64, 1), self.frame.word(ARENA), 8)

    def elements(self, count: Dim, type: Type, body: Callable[[Operand, int], None]) -> None:
        """A loop over the elements of a row: ``body(index, lanes)``, in vectors and then one by one."""
        b, lanes = self.b, self.vector_bytes * 8 // type.bits
        stop = self.frame.dim(count)
        start = number(I64, 0)
        if not isinstance(count, int) or count >= lanes:
            whole = b.binary("and", stop, number(I64, -lanes))
            with b.loop(start, whole, lanes) as loop:
                body(loop.index, lanes)
            start = whole
        if not isinstance(count, int) or count % lanes:
            with b.loop(start, stop, 1) as loop:
                body(loop.index, 0)


def _no_scratch(node: Node) -> Sequence[TensorType]:
    return ()


def _as_they_are(node: Node, views: Sequence[View]) -> Sequence[View]:
    return views


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an operation is done.

    Attributes:
        write: writes the function's body.
        begins: whether the result begins as a copy of the first operand.
        scratch: the memory that it needs besides.
        views: what it reads, from what the operands are.
    """

    write: Callable[[Site], None]
    begins: bool = False
    scratch: Callable[[Node], Sequence[TensorType]] = _no_scratch
    views: Callable[[Node, Sequence[View]], Sequence[View]] = _as_they_are
