"""What the grammar's rules stand for, before names and types are looked up.

Attributes and dimensions are computed here, bottom up as the parser reduces them, so that no nesting of the input can
exhaust the stack; what is nested or multiplied beyond all use is refused.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
from lark import Token, Transformer, v_args

from ..ir import Attr, Dim, DType, Expr, TensorType, symbol
from ..ir.dtypes import BY_NAME, BY_SHORT
from ..location import Location
from .literals import WORDS, Number, array_of, array_of_bytes, show_attr, unquote

DEEPEST = 50
"""How deeply tuples, regions and divisions of dimensions may be nested."""
LONGEST = 10_000
"""How many characters a dimension may have when written out."""
INTEGERS = 2**63
HIGHEST = 64
"""The highest rank that NumPy has."""


class Complaint(Exception):
    """What is wrong with the text, and at which token; `parse` makes a `TextError` of it."""

    def __init__(self, token: Token, answer: str, hint: str | None = None) -> None:
        super().__init__(answer)
        self.token = token
        self.answer = answer
        self.hint = hint


class Binding(NamedTuple):
    """``%name: type``: an input, a state's input or an output of a node."""

    name: Token
    type: TensorType
    location: Location | None = None


class Slot(NamedTuple):
    """``%name: type = "slot"``."""

    binding: Binding
    slot: Token


class Statement(NamedTuple):
    """One application of an operation."""

    results: tuple[Binding, ...]
    op: Token
    operands: tuple[Token, ...]
    attrs: tuple[tuple[Token, Attr], ...]
    location: Location | None
    regions: tuple[Sheet, ...]


class Sheet(NamedTuple):
    """A graph as written."""

    name: Token
    inputs: tuple[Binding, ...]
    slots: tuple[Slot, ...]
    statements: tuple[Statement, ...]
    outputs: tuple[Token, ...]
    writes: tuple[tuple[Token, Token], ...]
    depth: int


class Group(NamedTuple):
    """A tuple among attributes, and how deeply it is nested."""

    items: tuple[Attr, ...]
    depth: int


class Row(NamedTuple):
    """Nested lists of numbers; the shape is None where they do not form a box."""

    shape: tuple[int, ...] | None
    numbers: list[Attr]


class ArrayType(NamedTuple):
    token: Token
    dtype: DType
    shape: tuple[int, ...]


def nearest(name: str, known: list[str]) -> str | None:
    """A hint that names what was probably meant."""
    close = get_close_matches(name, known, 1, 0.5)
    return f"write {close[0]}" if close else None


