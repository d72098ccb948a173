"""What a page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..comparison.source import Source
from ..compiler.ir import Graph
from ..compiler.ir.align import Relation
from .graphs import Picture, pictures
from .memory import Memory
from .panels import panels
from .passes import Passes
from .plots import Figure, figures
from .sources import highlighted
from .timings import Flame
from .values import Values

if TYPE_CHECKING:
    from ..comparison import Comparison


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two programs; ``lines[0]``, as HTML, is the line ``first`` of its file."""

    key: str
    style: str
    name: str
    lines: tuple[str, ...]
    first: int = 1


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a page shows, as plain data (README.md in this folder lists it).

    A part that is None has no section on the page.
    """

    title: str
    keys: tuple[str, str]
    comparison: Mapping[str, object]
    sides: tuple[Side, ...]
    relations: Mapping[str, str]
    further: tuple[Picture, ...] = ()
    graphs: tuple[Picture, ...] | None = None
    passes: tuple[Passes, ...] | None = None
    values: tuple[Values, ...] | None = None
    timings: tuple[Flame, ...] | None = None
    memory: tuple[Memory, ...] | None = None
    figures: tuple[Figure, ...] | None = None


def collect(comparison: Comparison) -> Content:
    """The content of a comparison's page.

    It reads both scripts, unless the comparison knows its sources. Values and timings are there if it was made with
    ``detail=True``.
    """
    keys = _keys(comparison)
    sources = comparison.sources or (
        Source.of_script(Path(comparison.a.script)),
        Source.of_script(Path(comparison.b.script)),
    )
    scripts = Path(sources[0].file), Path(sources[1].file)
    sides = tuple(
        Side(key, side.style, source.name, highlighted(source.text), source.first)
        for key, side, source in zip(keys, (comparison.a, comparison.b), sources, strict=True)
    )
    first, second = comparison.graph, comparison.other
    relations = {relation.name.lower(): relation.value for relation in Relation}
    further = tuple(
        drawing
        for number, (a, b, runs) in enumerate(comparison.further, 1)
        for drawing in pictures((a, b), keys, scripts, f"{_kind(a)}, {_times(runs)}", f"g{number}.")
    )
    content = Content(
        _title(*sources),
        keys,
        comparison.to_json(),
        sides,
        relations,
        further,
        figures=figures(comparison),
    )
    if first is None or second is None:
        return content
    drawn = pictures((first, second), keys, scripts, _kind(first))
    more = panels((first, second), drawn, keys, sources, comparison.details)
    return replace(
        content,
        graphs=drawn,
        passes=more.passes,
        values=more.values,
        timings=more.timings,
        memory=more.memory,
    )


def _keys(comparison: Comparison) -> tuple[str, str]:
    styles = comparison.a.style, comparison.b.style
    return styles if styles[0] != styles[1] else ("a", "b")


def _kind(graph: Graph) -> str:
    return "training step" if any(state.changes for state in graph.states) else "evaluation"


def _times(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"


def _title(a: Source, b: Source) -> str:
    if a.whole and b.whole and Path(a.file).parent == Path(b.file).parent:
        return Path(a.file).resolve().parent.name
    return f"{a.name} and {b.name}"
