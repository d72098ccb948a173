"""What the compiler's passes make of a graph, stage by stage: the graph, the rules that fired, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..compiler.ir import Graph, Value
from ..compiler.pipeline import Stage, explain
from ..compiler.pipeline.cost import Cost
from ..compiler.rewriting.history import Entry
from ..compiler.text.printer import Names, name_values, show_node
from .graphs import LONG, Drawn, Picture, picture
from .identity import Identity, identify
from .nesting import Box

SHOWN = 400
"""So many entries of a stage are listed at most; all are counted."""
LARGE = 6000
"""Graphs of more nodes are not drawn again for each stage."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One rule that fired once.

    Attributes:
        rule: its name.
        where: file and line of what was replaced; empty where nobody knows.
        before, after: what was replaced and by what, as expressions.
        nodes: ids of what was made, as far as it is in the stage's graph.
        lines: for each script that wrote it, its lines.
    """

    rule: str
    where: str
    before: str
    after: str
    nodes: tuple[str, ...]
    lines: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """How a picture differs from that of the stage before: what is new or other, and what is gone."""

    nodes: Mapping[str, Drawn]
    boxes: Mapping[str, Box]
    edges: tuple[tuple[str, str, str], ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One stage.

    Attributes:
        name, account: of the pass.
        nodes, moved, flops: what the graph costs after it.
        fired: how often each rule fired, the most frequent first.
        entries: the first `SHOWN` of them, in order.
        touched: ids of all that the rules made.
        removed: ids of what was there before and is there no more.
        change: of the picture; None where nothing changed, or where the graph is too large to be drawn.
    """

    name: str
    account: str
    nodes: int
    moved: int
    flops: int
    fired: tuple[tuple[str, int], ...]
    entries: tuple[Fired, ...]
    touched: tuple[str, ...]
    removed: tuple[str, ...]
    change: Change | None


@dataclass(frozen=True, slots=True)
class Passes:
    """The stages of one graph; the first costs are of the graph as it was built.

    Attributes:
        key: which side's graph it is.
        assumed: symbols whose sizes nobody said.
    """

    key: str
    nodes: int
    moved: int
    flops: int
    assumed: tuple[str, ...]
    steps: tuple[Step, ...]


def passes(
    graph: Graph, shown: Picture, script: Path, identity: Identity, sizes: Mapping[str, int]
) -> Passes:
    """What the passes make of a graph.

    Args:
        graph: as it was built.
        shown: its picture.
        script: the file whose lines count.
        identity: the ids in the picture.
        sizes: of symbolic dimensions, as far as they are known.
    """
    found = explain(graph, sizes=sizes)
    first = found.stages[0].before
    known = _Known(graph, shown, script, identity)
    steps = [known.step(stage) for stage in found.stages]
    return Passes(shown.key, *_costs(first), found.assumed, tuple(steps))


