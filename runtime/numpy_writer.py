"""Writing a planned graph down as one straight-line Python function."""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..compiler.errors import GraphError, Place
from ..compiler.ir import Attr, Dim, DType, Expr, Graph, Node, Value, symbols_of
from ..compiler.ir.dims import FloorDiv
from ..compiler.ops import Kind
from .binding import Binding, Solve, solve
from .order import attr_symbols
from .plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a function, and what its names and lines stand for.

    Attributes:
        name: the function's name.
        source: its text.
        objects: the globals that the text refers to, besides the ``helpers`` it was written with.
        nodes: the node that a line computes, by line number.
        values: the local (or global, for a constant) name of each value.
        sizes: the local name of each symbol.
    """

    name: str
    source: str
    objects: Mapping[str, object]
    nodes: Mapping[int, Node]
    values: Mapping[Value, str]
    sizes: Mapping[str, str]


HELPERS = ("array", "asarray", "clash", "explained", "misfit", "observe", "plain")
"""Names that the text takes for granted:

``clash(arrays)`` raises because parameters disagree on a size, ``misfit(symbol, symbol, size)`` because sizes that
were taken to be equal are not; ``explained(error, locals)`` is the error for the user; ``observe(node, arrays)`` is the
observer; ``plain(*arrays)`` is the same program for arguments in any memory layout.
"""


def write(
    plan: Plan, binding: Binding, run_region: Callable[[Graph], object], observed: bool
) -> Program:
    """Write the function.

    Args:
        plan: what to compute, in which order and where.
        binding: how sizes follow from the parameters.
        run_region: gives the callable that runs a region of a node.
        observed: whether every node's values are shown to an observer.

    Raises:
        GraphError: a size is needed that does not follow from the parameters.
    """
    return _Writer(plan, binding, run_region, observed).write()


class _Writer:
    def __init__(
        self,
        plan: Plan,
        binding: Binding,
        run_region: Callable[[Graph], object],
        observed: bool,
    ) -> None:
        self.plan = plan
        self.graph = plan.graph
        self.binding = binding
        self.run_region = run_region
        self.observed = observed
        self.objects: dict[str, object] = {}
        self.known: dict[int, str] = {}
        self.taken: set[str] = {*HELPERS, "Exception", "error", "locals"}
        self.counts: dict[str, int] = {}
        self.values: dict[Value, str] = {}
        self.sizes: dict[str, str] = {}
        self.lines: list[str] = []
        self.nodes: dict[int, Node] = {}

    def write(self) -> Program:
        name = self.name(_identifier(self.graph.name) or "graph")
        for i, value in enumerate(self.graph.parameters):
            self.values[value] = self.name(f"p{i}")
        for i, node in enumerate(self.plan.constants):
            data = node.attrs["value"]
            assert isinstance(data, np.ndarray)
            frozen = data.view()
            frozen.flags.writeable = False
            self.values[node.output] = self.object(f"c{i}", frozen)
        parameters = ", ".join(self.values[v] for v in self.graph.parameters)
        self.line(f"def {name}({parameters}):", depth=0)
        for value in self.graph.parameters:
            hint = f" {value.hint}" if value.hint else ""
            self.line(_comment(f"{self.values[value]}{hint}: {value.type}"), depth=1)
        self.line("try:", depth=1)
        self.guard(parameters)
        self.bind_parameters()
        if self.observed:
            for node in self.plan.constants:
                self.observe(node)
        for step in self.plan.steps:
            self.step(step)
        self.line(f"return {_tuple(self.results())}")
        self.line("except Exception as error:", depth=1)
        self.line("raise explained(error, locals()) from None")
        source = "\n".join(self.lines) + "\n"
        return Program(name, source, self.objects, self.nodes, self.values, self.sizes)

    # Text and names.

    def line(self, text: str, node: Node | None = None, depth: int = 2) -> None:
        self.lines.append("    " * depth + text)
        if node is not None:
            self.nodes[len(self.lines)] = node

    def name(self, wanted: str) -> str:
        """The wanted name, or one like it that nothing else has."""
        stem = f"{wanted}_" if keyword.iskeyword(wanted) else wanted
        name = stem
        while name in self.taken:
            self.counts[stem] = self.counts.get(stem, 1) + 1
            name = f"{stem}_{self.counts[stem]}"
        self.taken.add(name)
        return name

    def object(self, wanted: str, thing: object) -> str:
        """The global name of an object; each has one."""
        if id(thing) not in self.known:
            self.known[id(thing)] = name = self.name(wanted)
            self.objects[name] = thing
        return self.known[id(thing)]

    # The head: layouts and sizes.

    def guard(self, parameters: str) -> None:
        if self.plan.guarded:
            tests = [f"not {self.values[v]}.flags.c_contiguous" for v in self.plan.guarded]
            self.line(f"if {' or '.join(tests)}:")
            self.line(f"return plain({parameters})", depth=3)

    def bind_parameters(self) -> None:
        """Symbols from shapes, and the test that shapes agree."""
        needed = {s for step in self.plan.steps for s in _symbols_in(step.node)}
        for agree in self.binding.agrees:
            needed.update(symbols_of((agree.dim,)))
        for one in reversed(self.binding.solves):
            if one.symbol in needed:
                needed.update(symbols_of((one.rest,)))
        clashes = []
        for one in self.binding.solves:
            if one.symbol in needed:
                size, name = self.bind(one, None)
                if one.factor != 1 or one.rest != 0:
                    clashes.append(f"{name} < 0 or {name}*{one.factor} != {size}")
        for agree in self.binding.agrees:
            size = f"{self.values[agree.value]}.shape[{agree.axis}]"
            clashes.append(f"{size} != {self.dim(agree.dim)}")
        if clashes:
            self.line(f"if {' or '.join(clashes)}:")
            self.line(f"clash({_tuple(self.values[v] for v in self.graph.parameters)})", depth=3)

    def bind(self, one: Solve, node: Node | None) -> tuple[str, str]:
        """Write the line that gives a symbol its size; gives the text that it divides, and the name."""
        size = f"{self.values[one.value]}.shape[{one.axis}]"
        if one.rest != 0:
            size = f"({size} - {self.dim(one.rest)})"
        name = self.name(f"n_{_identifier(one.symbol) or 'size'}")
        self.sizes[one.symbol] = name
        self.line(f"{name} = {size}" + (f" // {one.factor}" if one.factor != 1 else ""), node)
        return size, name

    def dim(self, dim: Dim) -> str:
        """A dimension as a Python expression of local names."""
        if isinstance(dim, int):
            return str(dim)
        terms = []
        for monomial, coefficient in dim.terms:
            factors = [self.atom(a) for a in monomial]
            if coefficient != 1 or not factors:
                factors.insert(0, str(coefficient))
            terms.append("*".join(factors))
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"

    def atom(self, atom: str | FloorDiv) -> str:
        if isinstance(atom, FloorDiv):
            return f"({self.dim(atom.numerator)} // {self.dim(atom.denominator)})"
        if atom not in self.sizes:
            raise GraphError(
                f"nothing tells the size of {atom} in graph {self.graph.name!r}: it follows from no "
                "axis of an input",
                places=[
                    Place(f"{v.hint or 'an input'} is {v.type}, made here", v.location)
                    for v in self.graph.parameters
                    if atom in symbols_of(v.shape)
                ],
                hint=f"give an input an axis of size {atom}",
            )
        return self.sizes[atom]

    # The body: one line for each node, and what dies after it.

    def step(self, step: Step) -> None:
        node = step.node
        for have, want in _assumptions(node):
            self.line(f"if {self.dim(want)} == 1 != {self.dim(have)}:", node)
            text = f"{str(want)!r}, {str(have)!r}, {self.dim(have)}"
            self.line(f"misfit({text})", node, depth=3)
        for value in node.outputs:
            self.values[value] = self.name(f"v{len(self.values)}")
        made = ", ".join(self.values[v] for v in node.outputs)
        types = ", ".join(str(v.type) for v in node.outputs)
        self.line(f"{made} = {self.call(node, step.into)}  {_comment(types)}", node)
        if any(s not in self.sizes for v in node.outputs for s in symbols_of(v.shape)):
            for one in solve(node.outputs, self.sizes).solves:
                self.bind(one, node)
        if self.observed:
            self.observe(node)
        if step.drops:
            self.line(f"del {', '.join(self.values[v] for v in step.drops)}")

    def call(self, node: Node, into: Value | None) -> str:
        arguments = [self.values[v] for v in node.inputs]
        if into is not None:
            arguments.append(f"out={self.values[into]}")
        for region in node.regions:
            arguments.append(
                self.object(f"run_{_identifier(region.name)}", self.run_region(region))
            )
        made = {s for v in node.outputs for s in symbols_of(v.shape) if s not in self.sizes}
        for key, attr in node.attrs.items():
            names_what_it_makes = isinstance(attr, Expr) and not made.isdisjoint(
                symbols_of((attr,))
            )
            text = self.object(key, attr) if names_what_it_makes else self.attr(key, attr)
            arguments.append(f"{key}={text}")
        return f"{self.object(node.op.name, node.op.evaluate)}({', '.join(arguments)})"

    def attr(self, name: str, value: Attr) -> str:
        if isinstance(value, Expr):
            return self.dim(value)
        if isinstance(value, tuple):
            return _tuple(self.attr(name, v) for v in value)
        if isinstance(value, DType):
            return self.object(value.name, value)
        plain = value is None or type(value) in (bool, int, str)
        if plain or (type(value) is float and math.isfinite(value)):
            return repr(value)
        return self.object(name, value)

    def observe(self, node: Node) -> None:
        values = _tuple(self.values[v] for v in node.outputs)
        self.line(f"observe({self.object(f'node_{node.op.name}', node)}, {values})")

    def results(self) -> Iterator[str]:
        for i, value in enumerate(self.graph.results):
            name = self.values[value]
            if i in self.plan.copies:
                yield f"array({name})"
            elif value.ndim == 0 and value.producer is not None:
                # NumPy gives scalars, not arrays, for what has no axes.
                yield f"asarray({name})"
            else:
                yield name


def _assumptions(node: Node) -> list[tuple[Dim, Dim]]:
    """Pairs (size of an operand, size of the result) of broadcast axes that nothing proves equal.

    NumPy rejects sizes that differ, except where one is 1: if that is the one taken for the result's, the result is
    larger than its type says.
    """
    if node.op.kind is Kind.ELEMENTWISE:
        skip = 0
    elif node.op.kind is Kind.CONTRACTION and node.output.ndim > 2:
        skip = 2
    else:
        return []
    pairs: dict[tuple[Dim, Dim], None] = {}
    for operand in node.inputs:
        for axis in range(skip + 1, operand.ndim + 1):
            have, want = operand.shape[-axis], node.output.shape[-axis]
            if have != want and isinstance(have, Expr) and isinstance(want, Expr):
                pairs[have, want] = None
    return list(pairs)


def _symbols_in(node: Node) -> Iterator[str]:
    """The symbols whose sizes the node's line mentions."""
    yield from attr_symbols(node)
    for pair in _assumptions(node):
        yield from symbols_of(pair)


def _comment(text: str) -> str:
    """A comment. Names in it may come from a file, so nothing in them may end the line."""
    return "# " + "".join(c if c.isprintable() else "?" for c in text)


def _tuple(items: Iterable[str]) -> str:
    texts = list(items)
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def _identifier(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text).strip("_")
