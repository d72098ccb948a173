"""The passes. Each is a frozen dataclass that is called with a graph and gives a graph."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..control import SCAN, WHILE
from ..control.canonical import _STAYS
from ..control.loops import Loop
from ..control.sizes import attr_symbols, made_symbols
from ..ir import Graph, Node, State, Value, close
from ..ops import Kind
from ..passes.merging import key_of
from ..passes.ordering import order_regions
from ..rewriting import History, rewrite, table

LARGE = 4096
"""Bytes from which on a constant is known by its array and not by what it holds."""


class Pass(Protocol):
    """A function from graph to graph; the graph itself comes back where there is nothing to do."""

    @property
    def name(self) -> str: ...

    @property
    def account(self) -> str:
        """What it does, in one line."""
        ...

    def __call__(self, graph: Graph, history: History | None = None) -> Graph: ...


@dataclass(frozen=True, slots=True)
class Simplify:
    """Apply the rules to a fixed point, in regions too."""

    rounding: bool = False
    name: str = field(default="simplify", init=False)
    account: str = field(
        default="rewrite by the rules to a fixed point, fold constants", init=False
    )

    def __call__(self, graph: Graph, history: History | None = None) -> Graph:
        return rewrite(graph, table(self.rounding), history)


@dataclass(frozen=True, slots=True)
class Cse:
    """Compute equal things once: nodes with the same operation, operands, attributes and regions."""

    name: str = field(default="cse", init=False)
    account: str = field(default="compute common sub-expressions once", init=False)

    def __call__(self, graph: Graph, history: History | None = None) -> Graph:
        return _merged(graph)


@dataclass(frozen=True, slots=True)
class Hoist:
    """Move out of loops what is the same in every iteration."""

    name: str = field(default="hoist", init=False)
    account: str = field(
        default="compute in front of a loop what its iterations have in common", init=False
    )

    def __call__(self, graph: Graph, history: History | None = None) -> Graph:
        if not any(map(_has_invariants, _within(graph))):
            return graph
        return order_regions(_hoisted_within(graph))


@dataclass(frozen=True, slots=True)
class Dce:
    """Drop what no result needs, results of regions included."""

    name: str = field(default="dce", init=False)
    account: str = field(default="drop what no result needs", init=False)

    def __call__(self, graph: Graph, history: History | None = None) -> Graph:
        live = close(graph.name, graph.inputs, graph.outputs, graph.states)
        if any(map(_has_unused, live.nodes)) or _makes_unused(live):
            live = order_regions(live)
        return live if len(live.nodes) != len(graph.nodes) or live.nodes != graph.nodes else graph


def passes(rounding: bool = False) -> tuple[Pass, ...]:
    """The passes of `optimize`, in order."""
    return (Simplify(rounding), Cse(), Hoist(), Dce())


# --- common sub-expressions ---


def _merged(graph: Graph) -> Graph:
    new: dict[Value, Value] = {}
    known: dict[Hashable, Node] = {}
    for node in graph.nodes:
        inputs = tuple([new.get(v, v) for v in node.inputs]) if new else node.inputs
        regions = tuple([_merged(region) for region in node.regions])
        key = (
            node.op,
            inputs[::-1] if node.op.commutative and id(inputs[0]) > id(inputs[1]) else inputs,
            _attrs(node),
            tuple([region.fingerprint() for region in regions]),
        )
        same = known.get(key)
        if same is not None and all(
            a.type == b.type for a, b in zip(same.outputs, node.outputs, strict=True)
        ):
            new.update(zip(node.outputs, same.outputs, strict=True))
            continue
        if inputs != node.inputs or any(
            a is not b for a, b in zip(regions, node.regions, strict=True)
        ):
            types = [v.type for v in node.outputs]
            copy = Node(node.op, inputs, node.attrs, types, node.location, regions)
            for old, value in zip(node.outputs, copy.outputs, strict=True):
                value.hint = old.hint
                new[old] = value
            node = copy
        known.setdefault(key, node)
    return _replaced(graph, new)


def _attrs(node: Node) -> Hashable:
    attrs = node.attrs
    if not attrs:
        return ()
    value = attrs.get("value")
    if isinstance(value, np.ndarray) and value.nbytes > LARGE:
        return id(value)
    return key_of(attrs)


def _replaced(graph: Graph, new: dict[Value, Value]) -> Graph:
    if not new:
        return graph
    return close(
        graph.name,
        graph.inputs,
        [new.get(v, v) for v in graph.outputs],
        [State(s.slot, s.input, new.get(s.output, s.output)) for s in graph.states],
    )


# --- loops ---


def _within(graph: Graph) -> list[Node]:
    """The nodes of a graph and of its regions."""
    found = list(graph.nodes)
    for node in graph.nodes:
        for region in node.regions:
            found += _within(region)
    return found


def _has_invariants(node: Node) -> bool:
    """Whether an iteration computes something from captures alone."""
    if node.op not in (SCAN, WHILE):
        return False
    loop = Loop.of(node)
    local = loop.varying.union(*map(made_symbols, loop.body.nodes))
    outside = set(loop.body.inputs[loop.first_capture :])
    for inner in loop.body.nodes:
        if not local.isdisjoint(attr_symbols(inner)):
            continue
        if not inner.inputs and not inner.regions:
            outside.update(inner.outputs)
        elif inner.op.kind not in _STAYS and outside.issuperset(inner.inputs):
            return True
    return False


def _hoisted_within(graph: Graph) -> Graph:
    """Regions first: what leaves an inner loop may leave the outer one too."""
    new: dict[Value, Value] = {}
    for node in graph.nodes:
        inputs = [new.get(v, v) for v in node.inputs]
        regions = [
            order_regions(_hoisted_within(region))
            if any(map(_has_invariants, _within(region)))
            else region
            for region in node.regions
        ]
        if inputs == [*node.inputs] and regions == [*node.regions]:
            continue
        types = [v.type for v in node.outputs]
        copy = Node(node.op, inputs, node.attrs, types, node.location, regions)
        for old, value in zip(node.outputs, copy.outputs, strict=True):
            value.hint = old.hint
            new[old] = value
    return _replaced(graph, new)


def _has_unused(node: Node) -> bool:
    """Whether a node with regions takes something that none of them uses."""
    if node.op.kind is not Kind.CONTROL or not node.regions:
        return False
    first = Loop.of(node).first_capture if node.op in (SCAN, WHILE) else 0
    used: set[int] = set()
    for region in node.regions:
        at = {v: i for i, v in enumerate(region.inputs)}
        values: Sequence[Value] = [*(v for n in region.nodes for v in n.inputs), *region.outputs]
        used.update(at[v] for v in values if v in at)
    return any(i not in used for i in range(first, len(node.regions[-1].inputs)))


def _makes_unused(graph: Graph) -> bool:
    """Whether a branch, or a loop beside its carries, makes something that nobody uses."""
    made: list[Value] = []
    for node in graph.nodes:
        if node.op.kind is Kind.CONTROL and node.regions:
            made += node.outputs[Loop.of(node).carries if node.op in (SCAN, WHILE) else 0 :]
    if not made:
        return False
    used = {v for node in graph.nodes for v in node.inputs}.union(graph.results)
    return not used.issuperset(made)
