"""The text of generated functions: lines, the names in them, and sizes as expressions."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from ..compiler.control.sizes import made_symbols
from ..compiler.errors import GraphError, Place
from ..compiler.ir import Attr, Dim, DType, Expr, Graph, Node, Value, symbols_of
from ..compiler.ir.dims import FloorDiv
from .binding import Solve
from .layouts import is_constant
from .regions import nodes_within

HELPERS = (
    "array", "asarray", "begin", "clash", "empty", "explained", "misfit", "note", "observe", "plain", "stack",
    "unequal",
)  # fmt: skip
"""Names that the text takes for granted, besides Python's own:

``clash(arrays)`` raises because parameters disagree on a size, ``misfit(symbol, symbol, size)`` because sizes that
were taken to be equal are not, ``unequal(dim, size, dim, size)`` likewise at the border of a region;
``explained(error)`` is the error for the user; ``observe(node, arrays)`` is the observer; ``stack(arrays, shape,
dtype)`` is one array of many; ``begin()`` and ``note(number)`` read the clock where nodes are timed;
``plain(*arrays)`` is the same program for arguments in any memory layout.
"""

_PYTHON = ("Exception", "error", "len", "range", "zip")


SMALL = 16
"""Elements of a constant up to which equal ones share a name."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line computes.

    Attributes:
        node: the node.
        operands: the names of its operands there.
        sizes: the names of the sizes that are known there, by symbol.
    """

    node: Node
    operands: tuple[str, ...]
    sizes: Mapping[str, str]


@dataclass(slots=True)
class Function:
    """The text of one function as it grows."""

    lines: list[str] = field(default_factory=list)
    meaning: dict[int, Line] = field(default_factory=dict)
    depth: int = 0
    nested: int = 0
    """Loops and branches around the line that is written next."""


class Text:
    """Functions that are being written, and what their names stand for.

    Attributes:
        values: the name of each value.
        sizes: the name of each symbol whose size is known; never changed, only replaced.
        scalars: names of NumPy scalars for values without axes, besides those of arrays.
        holds: the value that each local name stands for at this point of the text.
        objects: the globals.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[Value, str] = {}
        self.sizes: Mapping[str, str] = {}
        self.holds: dict[str, Value] = {}
        self.objects: dict[str, object] = {}
        self.functions: list[Function] = []
        self.function = Function()
        self._known: dict[int, str] = {}
        self._taken: set[str] = {*HELPERS, *_PYTHON}
        self.scalars: dict[Value, str] = {}
        self._constants: dict[tuple[object, ...], str] = {}
        self._counts: dict[str, int] = {}
        self._locals = 0

    # Lines.

    def line(self, text: str, node: Node | None = None) -> None:
        function = self.function
        function.lines.append("    " * function.depth + text)
        if node is not None:
            operands = tuple(self.values[v] for v in node.inputs)
            function.meaning[len(function.lines)] = Line(node, operands, self.sizes)

    @contextmanager
    def inside(self, header: str, node: Node | None = None, nested: int = 0) -> Iterator[None]:
        """A block of lines below its header."""
        function = self.function
        self.line(header, node)
        function.depth += 1
        function.nested += nested
        yield
        function.depth -= 1
        function.nested -= nested

    @contextmanager
    def another_function(self) -> Iterator[None]:
        """Lines of a function of its own, before the one that is being written goes on."""
        before, self.function = self.function, Function()
        self.functions.append(self.function)
        yield
        self.function = before

    def joined(self) -> tuple[str, dict[int, Line]]:
        """The text of all functions, and what each line computes."""
        lines: list[str] = []
        meaning: dict[int, Line] = {}
        for function in self.functions:
            meaning.update((len(lines) + i, line) for i, line in function.meaning.items())
            lines += function.lines
        return "\n".join(lines) + "\n", meaning

    # Names.

    def name(self, wanted: str) -> str:
        """The wanted name, or one like it that nothing else has."""
        stem = f"{wanted}_" if keyword.iskeyword(wanted) else wanted
        name = stem
        while name in self._taken:
            self._counts[stem] = self._counts.get(stem, 1) + 1
            name = f"{stem}_{self._counts[stem]}"
        self._taken.add(name)
        return name

    def fresh(self) -> str:
        """A new local name."""
        self._locals += 1
        return self.name(f"v{self._locals}")

    def local(self, value: Value) -> str:
        """A new local name for a value."""
        name = self.fresh()
        self.call_it(value, name)
        return name

    def call_it(self, value: Value, name: str) -> None:
        """From here on the local name stands for the value."""
        self.values[value] = name
        self.holds[name] = value

    def forget(self, values: Iterable[Value]) -> None:
        """Delete the names of values, but for those that stand for something else by now."""
        names = [n for v in values if self.holds.get(n := self.values[v]) is v]
        if names:
            self.line(f"del {', '.join(names)}")
        for name in names:
            del self.holds[name]

    def object(self, wanted: str, thing: object) -> str:
        """The global name of an object; each has one."""
        if id(thing) not in self._known:
            self._known[id(thing)] = name = self.name(wanted)
            self.objects[name] = thing
        return self._known[id(thing)]

    def constant(self, data: np.ndarray) -> str:
        """The global name of an array that nobody may change."""
        small = data.size <= SMALL
        key = data.dtype, data.shape, data.strides, data.tobytes() if small else id(data)
        if key not in self._constants:
            frozen = data.view()
            frozen.flags.writeable = False
            self._constants[key] = self.object(f"c{len(self._constants)}", frozen)
        return self._constants[key]

    def scalar(self, value: Value) -> str:
        """The name of a value without axes: as a NumPy scalar, where one is at hand."""
        if value not in self.scalars and value.producer is not None and is_constant(value.producer):
            data = value.producer.attrs["value"]
            assert isinstance(data, np.ndarray)
            self.scalars[value] = self.object(f"{self.values[value]}_", data[()])
        return self.scalars.get(value, self.values[value])

    def dtype(self, value: Value) -> str:
        return self.object(f"np_{value.dtype.name}", value.dtype.numpy)

    # Sizes and attributes.

    def bind(self, one: Solve, node: Node | None = None) -> tuple[str, str]:
        """Write the line that gives a symbol its size; gives the text that it divides, and the name."""
        size = f"{self.values[one.value]}.shape[{one.axis}]"
        if one.rest != 0:
            size = f"({size} - {self.dim(one.rest)})"
        name = self.size_name(one.symbol)
        self.line(f"{name} = {size}" + (f" // {one.factor}" if one.factor != 1 else ""), node)
        self.sizes = {**self.sizes, one.symbol: name}
        return size, name

    def size_name(self, symbol: str) -> str:
        return self.name(f"n_{identifier(symbol) or 'size'}")

    def dim(self, dim: Dim) -> str:
        """A dimension as a Python expression of local names."""
        if isinstance(dim, int):
            return str(dim)
        terms = []
        for monomial, coefficient in dim.terms:
            factors = [self._atom(a) for a in monomial]
            if coefficient != 1 or not factors:
                factors.insert(0, str(coefficient))
            terms.append("*".join(factors))
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"

    def _atom(self, atom: str | FloorDiv) -> str:
        if isinstance(atom, FloorDiv):
            return f"({self.dim(atom.numerator)} // {self.dim(atom.denominator)})"
        if atom not in self.sizes:
            raise self._unknown(atom)
        return self.sizes[atom]

    def _unknown(self, symbol: str) -> GraphError:
        found = next((n for n in nodes_within(self.graph) if symbol in made_symbols(n)), None)
        if found is not None:
            return GraphError(
                f"the size {symbol} is wanted where it is not known: {found.op.name} finds it out",
                places=[Place(f"{found.op.name} is here", found.location)],
                hint="a loop stacks values of one size only, and what is found out inside it is not known outside",
            )
        return GraphError(
            f"nothing tells the size of {symbol} in graph {self.graph.name!r}: it follows from no "
            "axis of an input",
            places=[
                Place(f"{v.hint or 'an input'} is {v.type}, made here", v.location)
                for v in self.graph.parameters
                if symbol in symbols_of(v.shape)
            ],
            hint=f"give an input an axis of size {symbol}",
        )

    def attr(self, name: str, value: Attr) -> str:
        if isinstance(value, Expr):
            return self.dim(value)
        if isinstance(value, tuple):
            return tuple_of(self.attr(name, v) for v in value)
        if isinstance(value, DType):
            return self.object(value.name, value)
        plain = value is None or type(value) in (bool, int, str)
        if plain or (type(value) is float and math.isfinite(value)):
            return repr(value)
        return self.object(name, value)


def comment(text: str) -> str:
    """A comment. Names in it may come from a file, so nothing in them may end the line."""
    return "# " + "".join(c if c.isprintable() else "?" for c in text)


def tuple_of(items: Iterable[str]) -> str:
    texts = list(items)
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def identifier(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text).strip("_")