@v_args(inline=True)
class Syntax(Transformer[Token, Sheet]):
    """One method for each rule of the grammar."""

    def start(self, sheet: Sheet) -> Sheet:
        return sheet

    def graph(
        self,
        name: Token,
        inputs: tuple[Binding, ...] | None,
        slots: tuple[Slot, ...] | None,
        statements: tuple[Statement, ...],
        returned: tuple[Token | tuple[Token, Token], ...] | None,
    ) -> Sheet:
        depth = 1 + max((r.depth for s in statements for r in s.regions), default=0)
        if depth > DEEPEST:
            raise Complaint(name, f"regions are nested more than {DEEPEST} deep")
        outputs = tuple([r for r in returned or () if isinstance(r, Token)])
        writes = tuple([r for r in returned or () if not isinstance(r, Token)])
        return Sheet(name, inputs or (), slots or (), statements, outputs, writes, depth)

    def inputs(self, *bindings: Binding) -> tuple[Binding, ...]:
        return bindings

    def input(self, name: Token, type: TensorType, location: Location | None) -> Binding:
        return Binding(name, type, location)

    def slots(self, *slots: Slot) -> tuple[Slot, ...]:
        return slots

    def slot(self, name: Token, type: TensorType, slot: Token, location: Location | None) -> Slot:
        return Slot(Binding(name, type, location), slot)

    def returned(
        self, *items: Token | tuple[Token, Token]
    ) -> tuple[Token | tuple[Token, Token], ...]:
        return items

    def write(self, state: Token, value: Token) -> tuple[Token, Token]:
        return state, value

    def statements(self, *statements: Statement) -> tuple[Statement, ...]:
        return statements

    def statement(
        self,
        results: tuple[Binding, ...],
        op: Token,
        operands: tuple[Token, ...] | None,
        attrs: tuple[tuple[Token, Attr], ...] | None,
        location: Location | None,
        regions: tuple[Sheet, ...] | None,
    ) -> Statement:
        return Statement(results, op, operands or (), attrs or (), location, regions or ())

    def results(self, *results: Binding) -> tuple[Binding, ...]:
        return results

    def result(self, name: Token, type: TensorType) -> Binding:
        return Binding(name, type)

    def operands(self, *values: Token) -> tuple[Token, ...]:
        return values

    def attributes(self, *attributes: tuple[Token, Attr]) -> tuple[tuple[Token, Attr], ...]:
        return attributes

    def attribute(self, name: Token, value: Attr | Group) -> tuple[Token, Attr]:
        if isinstance(value, Group):
            if value.depth > DEEPEST:
                raise Complaint(name, f"tuples are nested more than {DEEPEST} deep")
            return name, value.items
        return name, value

    def location(self, token: Token, scope: Token | None) -> Location:
        file, line, column = token[1:].rsplit(":", 2)
        within = text_of(scope) if scope is not None else ""
        return Location.at(
            text_of(token, file), _integer(token, line), _integer(token, column), scope=within
        )

    def regions(self, *regions: Sheet) -> tuple[Sheet, ...]:
        return regions

    def tensor_type(self, name: Token, *dims: Attr) -> TensorType:
        return TensorType(_dtype(name), tuple([_dim(name, d) for d in dims]))

    # --- attributes ---

    def string(self, literal: Token) -> str:
        return text_of(literal)

    def group(self, *items: Attr | Group) -> Group:
        depth = 1 + max((i.depth for i in items if isinstance(i, Group)), default=0)
        # Deeper ones are refused by `attribute`, which can say where; they need not be kept.
        inside = [i.items if isinstance(i, Group) else i for i in items if depth <= DEEPEST]
        return Group(tuple(inside), depth)

    def array_type(self, name: Token, *dims: Attr) -> ArrayType:
        shape = [_dim(name, d) for d in dims]
        known = tuple([d for d in shape if isinstance(d, int)])
        if len(known) != len(shape):
            raise Complaint(name, "the dimensions of an array must be numbers")
        return ArrayType(name, _dtype(name), known)

    def encoded(self, literal: Token) -> Token:
        return literal

    def row(self, *items: Attr | Row) -> Row:
        inner = {i.shape if isinstance(i, Row) else () for i in items}
        numbers: list[Attr] = []
        for item in items:
            numbers += item.numbers if isinstance(item, Row) else (item,)
        shape = inner.pop() if inner else ()
        if inner or shape is None or len(shape) >= HIGHEST:
            return Row(None, numbers)
        return Row((len(items), *shape), numbers)

    def array(self, kind: ArrayType, content: Attr | Row | Token) -> np.ndarray:
        try:
            if isinstance(content, Token):
                return array_of_bytes(kind.dtype, kind.shape, content)
            shape, words = content if isinstance(content, Row) else ((), [content])
            numbers = [w for w in words if isinstance(w, Number)]
            if len(numbers) != len(words):
                strange = next(w for w in words if not isinstance(w, Number))
                raise ValueError(f"{show_attr(strange)} is not an element of {kind.dtype}")
            if shape != kind.shape and not (0 in kind.shape and not numbers):
                given = "lists of different lengths" if shape is None else f"shape {list(shape)}"
                raise ValueError(f"the numbers have {given}, the type says {list(kind.shape)}")
            return array_of(kind.dtype, kind.shape, numbers)
        except ValueError as error:
            raise Complaint(kind.token, str(error)) from None

    # --- numbers and dimensions ---

    def integer(self, token: Token) -> int:
        return _integer(token, token)

    def real(self, token: Token) -> float:
        return float(token)

    def word(self, token: Token) -> Attr:
        return WORDS[token] if token in WORDS else symbol(str(token))

    def symbol(self, token: Token) -> Expr:
        return symbol(text_of(token, token[1:]))

    def minus(self, sign: Token, value: Attr) -> Attr:
        if isinstance(value, float):
            return -value
        return _compute(sign, 0, value)

    def arithmetic(self, a: Attr, sign: Token, b: Attr) -> Dim:
        return _compute(sign, a, b)


def _integer(token: Token, digits: str) -> int:
    value = int(digits) if len(digits) < 20 else INTEGERS + 1
    if value > INTEGERS:
        raise Complaint(token, "a number beyond 64 bits")
    return value


def _compute(sign: Token, a: Attr, b: Attr) -> Dim:
    for x in (a, b):
        if isinstance(x, bool) or not isinstance(x, (int, Expr)):
            raise Complaint(
                sign, f"{show_attr(x)} is no dimension: nothing can be computed with it"
            )
    assert isinstance(a, (int, Expr))
    assert isinstance(b, (int, Expr))
    if sign == "//" and b == 0:
        raise Complaint(sign, "a division by zero")
    if sign == "*" and _terms(a) * _terms(b) > LONGEST / 10:
        raise Complaint(sign, "the dimension has too many terms")
    result = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "//": lambda: a // b}
    dim = result[sign]()
    try:
        written = str(dim)
    except ValueError:  # Python writes no integers of more than 4300 digits
        written = "9" * (LONGEST + 1)
    if isinstance(dim, int) and abs(dim) > INTEGERS:
        raise Complaint(sign, "a number beyond 64 bits")
    if len(written) > LONGEST or written.count("//") > DEEPEST:
        raise Complaint(sign, "the dimension has too many terms")
    return dim


def _terms(dim: Dim) -> int:
    return len(dim.terms) if isinstance(dim, Expr) else 1


def _dim(token: Token, dim: Attr) -> Dim:
    if isinstance(dim, Expr):
        return dim
    if isinstance(dim, bool) or not isinstance(dim, int):
        hint = f'a symbol of this name is written $"{show_attr(dim)}"'
        raise Complaint(token, f"{show_attr(dim)} is no dimension", hint)
    if dim < 0:
        raise Complaint(token, f"a dimension cannot be {dim}")
    return dim


def _dtype(token: Token) -> DType:
    if token not in BY_SHORT:
        meant = BY_NAME.get(token)
        hint = f"write {meant.short}" if meant else nearest(token, [*BY_SHORT])
        raise Complaint(token, f"{token} is not an element type", hint)
    return BY_SHORT[token]


def text_of(token: Token, literal: str | None = None) -> str:
    """The text of a string literal."""
    try:
        return unquote(token if literal is None else literal)
    except ValueError as error:
        reason = str(error).split(":")[0].lower()
        raise Complaint(
            token, f"not a string: {reason}", "escape as in JSON: \\n, \\u00e9"
        ) from None
