"""Regions: Python callables traced into closed graphs, whose captures become operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..dispatch import Array, Building, using
from ..dispatch.current import current
from ..ir import Graph, TensorType, Value, close
from ..ops import TensorLike

Body = Callable[..., Sequence[TensorLike]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A region and the values around it that it uses.

    Attributes:
        graph: its last inputs stand for the captures.
        captures: values of the graph around the region.
    """

    graph: Graph
    captures: tuple[Value, ...]

    @property
    def parameters(self) -> tuple[Value, ...]:
        """The inputs that are no captures."""
        return self.graph.inputs[: len(self.graph.inputs) - len(self.captures)]


class Region(Building):
    """A graph that grows inside another one. What it uses of the graph around it becomes an input (a capture).

    Values that no operand decides (constants, sizes) are made again inside instead.
    """

    def __init__(self, outer: Building, name: str) -> None:
        super().__init__(name)
        self.outer = outer
        self.scope = outer.scope
        self.at = outer.at
        self.captured: dict[Value, Value] = {}
        self._again: dict[Value, Value] = {}

    def _own(self, x: Value | Array) -> Value:
        if isinstance(x, Array) or x.owner is self:
            return super()._own(x)
        known = self.captured.get(x) or self._again.get(x)
        if known is not None:
            return known
        node = x.producer
        if node is not None and not node.inputs and not node.regions:
            made = super().node(node.op, (), node.attrs).outputs[x.index]
            self._again[x] = made
            return made
        outer = self.outer._own(x)
        inner = self.captured.get(outer)
        if inner is None:
            inner = self.input(outer.type, outer.hint, outer.location)
            self.captured[outer] = inner
        return inner


def trace(
    builder: Building,
    name: str,
    parameters: Sequence[tuple[TensorType, str]],
    function: Callable[..., Sequence[TensorLike]],
) -> Traced:
    """The region that ``function`` builds when it is called with one value for each parameter (a type and a hint)."""
    region = Region(builder, name)
    inputs = [region.input(type, hint) for type, hint in parameters]
    try:
        with using(region):
            outputs = [region._own(v) for v in function(*inputs)]
    finally:
        region.open = False
    graph = close(name, [*inputs, *region.captured.values()], outputs)
    return Traced(graph, tuple(region.captured))


def builder_now() -> Building | None:
    """The graph that is being built; None where operations are evaluated at once."""
    interpreter = current()
    return interpreter if isinstance(interpreter, Building) else None