class _Known:
    """What the stages so far have shown."""

    def __init__(self, graph: Graph, shown: Picture, script: Path, identity: Identity) -> None:
        self.original = graph
        self.first = shown
        self.script = script
        self.identity = identity
        self.drawn = len(shown.nodes) <= LARGE
        self.names = _names(graph, identity)
        self.others = _lines_by_line(shown)
        self.now, self.ids, self.picture = graph, identity, shown

    def step(self, stage: Stage) -> Step:
        before, changed = self.ids, stage.graph is not self.now
        change = None
        if changed:
            self.now = stage.graph
            self.ids = identify(stage.graph, (self.original, self.identity), own="r")
            if self.drawn:
                last, self.picture = self.picture, self._picture(stage.graph)
                change = _change(last, self.picture)
        entries = stage.history.entries
        touched = dict.fromkeys(i for e in entries for i in self._made(e))
        removed = _computed(before) - _computed(self.ids) if changed else ()
        return Step(
            stage.name,
            stage.account,
            *_costs(stage.after),
            tuple(stage.fired.most_common()),
            tuple(self._fired(entry) for entry in entries[:SHOWN]),
            tuple(touched),
            tuple(sorted(removed)),
            change,
        )

    def _made(self, entry: Entry) -> list[str]:
        """What stands for the node now, as far as no later rule replaced it."""
        return [self.ids.nodes[v.producer] for v in entry.values if v.producer in self.ids.nodes]

    def _fired(self, entry: Entry) -> Fired:
        where = entry.where
        lines: Mapping[str, tuple[int, ...]] = {}
        if where is not None and Path(where.file).resolve() == self.script.resolve():
            lines = self.others.get(where.line, {self.first.key: (where.line,)})
        place = f"{Path(where.file).name}:{where.line}" if where is not None else ""
        return Fired(
            entry.rule,
            place,
            _cut(entry.before),
            _cut(entry.after),
            tuple(self._made(entry)),
            lines,
        )

    def _picture(self, graph: Graph) -> Picture:
        """The stage's picture, in which what is in the program's has the same name, lines and place to fold."""
        made = picture(graph, self.first.key, self.script, self.ids)
        names = _stage_names(graph, self.ids, self.names)
        drawn_nodes = {id: node for node, id in self.ids.nodes.items() if id in made.nodes}
        texts = {id: show_node(node, names) for id, node in drawn_nodes.items()}
        nodes = {
            id: self._as_before(replace(drawn, relation=None, text=_cut(texts.get(id, drawn.text))))
            for id, drawn in made.nodes.items()
        }
        return replace(made, fingerprint=self.first.fingerprint, nodes=nodes)

    def _as_before(self, drawn: Drawn) -> Drawn:
        known = self.first.nodes.get(drawn.id)
        if known is not None:
            same = replace(known, text=drawn.text, detail=drawn.detail, types=drawn.types)
            return replace(same, relation=None) if known.label == drawn.label else drawn
        lines: Mapping[str, tuple[int, ...]] = drawn.lines
        for line in drawn.lines.get(self.first.key, ()):
            lines = self.others.get(line, lines)
        return replace(drawn, lines=lines)


def _computed(identity: Identity) -> set[str]:
    """Ids of what is computed: constants are written into their users."""
    return {id for node, id in identity.nodes.items() if node.inputs}


def _change(before: Picture, after: Picture) -> Change:
    gone = [*(set(before.nodes) - set(after.nodes)), *(set(before.boxes) - set(after.boxes))]
    return Change(
        _changed(before.nodes, after.nodes),
        _changed(before.boxes, after.boxes),
        after.edges,
        tuple(sorted(gone)),
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {id: one for id, one in after.items() if before.get(id) != one}


def _names(graph: Graph, identity: Identity) -> dict[str, str]:
    """How the text IR writes the program's values, regions included, by what they are called in every stage."""
    found = {key: name for key, _, name in _named(graph, identity)}
    for node in graph.nodes:
        for region in node.regions:
            found.update(_names(region, identity))
    return found


def _stage_names(graph: Graph, identity: Identity, known: Mapping[str, str]) -> Names:
    """Names for a stage: the program's where it has the same parts."""
    names = {value: known.get(key, f"%{key}") for key, value, _ in _named(graph, identity)}
    for node in graph.nodes:
        for region in node.regions:
            names.update(_stage_names(region, identity, known))
    return names


def _named(graph: Graph, identity: Identity) -> Iterator[tuple[str, Value, str]]:
    for value, name in name_values(graph).items():
        node = value.producer
        if node is None and value in identity.values:
            yield identity.values[value], value, name
        elif node is not None and node in identity.nodes:
            yield f"{identity.nodes[node]}.{node.outputs.index(value)}", value, name


def _lines_by_line(shown: Picture) -> dict[int, dict[str, tuple[int, ...]]]:
    """For each line of the graph's own script: all lines of what it made."""
    found: dict[int, dict[str, dict[int, None]]] = {}
    for node in shown.nodes.values():
        for line in node.lines.get(shown.key, ()):
            for key, lines in node.lines.items():
                found.setdefault(line, {}).setdefault(key, {}).update(dict.fromkeys(lines))
    return {
        line: {key: tuple(lines) for key, lines in sides.items()} for line, sides in found.items()
    }


def _costs(cost: Cost) -> tuple[int, int, int]:
    return cost.nodes, cost.moved, cost.flops


def _cut(text: str) -> str:
    return text if len(text) <= 10 * LONG else f"{text[: 10 * LONG]}…"
