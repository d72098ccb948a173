"""The graphs of a page: what is drawn, where in which script it was written, and how it nests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..compiler.control import Roles, roles
from ..compiler.ir import Graph, Node, Value
from ..compiler.location import Location
from ..compiler.text.literals import show_attr, show_type
from ..compiler.text.printer import Names, name_values, show_node
from .identity import Identity, identify
from .nesting import Box, Item, nest

SMALL = 4
"""Constants of at most so many elements are written into what uses them."""
LONG = 48
"""Attributes are cut at this length in a box, and the text of an operation at ten times as much."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One box of the picture that holds no other.

    Attributes:
        id: see `identity`.
        label: the operation, or the name of an input or state.
        kind: the operation's kind; ``input``, ``state``, ``output``, ``written`` for the ends of a graph.
        detail: attributes and operands that have no edge.
        text: the node as the text IR writes it.
        types: of what it makes.
        where: for each script that wrote it, file and line.
        lines: for each script that wrote it, its lines there.
        relation: how it relates to the other graph, where the graphs differ.
    """

    id: str
    label: str
    kind: str
    detail: tuple[str, ...]
    text: str
    types: tuple[str, ...]
    where: Mapping[str, str]
    lines: Mapping[str, tuple[int, ...]]
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One graph of ``count`` nodes: what is drawn, and the boxes it stands in, of which ``root`` holds all.

    Edges are ``(from, to, type)``.
    """

    title: str
    key: str
    name: str
    fingerprint: str
    count: int
    nodes: Mapping[str, Drawn]
    edges: tuple[tuple[str, str, str], ...]
    boxes: Mapping[str, Box]


def pictures(
    graphs: tuple[Graph, Graph],
    keys: tuple[str, str],
    scripts: tuple[Path, Path],
    title: str = "",
    prefix: str = "",
) -> tuple[Picture, ...]:
    """One picture where the graphs are the same, with the lines of both scripts on its nodes; else two.

    Args:
        graphs: the same graph as both programs built it, or two that differ.
        keys: how the two sides are called.
        scripts: the files whose lines count.
        title: what the picture is called where there is one; two are called after their keys.
        prefix: what ids begin with.
    """
    first, second = graphs
    if first.fingerprint() == second.fingerprint():
        sides = [
            _Collecting(graph, identify(graph, prefix=prefix), key, script.resolve()).run()
            for graph, key, script in zip(graphs, keys, scripts, strict=True)
        ]
        return (_picture(first, keys[0], title, sides[0], sides[1]),)
    ids = identify(first), identify(second)
    ids[0].relations.update(identify(first, (second, ids[1])).relations)
    ids = ids[0], identify(second, (first, ids[0]))
    sides = [
        _Collecting(graph, identity, key, script.resolve()).run()
        for graph, identity, key, script in zip(graphs, ids, keys, scripts, strict=True)
    ]
    return tuple(
        _picture(graph, key, key, mine, others)
        for graph, key, mine, others in zip(graphs, keys, sides, reversed(sides), strict=True)
    )


def picture(graph: Graph, key: str, script: Path, identity: Identity | None = None) -> Picture:
    """One graph alone, with the lines of one script."""
    found = _Collecting(graph, identity or identify(graph), key, script.resolve()).run()
    return _picture(graph, key, key, found, None)


@dataclass
class _Collected:
    drawn: dict[str, Drawn] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], None] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)


def _picture(
    graph: Graph, key: str, title: str, mine: _Collected, others: _Collected | None
) -> Picture:
    nodes = mine.drawn
    if others is not None:
        nodes = {id: _joined(node, others.drawn.get(id)) for id, node in nodes.items()}
    edges = tuple(mine.edges)
    return Picture(
        title,
        key,
        graph.name,
        graph.fingerprint(),
        len(graph.nodes),
        nodes,
        edges,
        nest(mine.items, edges),
    )


def _joined(node: Drawn, other: Drawn | None) -> Drawn:
    """A node with what the other side says of where it was written."""
    if other is None:
        return node
    return replace(node, where={**other.where, **node.where}, lines={**other.lines, **node.lines})


