"""Where values lie while a compiled graph runs, and how generated code finds them there.

A kernel gets one pointer, the frame: an array of words that holds the addresses of the arena, of constants and sizes,
and of the arguments and results. Dimensions that are only known at run time are entries of the table of sizes, which
is filled in once for each set of sizes; the positions of running loops are counters at the beginning of the arena.
"""

from __future__ import annotations

from ast import literal_eval
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from ...compiler.fusion import View
from ...compiler.ir import Dim, DType, Expr, Value, symbol
from ...compiler.ir.dims import FloorDiv
from .elements import memory_type
from .emit import I64, PTR, Builder, Operand, number

ARENA, CONSTANTS, SIZES, FIRST = 1, 2, 3, 4
"""Words of the frame; the first argument stands in `FIRST`, word 0 is the runtime's."""
COUNTER = "@counter"
"""What the names of symbols begin with that stand for the positions of running loops."""


class Kind(Enum):
    PARAMETER = "parameter"
    RESULT = "result"
    CONSTANT = "constant"
    ARENA = "arena"


@dataclass(eq=False, slots=True)
class Buffer:
    """A piece of memory.

    Attributes:
        index: which parameter, result or constant it is; of a piece of the arena, its number.
        size: in bytes.
        first, last: the steps from which and to which it is needed.
        value: what it was made for.
    """

    kind: Kind
    index: int
    size: Dim
    first: int = 0
    last: int = 0
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The memory of a value: a buffer from an offset (in elements) on.

    Attributes:
        strides: of a piece of another value, which is only written; None: row-major.
    """

    buffer: Buffer
    dtype: DType
    offset: Dim = 0
    strides: tuple[Dim, ...] | None = None


@dataclass(eq=False)
class Sizes:
    """The table of sizes: which dimensions, and offsets of pieces of the arena, generated code reads."""

    dims: dict[Expr, int] = field(default_factory=dict)
    offsets: dict[Buffer, int] = field(default_factory=dict)
    count: int = 0

    def of(self, dim: Expr) -> int:
        if dim not in self.dims:
            self.dims[dim] = self.count
            self.count += 1
        return self.dims[dim]

    def offset(self, buffer: Buffer) -> int:
        if buffer not in self.offsets:
            self.offsets[buffer] = self.count
            self.count += 1
        return self.offsets[buffer]

    def to_text(self) -> str:
        """Which dimensions are where, for `restore`."""
        return repr((self.count, [(_plain(dim), at) for dim, at in self.dims.items()]))

    def restore(self, text: str) -> None:
        """Put the dimensions where they were when code for the same schedule was written."""
        self.count, dims = literal_eval(text)
        self.dims = {cast(Expr, _dim(plain)): at for plain, at in dims}


def _plain(dim: Dim) -> Any:
    """A dimension as numbers, names and tuples."""
    if isinstance(dim, int):
        return dim
    return tuple((tuple(map(_plain_atom, m)), factor) for m, factor in dim.terms)


def _plain_atom(atom: str | FloorDiv) -> Any:
    return atom if isinstance(atom, str) else (_plain(atom.numerator), _plain(atom.denominator))


def _dim(plain: Any) -> Dim:
    if isinstance(plain, int):
        return plain
    return Expr(tuple((tuple(map(_atom, m)), factor) for m, factor in plain))


def _atom(plain: Any) -> str | FloorDiv:
    return plain if isinstance(plain, str) else FloorDiv(cast(Expr, _dim(plain[0])), _dim(plain[1]))


def counter(number: int) -> Expr:
    """The position of a loop while it runs, as a symbol of dimensions."""
    return symbol(f"{COUNTER}{number}")


class Frame:
    """The frame as one function sees it.

    Args:
        parameters: how many arguments there are: results stand behind them.
    """

    def __init__(self, b: Builder, pointer: Operand, sizes: Sizes, parameters: int) -> None:
        self.b = b
        self.pointer = pointer
        self.sizes = sizes
        self.parameters = parameters
        self._words: dict[int, Operand] = {}
        self._bases: dict[Buffer, Operand] = {}
        self._dims: dict[Dim, Operand] = {}

    def word(self, index: int) -> Operand:
        """A word of the frame, as a pointer."""
        if index not in self._words:
            at = self.b.at_entry(PTR, f"getelementptr inbounds i64, {self.pointer}, i64 {index}")
            self._words[index] = self.b.at_entry(PTR, f"load ptr, {at}, align 8")
        return self._words[index]

    def base(self, buffer: Buffer) -> Operand:
        """The address at which a buffer begins."""
        if buffer not in self._bases:
            self._bases[buffer] = self._base(buffer)
        return self._bases[buffer]

    def _base(self, buffer: Buffer) -> Operand:
        b = self.b
        if buffer.kind is Kind.PARAMETER:
            return self.word(FIRST + buffer.index)
        if buffer.kind is Kind.RESULT:
            return self.word(FIRST + self.parameters + buffer.index)
        if buffer.kind is Kind.CONSTANT:
            at = b.at_entry(
                PTR, f"getelementptr inbounds ptr, {self.word(CONSTANTS)}, i64 {buffer.index}"
            )
            return b.at_entry(PTR, f"load ptr, {at}, align 8")
        offset = self._table(self.sizes.offset(buffer))
        return b.at_entry(PTR, f"getelementptr inbounds i8, {self.word(ARENA)}, {offset}")

    def _table(self, index: int) -> Operand:
        at = self.b.at_entry(PTR, f"getelementptr inbounds i64, {self.word(SIZES)}, i64 {index}")
        return self.b.at_entry(I64, f"load i64, {at}, align 8")

    def dim(self, dim: Dim) -> Operand:
        """A dimension, stride or offset as a number."""
        if isinstance(dim, int):
            return number(I64, dim)
        if dim not in self._dims:
            self._dims[dim] = self._dim(dim)
        return self._dims[dim]

    def _dim(self, dim: Expr) -> Operand:
        if not any(isinstance(a, str) and a.startswith(COUNTER) for m, _ in dim.terms for a in m):
            return self._table(self.sizes.of(dim))
        b = self.b
        total = number(I64, 0)
        for monomial, factor in dim.terms:
            counters = [a for a in monomial if isinstance(a, str) and a.startswith(COUNTER)]
            rest = tuple([a for a in monomial if a not in counters])
            part = self.dim(Expr(((rest, factor),)) if rest else factor)
            for name in counters:
                at = number(I64, 8 * int(name.removeprefix(COUNTER)))
                where = b.at_entry(PTR, f"getelementptr inbounds i8, {self.word(ARENA)}, {at}")
                now = b.at_entry(I64, f"load i64, {where}, align 8")
                part = b.at_entry(I64, f"mul {part}, {now.text}")
            total = b.at_entry(I64, f"add {total}, {part.text}")
        return total

    def address(self, place: Place, offset: Dim = 0) -> Operand:
        """The address of an element: ``offset`` elements from where the place begins."""
        base = self.base(place.buffer)
        at = place.offset + offset
        if at == 0:
            return base
        type = memory_type(place.dtype)
        return self.b.at_entry(PTR, f"getelementptr {type}, {base}, {self.dim(at)}")


@dataclass(frozen=True, slots=True)
class Scope:
    """The memory of the values of a graph or region, with what of the graph around is seen through views."""

    places: dict[Value, Place]
    views: dict[Value, View]

    def view(self, value: Value) -> View:
        return self.views.get(value) or View.whole(value)
