"""The graph: ordered, closed and pure.

Equality is identity throughout. A node is never changed once it is in a graph; passes make new ones.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..location import Location
from .dims import Expr
from .dtypes import DType
from .types import Shape, TensorType

if TYPE_CHECKING:
    from ..ops.op import Op

Attr: TypeAlias = "int | float | bool | str | DType | Expr | np.ndarray | tuple[Attr, ...] | None"
Attrs: TypeAlias = Mapping[str, Attr]


class Value:
    """One tensor in a graph: an input (``producer`` is None) or an output of a node."""

    __slots__ = ("__weakref__", "hint", "index", "location", "owner", "producer", "type")

    def __init__(
        self,
        type: TensorType,
        producer: Node | None = None,
        index: int = 0,
        hint: str = "",
        location: Location | None = None,
        owner: object = None,
    ) -> None:
        self.type = type
        self.producer = producer
        self.index = index
        self.hint = hint
        """A name for people: printing uses it, nothing else does."""
        self.location = location if producer is None else producer.location
        self.owner = owner
        """The builder whose graph this value belongs to, while that graph is being built."""

    @property
    def dtype(self) -> DType:
        return self.type.dtype

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def ndim(self) -> int:
        return len(self.type.shape)

    def __repr__(self) -> str:
        return f"Value(%{self.hint or '?'}: {self.type})"


class Node:
    """One application of an operation."""

    __slots__ = ("__weakref__", "attrs", "inputs", "location", "op", "outputs", "regions")

    def __init__(
        self,
        op: Op,
        inputs: Sequence[Value],
        attrs: Attrs,
        output_types: Sequence[TensorType],
        location: Location | None,
        regions: Sequence[Graph] = (),
        owner: object = None,
    ) -> None:
        self.op = op
        self.inputs = tuple(inputs)
        self.attrs = attrs
        self.regions = tuple(regions)
        self.location = location
        self.outputs = tuple(
            Value(type, self, index, owner=owner) for index, type in enumerate(output_types)
        )

    @property
    def output(self) -> Value:
        """The output, of a node that has one."""
        (value,) = self.outputs
        return value

    def __repr__(self) -> str:
        return f"Node({self.op.name})"


@dataclass(frozen=True, slots=True)
class State:
    """A slot that the graph reads as ``input`` and leaves as ``output`` (the same value if unchanged)."""

    slot: str
    input: Value
    output: Value

    @property
    def changes(self) -> bool:
        return self.output is not self.input


@dataclass(frozen=True, eq=False)
class Graph:
    """A closed program: every operand is an input, a state's input or an output of an earlier node."""

    name: str
    inputs: tuple[Value, ...]
    states: tuple[State, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Value, ...]
    _cache: dict[str, object] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> tuple[Value, ...]:
        """Inputs, then the inputs of states: what an executable is called with."""
        return self.inputs + tuple(s.input for s in self.states)

    @property
    def results(self) -> tuple[Value, ...]:
        """Outputs, then the outputs of states: what an executable returns."""
        return self.outputs + tuple(s.output for s in self.states)

    def fingerprint(self) -> str:
        """A hash of ops, attributes, types, wiring, constants and states (64 hex digits).

        Names, locations, object identity, the order of independent nodes and dead nodes play no part. Two graphs
        are *the same graph* in bifront when their fingerprints are equal.
        """
        known = self._cache.get("fingerprint")
        if not isinstance(known, str):
            from .fingerprint import fingerprint

            self._cache["fingerprint"] = known = fingerprint(self)
        return known

    def to_text(self) -> str:
        """The text IR; `parse` reads it back to a graph with the same fingerprint."""
        from ..text import print_graph

        return print_graph(self)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return (
            f"Graph({self.name!r}: {len(self.inputs)} inputs, {len(self.states)} states, "
            f"{len(self.nodes)} nodes, {len(self.outputs)} outputs)"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from ..pictures import mimebundle

        return mimebundle(self)


def live_nodes(
    results: Iterable[Value],
    among: Container[Value] | None = None,
    seen: set[Node] | None = None,
) -> list[Node]:
    """The nodes that the values need, operands before users, in a canonical order.

    With ``among`` given, only ways through those values are followed. Nodes in ``seen``, and what they need, are left
    out; it takes in those that are found.

    The order is a depth-first post-order from the first value to the last and, at each node, from the first operand
    to the last: it depends on the structure alone, not on the order in which nodes were made. Iterative, so that
    graphs of any depth are walked.
    """
    order: list[Node] = []
    if seen is None:
        seen = set()
    for value in results:
        if value.producer is None or value.producer in seen:
            continue
        if among is not None and value not in among:
            continue
        seen.add(value.producer)
        stack: list[tuple[Node, Iterator[Value]]] = [(value.producer, iter(value.producer.inputs))]
        while stack:
            node, operands = stack[-1]
            for operand in operands:
                producer = operand.producer
                if (
                    producer is not None
                    and producer not in seen
                    and (among is None or operand in among)
                ):
                    seen.add(producer)
                    stack.append((producer, iter(producer.inputs)))
                    break
            else:
                stack.pop()
                order.append(node)
    return order


def close(
    name: str,
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    states: Sequence[State] = (),
) -> Graph:
    """The graph of everything that the outputs and states need, in canonical order.

    Raises:
        GraphError: something is needed that is neither an input, a state nor the output of a node.
    """
    results = (*outputs, *(s.output for s in states))
    nodes = live_nodes(results)
    known = {*inputs, *(s.input for s in states)}
    for value in (*results, *(operand for node in nodes for operand in node.inputs)):
        if value.producer is None and value not in known:
            from ..errors import GraphError, Place

            raise GraphError(
                f"graph {name!r} needs %{value.hint or 'a value'}: {value.type}, "
                "which is not among its inputs",
                places=(Place("made here", value.location),),
                hint="add it to the inputs",
            )
    return Graph(name, tuple(inputs), tuple(states), tuple(nodes), tuple(outputs))