class _Collecting:
    """Reads one graph, regions included."""

    def __init__(self, graph: Graph, identity: Identity, key: str, script: Path) -> None:
        self.graph = graph
        self.identity = identity
        self.key = key
        self.script = script
        self.own: dict[str, bool] = {}
        self.found = _Collected()

    def run(self) -> _Collected:
        self.walk(self.graph, "", None)
        return self.found

    def walk(self, graph: Graph, owner: str, said: Roles | None) -> None:
        """Draw a graph; ``owner`` is the id of the box of a region, ``said`` what its ends are to its node."""
        roles_in = said.inputs if said else ("",) * len(graph.parameters)
        roles_out = said.outputs if said else ("",) * len(graph.outputs)
        names = name_values(graph)
        shown: dict[Value, str] = {}
        computing = _ancestors(graph.outputs)
        trains = not owner and any(s.changes for s in graph.states) and bool(graph.outputs)
        forward_lines = {n.location.line for n in computing if n.location is not None}
        slots = {s.input: s.slot for s in graph.states}
        for value, role in zip(graph.parameters, roles_in, strict=True):
            kind = "state" if value in slots else "input"
            name = slots.get(value) or value.hint or names[value][1:]
            self.end(self.identity.values[value], name, kind, value, owner, role)
            shown[value] = self.identity.values[value]
        for node in graph.nodes:
            if node not in self.identity.nodes or (
                _is_inline(node) and not _is_result(node, graph)
            ):
                continue
            id = self.identity.nodes[node]
            shown.update((v, id) for v in node.outputs)
            phase = ""
            if trains and node not in computing:
                line = node.location.line if node.location is not None else -1
                phase = "backward" if line in forward_lines else "update"
            elif trains:
                phase = "forward"
            if id in self.found.drawn:
                continue  # a constant that was written twice
            self.node(id, node, names, shown, phase, owner)
            for k, (region, said) in enumerate(zip(node.regions, roles(node), strict=True)):
                self.region(region, f"{id}.{k}", id, said)
        ends = (*graph.outputs, *(s.output for s in graph.states))
        for i, (value, id) in enumerate(zip(ends, self.identity.results[graph], strict=True)):
            if i < len(graph.outputs):
                self.end(id, value.hint or f"output {i}", "output", value, owner, roles_out[i])
            elif value is not (state := graph.states[i - len(graph.outputs)]).input:
                self.end(id, f"{state.slot} (new)", "written", value, owner)
            else:
                continue
            if value in shown:
                self.edge(shown[value], id, value)

    def node(
        self, id: str, node: Node, names: Names, shown: Mapping[Value, str], phase: str, owner: str
    ) -> None:
        detail = [
            f"{k} = {_cut(show_attr(a), LONG)}"
            for k, a in sorted(node.attrs.items())
            if a is not None and a is not False and (not isinstance(a, tuple) or a)
        ]
        for i, operand in enumerate(node.inputs):
            if operand in shown:
                self.edge(shown[operand], id, operand)
            elif operand.producer is not None:
                detail.append(f"operand {i + 1} = {_content(operand.producer)}")
        relation = self.identity.relations.get(node)
        where, lines = self.place(node.location)
        self.found.drawn[id] = Drawn(
            id,
            node.op.name,
            "constant" if not node.inputs and "value" in node.attrs else node.op.kind.value,
            tuple(detail),
            _cut(show_node(node, names), 10 * LONG),
            tuple(show_type(v.type) for v in node.outputs),
            where,
            lines,
            relation.name.lower() if relation is not None else None,
        )
        scope = node.location.scope if node.location is not None else ""
        path = tuple(part for part in scope.split("/") if part)
        place = (node.location.file, node.location.line) if node.location is not None else ("", 0)
        self.found.items.append(
            Item(
                id,
                node.op.name,
                owner,
                phase,
                path,
                place,
                end="" if node.inputs or node.regions else "reads",
                holds=bool(node.regions),
            )
        )

    def region(self, region: Graph, id: str, owner: str, said: Roles) -> None:
        self.found.items.append(Item(id, f"@{region.name}", owner, holds=True))
        self.walk(region, id, said)

    def end(self, id: str, label: str, kind: str, value: Value, owner: str, role: str = "") -> None:
        where, lines = self.place(value.location if kind in ("input", "state") else None)
        type = show_type(value.type)
        self.found.drawn[id] = Drawn(
            id, label, kind, (role,) if role else (), f"{label}: {type}", (type,), where, lines
        )
        self.found.items.append(
            Item(id, kind, owner, end="reads" if kind in ("input", "state") else "writes")
        )

    def edge(self, tail: str, head: str, value: Value) -> None:
        self.found.edges[tail, head, show_type(value.type)] = None

    def place(self, location: Location | None) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
        if location is None:
            return {}, {}
        file = Path(location.file)
        if location.file not in self.own:
            self.own[location.file] = file.resolve() == self.script
        where = {self.key: f"{file.name}:{location.line}"}
        return where, {self.key: (location.line,)} if self.own[location.file] else {}


def _ancestors(values: Sequence[Value]) -> set[Node]:
    from ..compiler.ir.graph import live_nodes

    return set(live_nodes(values))


def _is_inline(node: Node) -> bool:
    """Whether a node is a small constant, which is written into its users."""
    value = node.attrs.get("value")
    if node.inputs or node.regions or len(node.outputs) != 1:
        return False
    return isinstance(value, (int, float)) or (
        isinstance(value, np.ndarray) and value.size <= SMALL
    )


def _is_result(node: Node, graph: Graph) -> bool:
    return any(value in graph.results for value in node.outputs)


def _content(node: Node) -> str:
    value = node.attrs["value"]
    if isinstance(value, np.ndarray):
        return show_attr(value).split("] ", 1)[-1]
    return f"{show_attr(value)} everywhere" if node.outputs[0].shape else show_attr(value)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
