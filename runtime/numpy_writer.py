"""Writing a planned graph down as one Python function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..compiler.ir import Graph, Node, symbols_of
from .binding import Binding
from .numpy_control import Control
from .numpy_steps import mentioned
from .numpy_text import Line, comment, identifier, tuple_of
from .plan import Plan


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a function, and what its names and lines stand for.

    Attributes:
        name: the function's name.
        source: its text. What is nested too deeply for one function is in functions below it.
        objects: the globals that the text refers to, besides the helpers it takes for granted.
        lines: what a line computes, by line number.
        parameters: the function's arguments.
    """

    name: str
    source: str
    objects: Mapping[str, object]
    lines: Mapping[int, Line]
    parameters: tuple[str, ...]


def write(
    plan: Plan,
    binding: Binding,
    run_region: Callable[[Graph], object],
    observed: bool,
    clocked: Mapping[Node, int] | None = None,
) -> Program:
    """Write the function.

    Args:
        plan: what to compute, in which order and where.
        binding: how sizes follow from the parameters.
        run_region: gives the callable that runs a region of a node that is no branch or loop.
        observed: whether every node's values are shown to an observer.
        clocked: nodes whose time is noted, with their numbers.

    Raises:
        GraphError: a size is needed that does not follow from the parameters.
    """
    writer = _Writer(plan, binding, run_region, observed)
    writer.clocked = clocked or {}
    return writer.write()


class _Writer(Control):
    def __init__(
        self,
        plan: Plan,
        binding: Binding,
        run_region: Callable[[Graph], object],
        observed: bool,
    ) -> None:
        super().__init__(plan.graph, run_region, observed)
        self.plan = plan
        self.binding = binding
        self.needed = mentioned(step.node for step in plan.steps)

    def write(self) -> Program:
        name = self.name(identifier(self.graph.name) or "graph")
        for i, value in enumerate(self.graph.parameters):
            self.values[value] = self.name(f"p{i}")
        names = tuple(self.values[v] for v in self.graph.parameters)
        with self.another_function(), self.inside(f"def {name}({', '.join(names)}):"):
            for value in self.graph.parameters:
                hint = f" {value.hint}" if value.hint else ""
                self.line(comment(f"{self.values[value]}{hint}: {value.type}"))
            with self.inside("try:"):
                self.guard(", ".join(names))
                if self.clocked:
                    self.line("begin()")
                self.bind_parameters()
                self.take_scalars()
                self.block(self.plan)
                self.line(f"return {tuple_of(self.results())}")
            with self.inside("except Exception as error:"):
                self.line("raise explained(error) from None")
        source, lines = self.joined()
        return Program(name, source, self.objects, lines, names)

    def guard(self, parameters: str) -> None:
        if self.plan.guarded:
            tests = [f"not {self.values[v]}.flags.c_contiguous" for v in self.plan.guarded]
            with self.inside(f"if {' or '.join(tests)}:"):
                self.line(f"return plain({parameters})")

    def bind_parameters(self) -> None:
        """Symbols from shapes, and the test that shapes agree."""
        needed = set(self.needed)
        for agree in self.binding.agrees:
            needed.update(symbols_of((agree.dim,)))
        for one in reversed(self.binding.solves):
            if one.symbol in needed:
                needed.update(symbols_of((one.rest,)))
        clashes = []
        for one in self.binding.solves:
            if one.symbol in needed:
                size, name = self.bind(one)
                if one.factor != 1 or one.rest != 0:
                    clashes.append(f"{name} < 0 or {name}*{one.factor} != {size}")
        for agree in self.binding.agrees:
            size = f"{self.values[agree.value]}.shape[{agree.axis}]"
            clashes.append(f"{size} != {self.dim(agree.dim)}")
        if clashes:
            with self.inside(f"if {' or '.join(clashes)}:"):
                self.line(f"clash({tuple_of(self.values[v] for v in self.graph.parameters)})")

    def take_scalars(self) -> None:
        """What arrays without axes hold, where regions compute with it: often many times."""
        used = {v for step in self.plan.steps if step.blocks for v in step.node.inputs}
        for value in self.graph.parameters:
            if value in used and value.ndim == 0:
                self.scalars[value] = self.fresh()
                self.line(f"{self.scalars[value]} = {self.values[value]}[()]")

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
