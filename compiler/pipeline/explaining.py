"""`explain`: what each pass did to a graph, and what the graph costs before and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

from ..ir import Graph, symbols_of
from ..ops import Kind
from ..rewriting import History, all_rules
from .cost import UNKNOWN, Cost, cost
from .optimizing import ROUNDS
from .passes import passes


@dataclass(frozen=True, slots=True)
class Stage:
    """One pass over the graph.

    Attributes:
        name, account: of the pass.
        before, after: what the graph costs.
        history: the rules that fired, in order.
        seconds: how long the pass took.
        graph: what came out; the graph that went in where there was nothing to do.
    """

    name: str
    account: str
    before: Cost
    after: Cost
    history: History
    seconds: float
    graph: Graph

    @property
    def fired(self) -> Counter[str]:
        """How often each rule fired."""
        return self.history.fired()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a graph; as text, a table of the passes and of the rules that fired.

    Attributes:
        graph: what was given.
        optimized: what is compiled.
        stages: the passes, in order; those of a later round follow those of the first.
        assumed: symbols that were counted as `UNKNOWN`, as nobody said their sizes.
    """

    graph: Graph
    optimized: Graph
    stages: tuple[Stage, ...]
    assumed: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        from ..text.tables import columns

        lines = self._head()
        lines += [f"  {row}" for row in columns(self._rows())]
        lines += self._accounts()
        fired, rounds = self._fired()
        if fired:
            lines.append("rules fired:")
        lines += [
            f"  {count} x {name}" + (" (rounds)" if name in rounds else "") for name, count in fired
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<explanation of graph {self.graph.name!r}: {len(self.stages)} passes>"

    def _repr_html_(self) -> str:
        from ..text.tables import html

        fired, rounds = self._fired()
        rules = [("times", "rule that fired", "")]
        rules += [(f"{count:,}", name, "rounds" if name in rounds else "") for name, count in fired]
        parts = [html(self._head(), self._rows()), html(self._accounts(), ())]
        return "\n".join([*parts, html((), rules, (1, 2))] if fired else parts)

    def _head(self) -> list[str]:
        first, last = self.stages[0].before, self.stages[-1].after
        lines = [
            f"graph {self.graph.name}: {_changed(first.nodes, last.nodes)} nodes, "
            f"{_changed(first.moved, last.moved)} bytes moved, {_changed(first.flops, last.flops)} flops"
        ]
        if self.assumed:
            lines.append(f"({', '.join(self.assumed)} taken to be {UNKNOWN})")
        return lines

    def _rows(self) -> list[tuple[str, ...]]:
        head = ("pass", "nodes", "bytes moved", "flops", "rules fired")
        return [head, *map(_row, self.stages)]

    def _accounts(self) -> list[str]:
        told = dict.fromkeys((s.name, s.account) for s in self.stages)
        return [f"{name}: {account}" for name, account in told]

    def _fired(self) -> tuple[list[tuple[str, int]], set[str]]:
        """How often each rule fired, and which of all rules round."""
        fired: Counter[str] = Counter()
        for stage in self.stages:
            fired.update(stage.fired)
        rounds = {r.name for r in all_rules() if r.rounds}
        return sorted(fired.items(), key=lambda item: (-item[1], item[0])), rounds


def explain(
    graph: Graph, rounding: bool = False, sizes: Mapping[str, int] | None = None
) -> Explanation:
    """What the passes make of a graph: rules fired, nodes, bytes moved and arithmetic before and after.

    Args:
        rounding: whether rules that change the last digits are applied.
        sizes: for symbolic dimensions, to count with.
    """
    known = dict(sizes or {})
    stages: list[Stage] = []
    now, found = graph, cost(graph, known)
    for turn in range(ROUNDS):
        start = now
        simple = now
        for place, step in enumerate(passes(rounding)):
            history = History()
            begun = perf_counter()
            made = step(now, history)
            seconds = perf_counter() - begun
            after = cost(made, known) if made is not now else found
            if turn == 0 or made is not now:
                stages.append(Stage(step.name, step.account, found, after, history, seconds, made))
            now, found = made, after
            if place == 0:
                simple = now
        if now is simple or now is start:
            break
    return Explanation(
        graph, now, tuple(stages), tuple(s for s in _symbols(graph) if s not in known)
    )


def _symbols(graph: Graph) -> list[str]:
    values = [*graph.parameters, *(v for n in graph.nodes for v in n.outputs)]
    found = dict.fromkeys(symbols_of(d for v in values for d in v.shape))
    for node in graph.nodes:
        for region in node.regions if node.op.kind is Kind.CONTROL else ():
            found.update(dict.fromkeys(_symbols(region)))
    return list(found)


def _row(stage: Stage) -> tuple[str, str, str, str, str]:
    a, b = stage.before, stage.after
    return (
        stage.name,
        _changed(a.nodes, b.nodes),
        _changed(a.moved, b.moved),
        _changed(a.flops, b.flops),
        str(len(stage.history.entries) or ""),
    )


def _changed(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} -> {after:,}"
