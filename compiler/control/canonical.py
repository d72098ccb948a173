"""One form for a loop or a branch, whoever wrote it.

Captures that are not used are dropped, one captured twice is captured once, and they stand in the order of their first
use. Loops lose what does not change in them: a carry that stays as it is becomes a capture, and nodes that depend on
captures alone are computed once, in front of the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..dispatch import Building
from ..ir import Graph, Node, Value, close, live_nodes
from ..ir.fingerprint import canonical_entries
from ..ops import Kind
from .sizes import attr_symbols, made_symbols

_STAYS = {Kind.CONTROL, Kind.RANDOM, Kind.INDEXING}
"""What is not moved in front of a loop: it may fail, and the loop may make no iteration."""


class Canonical:
    """Copies of regions that share one list of captures.

    Args:
        builder: where the node with the regions will stand.
        hoist: whether invariant nodes move there.
        varying: symbols that stand for another size in every iteration.
    """

    def __init__(self, builder: Building, hoist: bool, varying: Collection[str] = ()) -> None:
        self.builder = builder
        self.hoist = hoist
        self.varying = frozenset(varying)
        self.captures: dict[Value, None] = {}
        """The values that all copies together use, in the order of their first use."""
        self._copies: list[_Copy] = []

    def add(
        self, region: Graph, parameters: Sequence[Value], captures: Mapping[Value, Value]
    ) -> None:
        """Copy a region.

        Args:
            parameters: inputs that differ from iteration to iteration, in order.
            captures: the value outside for each other input that is used.
        """
        self._copies.append(_Copy(self, region, parameters, captures))

    def regions(self) -> list[Graph]:
        """The copies; each takes its parameters and then all captures."""
        return [copy.close(list(self.captures)) for copy in self._copies]


class _Copy:
    def __init__(
        self,
        owner: Canonical,
        region: Graph,
        parameters: Sequence[Value],
        captures: Mapping[Value, Value],
    ) -> None:
        self.owner = owner
        self.body = Building(region.name)
        self.name = region.name
        self.inside = {v: self.body.input(v.type, v.hint, v.location) for v in parameters}
        self.parameters = list(self.inside.values())
        self.outside = dict(captures)
        self.inputs: dict[Value, Value] = {}
        """The input for each captured value."""
        self.local = owner.varying.union(*map(made_symbols, region.nodes))
        """Symbols whose sizes nothing in front of the loop knows."""
        for node in live_nodes(region.outputs):
            if _is_free(node):
                continue
            if (
                owner.hoist
                and node.op.kind not in _STAYS
                and self.local.isdisjoint(attr_symbols(node))
                and all(map(self._is_outside, node.inputs))
            ):
                made = _emit(owner.builder, node, [self._outer(v) for v in node.inputs])
                self.outside.update(zip(node.outputs, made.outputs, strict=True))
            else:
                made = _emit(self.body, node, [self._inner(v) for v in node.inputs])
                self.inside.update(zip(node.outputs, made.outputs, strict=True))
        self.outputs = [self._inner(v) for v in region.outputs]

    def _is_outside(self, value: Value) -> bool:
        if value in self.outside:
            return True
        node = value.producer
        return node is not None and _is_free(node) and self.local.isdisjoint(attr_symbols(node))

    def _outer(self, value: Value) -> Value:
        if value not in self.outside:
            assert value.producer is not None
            self.outside[value] = _emit(self.owner.builder, value.producer, ()).outputs[value.index]
        return self.outside[value]

    def _inner(self, value: Value) -> Value:
        known = self.inside.get(value)
        if known is not None:
            return known
        source = self.outside.get(value, value)
        if source.producer is not None and _is_free(source.producer):
            made = _emit(self.body, source.producer, ()).outputs[source.index]
        else:
            made = self.capture(source)
        self.inside[value] = made
        return made

    def capture(self, outer: Value) -> Value:
        """The input that stands for a value outside."""
        if outer not in self.inputs:
            self.owner.captures.setdefault(outer)
            self.inputs[outer] = self.body.input(outer.type, outer.hint, outer.location)
        return self.inputs[outer]

    def close(self, captures: Sequence[Value]) -> Graph:
        inputs = [*self.parameters, *map(self.capture, captures)]
        return close(self.name, inputs, self.outputs)


def carry_order(body: Graph, carries: Sequence[int]) -> list[int]:
    """The carries in an order that depends on what becomes of each, and not on the order in which they were given.

    Reverse mode adds up what comes from several carries in this order. Backward through the iterations written out
    comes to the carries of an iteration in the order in which the next iteration uses them: so, where that settles,
    does this.
    """
    if len(carries) < 2:
        return list(carries)
    order = sorted(carries, key=lambda i: _becomes(body, i))
    for _ in order:
        following = _used_order(body, order)
        if following == order:
            break
        order = following
    return order


def _used_order(body: Graph, order: Sequence[int]) -> list[int]:
    """The carries in the order in which a walk from what they become, in the given order, comes to them."""
    results = [body.outputs[i] for i in order]
    places = {body.inputs[i]: i for i in order}
    used = (v for node in live_nodes(results) for v in node.inputs)
    met = dict.fromkeys(places[v] for v in (*used, *results) if v in places)
    return [*met, *(i for i in order if i not in met)]


def _becomes(body: Graph, carry: int) -> tuple[str, str]:
    """What a carry becomes: first without sizes, so that loops of other sizes have their carries in the same order."""
    result, own = body.outputs[carry], body.inputs[carry]
    nodes = live_nodes((result,))
    used = dict.fromkeys((own, *(v for n in nodes for v in n.inputs if v.producer is None), result))
    inputs = tuple(v for v in used if v.producer is None)
    graph = Graph("carry", inputs, (), tuple(nodes), (result,))
    structure = [
        (e.op, ["" if o.startswith("<") else o for o in e.operands])
        for e in canonical_entries(graph)
    ]
    return str(structure), graph.fingerprint()


def _is_free(node: Node) -> bool:
    """Whether no operand decides the node's value: a constant, a size."""
    return not node.inputs and not node.regions


def _emit(builder: Building, node: Node, operands: Sequence[Value]) -> Node:
    before, builder.at = builder.at, node.location
    try:
        made = builder.node(node.op, operands, node.attrs, node.regions)
    finally:
        builder.at = before
    for old, new in zip(node.outputs, made.outputs, strict=True):
        new.hint = old.hint
    return made
