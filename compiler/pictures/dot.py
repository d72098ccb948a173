"""A graph as DOT: operations in the clusters of their name scopes, types on the edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, zip_longest

import graphviz
import numpy as np

from ..control import Roles, roles
from ..ir import Graph, Node, Value
from ..ir.align import Relation, align
from ..ir.diff import diff
from ..ir.fingerprint import canonical_entries
from ..text.literals import show_attr, show_type
from ..text.printer import name_values, show_node
from . import style
from .groups import Group
from .rendering import lend_engine

SMALL = 4
"""Constants of at most so many elements are written into the operations that use them."""
LONG = 40
"""Attributes are cut at this length."""
DEEP = 12
"""Name scopes nested deeper are joined into one cluster."""


def draw(
    graph: Graph,
    against: Graph | None = None,
    groups: Sequence[Group] = (),
    notes: Sequence[str] = (),
) -> graphviz.Digraph:
    """A picture of a graph.

    Operations are coloured by kind and stand in the clusters of their name scopes; inputs, states and outputs have
    shapes of their own; edges carry element type and shape; regions are dashed clusters; tooltips have the user's line.

    Args:
        graph: what to draw.
        against: another graph; colours then say what of ``graph`` is the same there, is applied to something else,
            has changed, or is missing.
        groups: operations that run together: they stand in frames of their own, and name scopes in none.
        notes: lines for the title.

    Returns:
        The picture; `render` writes it to a file, a notebook shows it.
    """
    lend_engine()
    relations = None if against is None else _relations(graph, against)
    title = [f"{graph.name} {graph.fingerprint()[:12]}"]
    if against is not None:
        title[0] += f" against {against.name} {against.fingerprint()[:12]}"
        title += diff(graph, against).words[:1]
    title += notes
    picture = graphviz.Digraph(
        "graph",
        graph_attr={**style.GRAPH, "label": style.escaped(*title)},
        node_attr=style.NODE,
        edge_attr=style.EDGE,
    )
    _Drawing(picture, relations, groups).graph(graph)
    _legend(picture, graph, relations)
    return picture


@dataclass
class _Cluster:
    """What a name scope or a group holds: lines of DOT, and what is within it."""

    look: Mapping[str, str] = field(default_factory=lambda: style.SCOPE)
    nodes: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    inner: dict[str, _Cluster] = field(default_factory=dict)


class _Drawing:
    """Adds graphs to a picture under names that never repeat."""

    def __init__(
        self,
        picture: graphviz.Digraph,
        relations: Mapping[Node, Relation] | None,
        groups: Sequence[Group],
    ) -> None:
        self.picture = picture
        self.relations = relations
        self.groups = {node: group for group in groups for node in group.nodes}
        self.numbers = count()
        self.clusters = count()

    def graph(
        self, graph: Graph, picture: graphviz.Digraph | None = None, said: Roles | None = None
    ) -> str | None:
        """Draw a graph (a region into its cluster, with what its inputs and outputs are); gives its first box' name."""
        into = picture if picture is not None else self.picture
        names = name_values(graph)
        known: dict[Value, str] = {}
        used = set(graph.results)
        top = _Cluster()
        slots = {s.input: s.slot for s in graph.states}
        roles_in = said.inputs if said else ("",) * len(graph.parameters)
        roles_out = said.outputs if said else ("",) * len(graph.outputs)
        for value, role in zip(graph.parameters, roles_in, strict=True):
            look = style.STATE if value in slots else style.INPUT
            name = slots.get(value) or value.hint or names[value]
            lines = [role, name] if role else [name]
            known[value] = self.box(top, lines, look, _tooltip(f"{name}: {value.type}", value))
        edges: list[tuple[str, str, dict[str, str]]] = []
        regions: list[tuple[str, Node]] = []
        for node in graph.nodes:
            if _is_inline(node) and node.outputs[0] not in used:
                continue
            name = self.node(self.within(top, node), node, show_node(node, names))
            known.update((v, name) for v in node.outputs)
            edges += [(known[v], name, _type_label(v)) for v in node.inputs if v in known]
            if node.regions:
                regions.append((name, node))
        for i, value in enumerate(graph.outputs):
            label = roles_out[i] or value.hint or f"output {i}"
            box = self.box(top, [label], style.OUTPUT, _tooltip(f"{label}: {value.type}", value))
            edges.append((known[value], box, _type_label(value)))
        for state in graph.states:
            if state.changes:
                tip = _tooltip(f"{state.slot} becomes this", state.output)
                box = self.box(top, [f"{state.slot} (new)"], style.WRITTEN, tip)
                edges.append((known[state.output], box, _type_label(state.output)))
        self.fill(into, top)
        for tail, head, attrs in edges:
            into.edge(tail, head, **attrs)
        for name, node in regions:
            self.regions(into, name, node)
        return next(iter(known.values()), None)

    def within(self, top: _Cluster, node: Node) -> _Cluster:
        """Where a node's box stands: with what it runs with, where that is to be shown, else in its name scope."""
        group = self.groups.get(node)
        if group is not None:
            look = style.FELL_BACK if group.fell_back else style.KERNEL
            return top.inner.setdefault(group.label, _Cluster(look))
        return top if self.groups else _scope(top, node)

    def node(self, cluster: _Cluster, node: Node, text: str) -> str:
        """The box of an operation: its name, attributes and small constant operands."""
        lines = [node.op.name]
        if not node.inputs and isinstance(node.attrs.get("value"), np.ndarray):
            lines.append(", ".join(_short(show_type(v.type)) for v in node.outputs))
        else:
            shown = {
                k: a
                for k, a in node.attrs.items()
                if a is not None and a is not False and (not isinstance(a, tuple) or a)
            }
            lines += [f"{k} = {_short(show_attr(a))}" for k, a in sorted(shown.items())]
        for i, operand in enumerate(node.inputs):
            producer = operand.producer
            if producer is not None and _is_inline(producer):
                lines.append(f"operand {i + 1} = {_content(producer)}")
        look = style.of_kind(node.op.kind)
        if not node.inputs and not node.regions:
            look = {**look, **style.CONSTANT}
        if self.relations is not None:
            look = {**look, **style.RELATIONS[self.relations.get(node, Relation.SAME)]}
        return self.box(cluster, lines, look, _tooltip(text, node))

    def box(
        self, cluster: _Cluster, lines: Iterable[str], look: Mapping[str, str], tooltip: str
    ) -> str:
        name = f"n{next(self.numbers)}"
        cluster.nodes.append((name, style.escaped(*lines), {**look, "tooltip": tooltip}))
        return name

    def fill(self, picture: graphviz.Digraph, cluster: _Cluster) -> None:
        """Write a cluster's boxes, and the clusters within it."""
        for name, label, attrs in cluster.nodes:
            picture.node(name, label, **attrs)
        for scope, inner in cluster.inner.items():
            attrs = {**inner.look, "label": style.escaped(scope)}
            with picture.subgraph(
                name=f"cluster_{next(self.clusters)}", graph_attr=attrs
            ) as framed:
                self.fill(framed, inner)

    def regions(self, picture: graphviz.Digraph, owner: str, node: Node) -> None:
        """A node's regions as clusters, tied to the node by dotted lines."""
        for region, said in zip(node.regions, roles(node), strict=True):
            cluster = f"cluster_{next(self.clusters)}"
            label = style.escaped(f"{node.op.name} @{region.name}")
            with picture.subgraph(
                name=cluster, graph_attr={**style.REGION, "label": label}
            ) as framed:
                first = self.graph(region, framed, said)
            if first is not None:
                picture.edge(owner, first, lhead=cluster, style="dotted", arrowhead="none")


