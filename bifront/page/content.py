"""What a page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..compiler.ir.align import Relation
from .graphs import Picture, pictures
from .sources import highlighted, read

if TYPE_CHECKING:
    from ..comparison import Comparison


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two programs; ``lines[0]`` is its first line, as HTML."""

    key: str
    style: str
    name: str
    lines: tuple[str, ...]


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
    graphs: tuple[Picture, ...] | None = None
    passes: object = None
    values: object = None
    timings: object = None
    memory: object = None
    figures: object = None


def collect(comparison: Comparison) -> Content:
    """The content of a comparison's page; it reads both scripts."""
    keys = _keys(comparison)
    scripts = Path(comparison.a.script), Path(comparison.b.script)
    sides = tuple(
        Side(key, figures.style, script.name, highlighted(read(script)))
        for key, figures, script in zip(keys, (comparison.a, comparison.b), scripts, strict=True)
    )
    first, second = comparison.graph, comparison.other
    drawn = None
    if first is not None and second is not None:
        drawn = pictures((first, second), keys, scripts)
    relations = {relation.name.lower(): relation.value for relation in Relation}
    return Content(_title(*scripts), keys, comparison.to_json(), sides, relations, drawn)


def _keys(comparison: Comparison) -> tuple[str, str]:
    styles = comparison.a.style, comparison.b.style
    return styles if styles[0] != styles[1] else ("a", "b")


def _title(a: Path, b: Path) -> str:
    return a.resolve().parent.name if a.parent == b.parent else f"{a.stem} and {b.stem}"
