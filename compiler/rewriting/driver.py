"""The one driver: rules are applied to a fixed point, from the operands to the users.

A node is rewritten when its operands are already in normal form, and what a rule builds goes through the rules as it is
built. So one walk over a graph reaches the fixed point of all rules that look at a node and what is below it, in time
linear in the size of the graph; endless rewriting shows as rules within rules, which is what the budget bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter

import numpy as np

from ..control.sizes import attr_symbols, made_symbols
from ..dispatch import Array, using
from ..errors import GraphError, Place
from ..ir import Attrs, Graph, Node, State, TensorType, Value, close
from ..ops import FULL, Op, broadcast_to
from ..passes.rebuilding import Rebuilding
from .history import Entry, History
from .rule import Of, Replacement, Rule, fills

BUDGET = 40
"""Rules within rules, at one node, after which they are said to loop."""


class RewriteLoop(GraphError):
    """Rules that undo each other."""


class Table:
    """Rules by the operation at their root."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_root: dict[Op, list[Rule]] = {}
        for one in self.rules:
            for root in one.roots:
                self._by_root.setdefault(root, []).append(one)
        self.of = self._by_root.get


class Rewriter(Rebuilding):
    """A graph that grows in normal form.

    Attributes:
        uses: how many users each value has in the graph that is rewritten; a value that a rule makes has none noted.
    """

    def __init__(self, name: str, table: Table, history: History | None) -> None:
        super().__init__(name)
        self.table = table
        self.history = history
        self.uses: dict[Value, int] = {}
        self.fired = 0
        self._chain: list[str] = []

    def once(self, value: Value) -> bool:
        """Whether a value has one user at most."""
        return self.uses.get(value, 1) <= 1

    def apply(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> Value:
        return self.simplified(self.node(op, inputs, attrs, regions))[0]

    def node(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> Node:
        # It is found from its users; and where the node that it stands for has no line, neither has it.
        return self.made(op, inputs, attrs, regions, self.at)

    def number(self, number: float, type: TensorType) -> Value:
        """A tensor of that type, all of whose elements are one number."""
        if not type.shape:
            return self.constant(np.asarray(number, type.dtype.numpy))
        return self.apply(FULL, (), {"value": number, "shape": type.shape, "dtype": type.dtype})

    def simplified(self, node: Node) -> Sequence[Value]:
        """What stands for a node's outputs when no rule applies any more."""
        rules = self.table.of(node.op)
        if rules is None:
            return node.outputs
        for one in rules:
            if one.of is not Of.ANY and not (node.inputs and one.of.has(node.inputs[0].dtype)):
                continue
            start = perf_counter() if self.history is not None else 0.0
            self._chain.append(one.name)
            if len(self._chain) > BUDGET:
                raise self._loops(node)
            made = self._fitted(node, one.rewrite(node, self))
            self._chain.pop()
            if made is None:
                continue
            self.fired += 1
            if self.history is not None:
                seconds = perf_counter() - start
                self.history.entries.append(Entry(one.name, node.location, node, made, seconds))
            return made
        return node.outputs

    def _fitted(self, node: Node, made: Replacement) -> tuple[Value, ...] | None:
        """The replacement, broadcast to the types that the node's users expect; None where it is of other types."""
        if made is None:
            return None
        values: tuple[Value, ...] = (made,) if isinstance(made, Value) else tuple(made)  # type: ignore[arg-type]
        if all(new.type == old.type for new, old in zip(values, node.outputs, strict=True)):
            return values
        fitted = []
        for new, old in zip(values, node.outputs, strict=True):
            if new.dtype is not old.dtype or not fills(new.shape, old.shape):
                return None
            fitted.append(new if new.type == old.type else broadcast_to(new, old.shape))
        return tuple(fitted)  # type: ignore[arg-type]

    def _loops(self, node: Node) -> RewriteLoop:
        looping = list(dict.fromkeys(self._chain[BUDGET // 2 :]))
        place = (Place("the node was made here", node.location),) if node.location else ()
        return RewriteLoop(
            f"rules undo each other at {node.op.name}: " + "; ".join(looping),
            places=place,
            hint="make one of them apply to less, or leave it out",
        )


def rewrite(graph: Graph, table: Table, history: History | None = None) -> Graph:
    """The graph in normal form under the rules, regions included; the graph itself where none applies.

    Inputs and states stay the same values, and so do nodes that nothing changes for. New nodes have the location of the
    node that they stand for.

    Raises:
        RewriteLoop: rules undo each other; they are named.
    """
    builder = Rewriter(graph.name, table, history)
    uses = builder.uses
    for node in graph.nodes:
        for value in node.inputs:
            uses[value] = uses.get(value, 0) + 1
    for value in graph.results:
        uses[value] = uses.get(value, 0) + 1
    new: dict[Value, Value] = {}
    with using(builder):
        for node in graph.nodes:
            builder.at = node.location
            current = _copied(node, new, table, history)
            made = builder.simplified(current)
            if made is node.outputs:
                continue
            for old, value in zip(node.outputs, made, strict=True):
                if value is old:
                    continue
                new[old] = value
                uses[value] = uses.get(value, 0) + uses.get(old, 0)
                if not value.hint and value.owner is builder:
                    value.hint = old.hint
    if not new:
        return graph
    return _closed(graph, new)


def _copied(node: Node, new: dict[Value, Value], table: Table, history: History | None) -> Node:
    """The node on rewritten operands, with rewritten regions; the node itself where nothing is new."""
    inputs = [new.get(v, v) for v in node.inputs] if new else node.inputs
    regions = [rewrite(region, table, history) for region in node.regions]
    same = all(a is b for a, b in zip(regions, node.regions, strict=True))
    if same and all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
        return node
    types = [v.type for v in node.outputs]
    copy = Node(node.op, inputs, node.attrs, types, node.location, regions)
    for old, value in zip(node.outputs, copy.outputs, strict=True):
        value.hint = old.hint
    return copy


def _closed(graph: Graph, new: dict[Value, Value]) -> Graph:
    made = close(
        graph.name,
        graph.inputs,
        [new.get(v, v) for v in graph.outputs],
        [State(s.slot, s.input, new.get(s.output, s.output)) for s in graph.states],
    )
    return made if _knows_sizes(graph, made) else graph


def _knows_sizes(before: Graph, after: Graph) -> bool:
    """Whether every size that a node found out, and that is still used, is still found out."""
    found = {s for node in before.nodes for s in made_symbols(node)}
    if not found:
        return True
    kept = {s for node in after.nodes for s in made_symbols(node)}
    used = {s for node in after.nodes for s in attr_symbols(node)}
    return not (found - kept) & used
