"""Straight-line code: one line for each node, and what dies after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from ..compiler.control.sizes import attr_symbols, made_symbols
from ..compiler.ir import Expr, Graph, Node, Value, symbols_of
from .assumptions import assumptions
from .binding import solve
from .numpy_direct import Call, direct
from .numpy_text import Text, comment, identifier, tuple_of
from .plan import Block, Step
from .regions import Loop, is_cond, is_loop


class Steps(Text, ABC):
    """Writes blocks of nodes.

    Attributes:
        run_region: gives the callable that runs a region of a node, where the region is not written in place.
        observed: whether every node's values are shown to an observer.
        settled: the names that values are to have, where those who asked for them said so before.
    """

    def __init__(self, graph: Graph, run_region: Callable[[Graph], object], observed: bool) -> None:
        super().__init__(graph)
        self.run_region = run_region
        self.observed = observed
        self.clocked: Mapping[Node, int] = {}
        """The numbers of nodes whose time is noted."""
        self.settled: dict[Value, str] = {}
        self.slots: dict[Value, str] = {}
        """For a stacked value of a loop, the name of its slice of this iteration."""
        self.needed: set[str] = set()
        """The symbols that the text mentions anywhere."""

    @abstractmethod
    def control(self, step: Step) -> None:
        """Write a branch or a loop with its regions in place; names the node's outputs."""

    def block(self, block: Block) -> None:
        """Write everything that a graph or a region computes."""
        for node in block.constants:
            data = node.attrs["value"]
            assert isinstance(data, np.ndarray)
            self.values[node.output] = self.constant(data)
            if self.observed:
                self.observe(node)
        for step in block.steps:
            self.step(step)

    def step(self, step: Step) -> None:
        node = step.node
        for have, want in assumptions(node):
            with self.inside(f"if {self.dim(want)} == 1 != {self.dim(have)}:", node):
                self.line(f"misfit({str(want)!r}, {str(have)!r}, {self.dim(have)})", node)
        if step.blocks:
            self.control(step)
        else:
            self.compute(step)
        if any(s not in self.sizes for v in node.outputs for s in symbols_of(v.shape)):
            for one in solve(node.outputs, self.sizes).solves:
                self.bind(one, node)
        if self.observed:
            self.observe(node)
        self.forget(step.drops)
        if node in self.clocked:
            self.line(f"note({self.clocked[node]})")

    def compute(self, step: Step) -> None:
        """Write the line of a node without regions of its own."""
        node = step.node
        names = [self.name_for(v, step) for v in node.outputs]
        operands = [self.values[v] for v in node.inputs]
        out = self.values[step.into] if step.into is not None else None
        if step.slot is not None:
            out = self.slots[step.slot]
        text = direct(Call(self, node, operands, out, names[0])) or self.evaluate(node, operands)
        types = ", ".join(str(v.type) for v in node.outputs)
        self.line(f"{', '.join(names)} = {text}  {comment(types)}", node)
        for value, name in zip(node.outputs, names, strict=True):
            self.call_it(value, name)

    def name_for(self, value: Value, step: Step) -> str:
        """The name that a new value gets."""
        if step.slot is not None:
            return self.slots[step.slot]
        return self.settled[value] if value in self.settled else self.fresh()

    def evaluate(self, node: Node, operands: Iterable[str]) -> str:
        """The call of an operation's own evaluation."""
        arguments = [*operands]
        for region in node.regions:
            arguments.append(self.object(f"run_{identifier(region.name)}", self.run_region(region)))
        made = {s for v in node.outputs for s in symbols_of(v.shape) if s not in self.sizes}
        for key, attr in node.attrs.items():
            names_what_it_makes = isinstance(attr, Expr) and not made.isdisjoint(
                symbols_of((attr,))
            )
            text = self.object(key, attr) if names_what_it_makes else self.attr(key, attr)
            arguments.append(f"{key}={text}")
        return f"{self.object(node.op.name, node.op.evaluate)}({', '.join(arguments)})"

    def observe(self, node: Node) -> None:
        values = tuple_of(self.values[v] for v in node.outputs)
        self.line(f"observe({self.object(f'node_{node.op.name}', node)}, {values})")


def border(node: Node) -> Iterator[tuple[Value, int, Value, int]]:
    """Axes of operands whose sizes nothing proves to be those of the region's inputs.

    Each is (operand, axis, input, axis of the input).
    """
    for region in node.regions if is_cond(node) or is_loop(node) else ():
        if is_cond(node):
            pairs = [(v, 0) for v in node.inputs[1:]]
        else:
            sequences = Loop(node).sequences
            pairs = [(v, 1 if i in sequences else 0) for i, v in enumerate(node.inputs)]
        for (operand, first), value in zip(pairs, region.inputs, strict=True):
            for axis, want in enumerate(value.shape):
                if operand.shape[axis + first] != want:
                    yield operand, axis + first, value, axis


def mentioned(nodes: Iterable[Node]) -> set[str]:
    """The symbols whose sizes the text of nodes, and of what is in their regions, has to know."""
    found: set[str] = set()
    for node in nodes:
        made = made_symbols(node)
        own = [*attr_symbols(node)]
        if is_loop(node):
            own += symbols_of(d for v in Loop(node).stacked for d in v.shape)
        found.update(s for s in own if s not in made)
        for pair in assumptions(node):
            found.update(symbols_of(pair))
        for _, _, value, axis in border(node):
            found.update(symbols_of(value.shape[axis : axis + 1]))
        for region in node.regions:
            found |= mentioned(region.nodes)
    return found
