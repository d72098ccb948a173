"""Whose memory a value may be a part of.

Views share memory with what they look at. So do the results of branches and loops: a branch may give an operand back,
and a loop that makes no iteration gives back what it started with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..compiler.ir import Graph, Node, Value
from ..compiler.ops import Kind
from .layouts import is_constant
from .regions import Loop, is_cond, is_loop

_WHOLE = {"reshape", "transpose", "flip", "stop_gradient"}
"""Views that show each element of their operand once."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the elements of a value may lie.

    Attributes:
        roots: values that were given, or for which memory was allocated. A value is its own only root where its memory
            was allocated for it.
        whole: False where it may be a part of its root (which would keep all of it alive), or repeat elements.
    """

    roots: frozenset[Value]
    whole: bool = True

    def __or__(self, other: Memory) -> Memory:
        return Memory(self.roots | other.roots, self.whole and other.whole)


Memories = dict[Value, Memory]


def own(value: Value) -> Memory:
    """The memory of a value that shares none."""
    return Memory(frozenset((value,)))


def memories(
    graph: Graph,
    nodes: Iterable[Node],
    inside: Mapping[Node, Sequence[Memories]],
    slots: Mapping[Node, Value],
) -> Memories:
    """The memory of every parameter and of every value that the nodes compute.

    Args:
        nodes: in the order in which they run.
        inside: the memory of what the regions of a node compute, as this function gives it for each.
        slots: the stacked value that a node's result is written into.
    """
    known = {v: own(v) for v in graph.parameters}
    for node in nodes:
        if is_cond(node):
            found = _branches(node, known, inside[node])
        elif is_loop(node):
            found = _loop(Loop(node), known, inside[node][-1])
        elif node in slots:
            found = [Memory(frozenset((slots[node],)), whole=False)]
        elif node.op.view:
            source = known[node.inputs[0]]
            found = [Memory(source.roots, source.whole and node.op.name in _WHOLE)]
        elif node.op.kind is Kind.CONTROL:
            shared = frozenset().union(*(known[v].roots for v in node.inputs))
            found = [Memory(shared | {v}) for v in node.outputs]
        else:
            found = [own(v) for v in node.outputs]
        known.update(zip(node.outputs, found, strict=True))
    return known


def _branches(node: Node, known: Memories, inside: Sequence[Memories]) -> list[Memory]:
    found: list[Memory] = []
    for region, within in zip(node.regions, inside, strict=True):
        given = dict(zip(region.inputs, [known[v] for v in node.inputs[1:]], strict=True))
        ends = [_seen_outside(within[v], given) for v in region.outputs]
        found = [a | b for a, b in zip(found, ends, strict=True)] if found else ends
    return _renamed(node, found, known)


def _loop(loop: Loop, known: Memories, within: Memories) -> list[Memory]:
    node, body = loop.node, loop.body
    given = dict(zip(body.inputs, [known[v] for v in node.inputs], strict=True))
    for i in loop.sequences:
        given[body.inputs[i]] = Memory(known[node.inputs[i]].roots, whole=False)
    carried = body.inputs[: loop.carries]
    while True:
        before = [given[v] for v in carried]
        for value, end in zip(carried, body.outputs[: loop.carries], strict=True):
            given[value] |= _seen_outside(within[end], given)
        if before == [given[v] for v in carried]:
            break
    return _renamed(node, [*before, *map(own, loop.stacked)], known)


def _seen_outside(memory: Memory, given: Mapping[Value, Memory]) -> Memory:
    """The memory of a value in a region, in terms of what the region was given."""
    roots: set[Value] = set()
    whole = memory.whole
    for root in memory.roots:
        if root in given:
            roots |= given[root].roots
            whole &= given[root].whole
        else:
            roots.add(root)
    return Memory(frozenset(roots), whole)


def _renamed(node: Node, found: list[Memory], known: Memories) -> list[Memory]:
    """The memory of a node's outputs, where the first output that has what a region allocated stands for it."""
    outside = {root for v in node.inputs for root in known[v].roots}
    holders: dict[Value, Value] = {v: v for v in node.outputs}

    def holder(root: Value, value: Value) -> Value:
        if root in outside or (root.producer is not None and is_constant(root.producer)):
            return root
        return holders.setdefault(root, value)

    return [
        Memory(frozenset(holder(root, value) for root in memory.roots), memory.whole)
        for value, memory in zip(node.outputs, found, strict=True)
    ]