def _scope(top: _Cluster, node: Node) -> _Cluster:
    """The cluster of a node's name scope."""
    scope = node.location.scope if node.location is not None else ""
    parts = [part for part in scope.split("/", DEEP) if part]
    cluster = top
    for part in parts:
        cluster = cluster.inner.setdefault(part, _Cluster())
    return cluster


def _is_inline(node: Node) -> bool:
    """Whether a node is a small constant, which is written into its users."""
    if node.inputs or node.regions or len(node.outputs) != 1:
        return False
    value = node.attrs.get("value")
    return isinstance(value, (int, float)) or (
        isinstance(value, np.ndarray) and value.size <= SMALL
    )


def _content(node: Node) -> str:
    value = node.attrs["value"]
    if isinstance(value, np.ndarray):
        return show_attr(value).split("] ", 1)[-1]
    return f"{show_attr(value)} everywhere" if node.outputs[0].shape else show_attr(value)


def _type_label(value: Value) -> dict[str, str]:
    # The spaces keep the text off the line.
    return {"label": style.escaped(f" {show_type(value.type)} ")}


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def _tooltip(text: str, where: Node | Value) -> str:
    location = where.location
    lines = [text[:500]]
    if location is not None:
        lines += [str(location), location.source.strip()[:500]]
    return style.escaped(*filter(None, lines))


def _relations(graph: Graph, other: Graph) -> dict[Node, Relation]:
    """How each node of a graph, and of its regions, relates to another graph."""
    found: dict[Node, Relation] = {}
    pending = [(graph, other)]
    while pending:
        side, _ = align(*map(canonical_entries, pending.pop()))
        found.update(side.relation)
        for node, partner in side.partner.items():
            if side.relation[node] is not Relation.SAME:
                pairs = zip_longest(node.regions, partner.regions)
                pending += [(r, s) for r, s in pairs if r is not None and s is not None]
        for node in side.alone():
            found.update((n, Relation.ALONE) for r in node.regions for n in r.nodes)
    return found


def _legend(
    picture: graphviz.Digraph, graph: Graph, relations: Mapping[Node, Relation] | None
) -> None:
    """What the colours mean, for those that occur."""
    graphs = [graph]
    for inner in graphs:  # grows while it is walked
        graphs += [region for node in inner.nodes for region in node.regions]
    drawn = [node for inner in graphs for node in inner.nodes if not _is_inline(node)]
    if relations is None:
        kinds = {node.op.kind for node in drawn}
        entries = [(k.value, style.of_kind(k)) for k in style.FILLS if k in kinds]
    else:
        found = {relations.get(node, Relation.SAME) for node in drawn}
        entries = [(r.value, look) for r, look in style.RELATIONS.items() if r in found]
    attrs = {**style.LEGEND, "label": "colours" if relations is None else "in the other graph"}
    with picture.subgraph(name="cluster_legend", graph_attr=attrs) as legend:
        for i, (label, look) in enumerate(entries):
            legend.node(f"legend{i}", label, **look)
            if i:
                legend.edge(f"legend{i - 1}", f"legend{i}", style="invis")
