"""The ergonomics of both programs, figure by figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..comparison import Comparison, StyleFigures


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both programs.

    Attributes:
        name: what is counted or measured.
        unit: ``count``, ``seconds`` or ``bytes``.
        meaning: what it says, in one sentence.
        values: of the first and of the second program; None where it did not occur.
    """

    name: str
    unit: str
    meaning: str
    values: tuple[float | None, float | None]


_FIGURES = (
    ("lines", "count", "logical lines", "Statements, without docstrings and comments."),
    ("names", "count", "names to know", "Distinct names of the frontend that the program uses."),
    ("ceremony", "count", "lines of ceremony", "Lines that compute nothing: they only arrange."),
    ("graphs_built", "count", "graphs", "Different graphs that ran, sizes left open."),
    ("first_number_s", "seconds", "first number", "From the start to the first number it saw."),
    ("step_s", "seconds", "a step", "The median time from one step to the next."),
    ("total_s", "seconds", "in all", "The whole program."),
    ("peak_mb", "bytes", "peak memory", "The most memory that the program held."),
)


def figures(comparison: Comparison) -> tuple[Figure, ...]:
    """What both programs cost their authors and their machines; what neither has is left out."""
    found = []
    for attribute, unit, name, meaning in _FIGURES:
        pair = (_value(comparison.a, attribute), _value(comparison.b, attribute))
        if pair != (None, None):
            found.append(Figure(name, unit, meaning, pair))
    return tuple(found)


def _value(side: StyleFigures, attribute: str) -> float | None:
    value: float | None = getattr(side, attribute)
    if value is None:
        return None
    return value * 2**20 if attribute == "peak_mb" else value
