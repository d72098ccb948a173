"""An id for each part of a graph: the same in two graphs where parts correspond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from ..compiler.ir import Graph, Node, State, Value
from ..compiler.ir.align import Relation, align
from ..compiler.ir.fingerprint import Entry, canonical_entries


@dataclass(frozen=True, eq=False)
class Identity:
    """Ids of the live parts of one graph, its regions included.

    Attributes:
        nodes: for each live node. Constants that hold the same have one id, as they are one in the fingerprint.
        values: for each input and each state's input, of the graph and of regions.
        results: for each graph and region, the ids of its outputs and of its states, in the graph's order.
        relations: how each node relates to the other graph; empty where there is none.
    """

    nodes: dict[Node, str] = field(default_factory=dict)
    values: dict[Value, str] = field(default_factory=dict)
    results: dict[Graph, tuple[str, ...]] = field(default_factory=dict)
    relations: dict[Node, Relation] = field(default_factory=dict)

    def of(self, value: Value) -> str:
        """The id of what makes a value."""
        return self.nodes[value.producer] if value.producer is not None else self.values[value]


def identify(
    graph: Graph,
    other: tuple[Graph, Identity] | None = None,
    own: str = "x",
    prefix: str = "",
) -> Identity:
    """Name the parts of a graph: ``i0`` is the first input, ``s0`` a state, ``n0`` a node, ``c0`` a constant.

    Numbers are those of the canonical listing, so graphs with equal fingerprints have equal ids. Outputs are ``o0``,
    what a state becomes ``w0``. What is in region 0 of ``n5`` begins with ``n5.0.``.

    Args:
        graph: any graph.
        other: another graph and its ids; what has a counterpart there has the counterpart's id, and everything else
            one with ``own`` in front. Relations are known then.
        own: what the ids of parts without a counterpart begin with.
        prefix: what all ids begin with: one page may show several graphs.
    """
    identity = Identity()
    _name(identity, graph, prefix, other, "" if other is None else own)
    return identity


def _name(
    identity: Identity,
    graph: Graph,
    prefix: str,
    other: tuple[Graph, Identity] | None,
    own: str,
) -> None:
    entries = list(canonical_entries(graph))
    known: Mapping[Node, str] = {}
    partners: Mapping[Node, Node] = {}
    constants: dict[str, str] = {}
    if other is not None:
        theirs = list(canonical_entries(other[0]))
        _, side = align(theirs, entries)
        identity.relations.update(side.relation)
        partners = side.partner
        known = {mine: other[1].nodes[partner] for mine, partner in partners.items()}
        constants = {n: other[1].nodes[c] for n, c in _constants(theirs).items()}
    numbers = {"input": 0, "state": 0, "node": 0}

    def numbered(kind: str) -> str:
        numbers[kind] += 1
        return f"{prefix}{kind[0]}{numbers[kind] - 1}"

    names: dict[State, str] = {}
    for entry in entries:
        if entry.op in ("input", "state") and not isinstance(entry.subject, Node):
            name = numbered(entry.op)
            if isinstance(entry.subject, State):
                names[entry.subject] = name
                identity.values[entry.subject.input] = name
            else:
                identity.values[entry.subject] = name
        elif isinstance(entry.subject, Node):
            name = numbered("node")
            node = entry.subject
            identity.nodes[node] = name = known.get(node, own + name)
            matched = partners[node].regions if node in partners else ()
            for k, (region, theirs_) in enumerate(zip_longest(node.regions, matched)):
                if region is not None:
                    pair = (theirs_, other[1]) if theirs_ is not None and other else None
                    _name(identity, region, f"{name}.{k}.", pair, own if pair else "")
        for value, operand in zip(entry.values, entry.operands, strict=True):
            if value.producer is not None and operand.startswith("<"):
                made = constants.setdefault(operand, f"{own}{prefix}c{len(constants)}")
                identity.nodes[value.producer] = made
    written = [f"{names[s].rpartition('s')[0]}w{names[s].rpartition('s')[2]}" for s in graph.states]
    outputs = [f"{prefix}o{i}" for i in range(len(graph.outputs))]
    identity.results[graph] = (*outputs, *written)


def _constants(entries: list[Entry]) -> dict[str, Node]:
    return {
        operand: value.producer
        for entry in entries
        for value, operand in zip(entry.values, entry.operands, strict=True)
        if value.producer is not None and operand.startswith("<")
    }
