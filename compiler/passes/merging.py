"""Loops over the same operands that compute the same are one loop.

Reverse mode runs a loop again to stack what the backward loop needs (`control.reversing`). Where two loops agree in
their carries, one loop with the results of both does the work of the two.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..control import SCAN, WHILE
from ..control.loops import Loop
from ..dispatch import Building
from ..ir import Attr, Graph, Node, Value
from .rebuilding import rebuilt


def merge_loops(graph: Graph) -> Graph:
    """Make one loop of those that only differ in what they stack."""
    groups: dict[Hashable, list[Node]] = {}
    for node in graph.nodes:
        if node.op in (SCAN, WHILE):
            key = (node.op.name, node.inputs, key_of(node.attrs))
            groups.setdefault(key, []).append(node)
    merged: dict[Node, _Merged] = {}
    for nodes in groups.values():
        if len(nodes) > 1:
            for one in _merge(nodes):
                merged.update((node, one) for node in one.places if len(one.places) > 1)
    if not merged:
        return graph
    made: dict[int, Sequence[Value]] = {}

    def rebuild(builder: Building, node: Node, operands: Sequence[Value]) -> list[Value] | None:
        one = merged.get(node)
        if one is None:
            return None
        if id(one) not in made:
            regions = [*node.regions[:-1], one.body]
            made[id(one)] = builder.node(node.op, operands, node.attrs, regions).outputs
        return [made[id(one)][i] for i in one.places[node]]

    return rebuilt(graph, rebuild)


@dataclass(frozen=True, slots=True)
class _Merged:
    """One loop for several nodes: its body, and which of its outputs stand for each node's."""

    body: Graph
    places: Mapping[Node, Sequence[int]]


def _merge(nodes: Sequence[Node]) -> list[_Merged]:
    left = list(nodes)
    found = []
    while left:
        first, *others = left
        one = _Union(first)
        left = [node for node in others if not one.add(node)]
        found.append(one.merged())
    return found


class _Union:
    """Bodies over the same inputs, in which equal nodes are one."""

    def __init__(self, node: Node) -> None:
        self.loop = Loop.of(node)
        body = self.loop.body
        self.nodes: list[Node] = []
        self.made: dict[Hashable, Node] = {}
        outputs = self._take(body, dict(zip(body.inputs, body.inputs, strict=True)))
        self.outputs: dict[Value, None] = dict.fromkeys(outputs[self.loop.carries :])
        self.carried = outputs[: self.loop.carries]
        self.condition = _conditions(node)
        self.results = {node: outputs}

    def add(self, node: Node) -> bool:
        """Take the loop in; False where its carries or its condition are computed in another way."""
        body = node.regions[-1]
        if [v.type for v in body.inputs] != [v.type for v in self.loop.body.inputs]:
            return False
        if _conditions(node) != self.condition:
            return False
        before = len(self.nodes), dict(self.made)
        outputs = self._take(body, dict(zip(body.inputs, self.loop.body.inputs, strict=True)))
        if outputs[: self.loop.carries] != self.carried:
            del self.nodes[before[0] :]
            self.made = before[1]
            return False
        self.outputs.update(dict.fromkeys(outputs[self.loop.carries :]))
        self.results[node] = outputs
        return True

    def _take(self, body: Graph, values: dict[Value, Value]) -> list[Value]:
        for node in body.nodes:
            operands = tuple(values[v] for v in node.inputs)
            regions = tuple(region.fingerprint() for region in node.regions)
            key = (node.op.name, operands, key_of(node.attrs), regions)
            same = self.made.get(key)
            if same is None:
                types = [v.type for v in node.outputs]
                same = Node(node.op, operands, node.attrs, types, node.location, node.regions)
                for old, new in zip(node.outputs, same.outputs, strict=True):
                    new.hint = old.hint
                self.made[key] = same
                self.nodes.append(same)
            values.update(zip(node.outputs, same.outputs, strict=True))
        return [values[v] for v in body.outputs]

    def merged(self) -> _Merged:
        body, n = self.loop.body, self.loop.carries
        stacks = list(self.outputs)
        whole = Graph(body.name, body.inputs, (), tuple(self.nodes), (*self.carried, *stacks))
        at = {v: n + i for i, v in enumerate(stacks)}
        return _Merged(
            whole,
            {
                node: [*range(n), *(at[v] for v in outputs[n:])]
                for node, outputs in self.results.items()
            },
        )


def _conditions(node: Node) -> tuple[str, ...]:
    return tuple(region.fingerprint() for region in node.regions[:-1])


def key_of(attrs: Mapping[str, Attr]) -> Hashable:
    """Attributes as something that can be compared: equal arrays are equal, 0.0 and -0.0 are not."""
    return tuple((name, _key(attrs[name])) for name in sorted(attrs))


def _key(attr: Attr) -> Hashable:
    if isinstance(attr, np.ndarray):
        return (attr.dtype.str, attr.shape, attr.tobytes())
    if isinstance(attr, tuple):
        return tuple(map(_key, attr))
    if isinstance(attr, (bool, int, float)):
        return type(attr), repr(attr)
    return attr
