"""A sum over a list of what a loop made is summed in the loop, as it is where the program adds up as it goes."""

from __future__ import annotations

from collections.abc import Sequence

from ..control import SCAN, Traced, make_scan
from ..dispatch import Building
from ..ir import Graph, Node, State, Value, close
from ..ops import Kind
from ..tracing.path import Check, Path

__all__ = ["fuse"]

_SHORT = 2
"""How many operations a loop may have that is taken into the one before it."""


def fuse(path: Path) -> Path:
    """Take short elementwise loops over what another loop stacks into that loop. The path itself if there are none."""
    while (pair := _pair(path)) is not None:
        path = _fused(path, *pair)
    return path


def _pair(path: Path) -> tuple[Node, Node] | None:
    """A loop, and a later one that can be taken into it."""
    places = {node: at for at, node in enumerate(path.nodes)}
    for second in path.nodes:
        if second.op is not SCAN or not _is_short(second):
            continue
        for value in _sequences(second):
            first = value.producer
            if first is None or first.op is not SCAN or not _alike(first, second):
                continue
            between = range(places[first] + 1, places[second] + 1)
            stacks = [v for v in _sequences(second) if v.producer is first]
            others = [v for v in second.inputs if v not in stacks]
            if any(v.index < _carries(first) for v in stacks) or first in {
                v.producer for v in others
            }:
                continue
            late = _dependents(first, [path.nodes[at] for at in between])
            looks = any(c.at in between for c in path.checks)
            if not looks and not any(v.producer in late for v in others):
                return first, second
    return None


def _fused(path: Path, first: Node, second: Node) -> Path:
    """The path with one loop in place of two; what needs the first one moves behind it."""
    builder = Building(path.name)
    new: dict[Value, Value] = {}
    start, end = path.nodes.index(first), path.nodes.index(second)
    between = path.nodes[start + 1 : end]
    late = _dependents(first, between)
    builder.nodes += [*path.nodes[:start], *(n for n in between if n not in late)]
    used = {v for n in path.nodes if n is not second for v in n.inputs}
    used |= {*path.outputs, *(s.output for s in path.states), *(c.value for c in path.checks)}
    builder.at = first.location
    new.update(_one(builder, first, second, used))
    for node in (*(n for n in between if n in late), *path.nodes[end + 1 :]):
        inputs = [new.get(v, v) for v in node.inputs]
        if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            builder.nodes.append(node)
            continue
        types = [v.type for v in node.outputs]
        made = Node(node.op, inputs, node.attrs, types, node.location, node.regions)
        for old, value in zip(node.outputs, made.outputs, strict=True):
            value.hint = old.hint
            new[old] = value
        builder.nodes.append(made)
    for node in builder.nodes:
        for value in node.outputs:
            value.owner = None
    more = len(builder.nodes) - len(path.nodes)
    return Path(
        path.name,
        path.inputs,
        tuple([State(s.slot, s.input, new.get(s.output, s.output)) for s in path.states]),
        tuple(builder.nodes),
        tuple(
            [
                Check(
                    c.at + (more if c.at > start else 0),
                    new.get(c.value, c.value),
                    c.expected,
                    c.location,
                )
                for c in path.checks
            ]
        ),
        tuple([new.get(v, v) for v in path.outputs]),
    )


def _one(builder: Building, first: Node, second: Node, used: set[Value]) -> dict[Value, Value]:
    """Append a loop that does what two do; gives its outputs for theirs, as far as they are used."""
    body = Building("body")
    inner: dict[Value, Value] = {}
    parts = [_parts(first), _parts(second)]
    regions = [first.regions[0], second.regions[0]]
    operands: list[list[Value]] = [[], [], []]
    inputs: list[list[Value]] = [[], [], []]
    for node, region, sizes in zip((first, second), regions, parts, strict=True):
        kinds = [0] * sizes[0] + [1] * sizes[1] + [2] * (len(node.inputs) - sum(sizes))
        for operand, value, kind in zip(node.inputs, region.inputs, kinds, strict=True):
            if kind == 1 and operand.producer is first:
                inner[value] = inner[regions[0].outputs[operand.index]]
                continue
            inner[value] = body.input(value.type, value.hint, value.location)
            operands[kind].append(operand)
            inputs[kind].append(inner[value])
        _copy(region, body, inner)
    carries = [
        inner[r.outputs[i]] for r, s in zip(regions, parts, strict=True) for i in range(s[0])
    ]
    kept = [
        (node.outputs[i], inner[region.outputs[i]])
        for node, region, sizes in zip((first, second), regions, parts, strict=True)
        for i in range(sizes[0], len(node.outputs))
        if node.outputs[i] in used
    ]
    flat = [*inputs[0], *inputs[1], *inputs[2]]
    graph = close("body", flat, [*carries, *(v for _, v in kept)])
    made = make_scan(
        builder, Traced(graph, tuple(operands[2])), operands[0], operands[1],
        first.outputs[_carries(first)].shape[0], bool(first.attrs["reverse"]),
    )  # fmt: skip
    ends = [*first.outputs[: parts[0][0]], *second.outputs[: parts[1][0]]]
    return dict(zip([*ends, *(v for v, _ in kept)], made, strict=True))


def _copy(region: Graph, body: Building, inner: dict[Value, Value]) -> None:
    for node in region.nodes:
        body.at = node.location
        made = body.node(node.op, [inner[v] for v in node.inputs], node.attrs, node.regions)
        inner.update(zip(node.outputs, made.outputs, strict=True))


def _dependents(first: Node, nodes: Sequence[Node]) -> set[Node]:
    """Those of the nodes that need the first one."""
    found = {first}
    for node in nodes:
        if any(v.producer in found for v in node.inputs):
            found.add(node)
    return found - {first}


def _is_short(node: Node) -> bool:
    nodes = [n for n in node.regions[0].nodes if n.inputs]
    return len(nodes) <= _SHORT and all(n.op.kind is Kind.ELEMENTWISE for n in nodes)


def _alike(first: Node, second: Node) -> bool:
    same = all(first.attrs[k] == second.attrs[k] for k in ("length", "reverse"))
    return same and len(first.outputs) > _carries(first)


def _parts(node: Node) -> tuple[int, int]:
    sequences = node.attrs["sequences"]
    assert isinstance(sequences, int)
    return _carries(node), sequences


def _carries(node: Node) -> int:
    carries = node.attrs["carries"]
    assert isinstance(carries, int)
    return carries


def _sequences(node: Node) -> Sequence[Value]:
    carries, sequences = _parts(node)
    return node.inputs[carries : carries + sequences]
