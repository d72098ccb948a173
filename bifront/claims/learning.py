"""Claim 7: the imperative style is quicker to learn."""

from __future__ import annotations

from ..comparison.ergonomics import arranges, measure, vocabulary
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES, example

NAMES = "names known by {}"
LINES = "logical lines of {}"
CONCEPTS = "names that only arrange, known at the end"


def milestones() -> list[str]:
    """What is reached one after the other, as the folders of the milestones are called."""
    return sorted(p.name for p in example("milestones").iterdir() if (p / "static.py").is_file())


def _measure(report: Report) -> Figures:
    report("counting")
    known: dict[str, set[str]] = {s: set() for s in STYLES}
    names, lines = [], []
    for milestone in milestones():
        title = milestone.split("_", 1)[1]
        sources = {s: example("milestones", milestone, f"{s}.py").read_text() for s in STYLES}
        for style, source in sources.items():
            known[style] |= vocabulary(source)
        names.append(Figure(NAMES.format(title), "", tuple((s, len(known[s])) for s in STYLES)))
        of_style = tuple((s, measure(sources[s]).lines) for s in STYLES)
        lines.append(Figure(LINES.format(title), "", of_style))
    concepts = tuple((s, sum(arranges(name, s) for name in known[s])) for s in STYLES)
    return Figures((*names, *lines, Figure(CONCEPTS, "", concepts)))


def _titled(figures: Figures, pattern: str) -> list[str]:
    start = pattern.format("")
    return [figure.name for figure in figures.all if figure.name.startswith(start)]


CLAIM = Claim(
    7,
    "The imperative style is quicker to learn.",
    "The shortest usual program for each of five milestones: a number, a gradient, a trained network, a loop, a saved "
    "model. Names of the API add up on the way; those that only arrange are concepts of the style, not of mathematics.",
    (
        Criterion(
            "the first number takes fewer names",
            lambda f: f.less(_titled(f, NAMES)[0], "imperative", than="static"),
        ),
        Criterion(
            "at every milestone fewer names are known",
            lambda f: all(f.less(name, "imperative", than="static") for name in _titled(f, NAMES)),
        ),
        Criterion(
            "fewer of the names that are known at the end only arrange",
            lambda f: f.less(CONCEPTS, "imperative", than="static"),
        ),
        Criterion(
            "the program of every milestone has as many logical lines, or fewer",
            lambda f: (
                not any(f.less(name, "static", than="imperative") for name in _titled(f, LINES))
            ),
        ),
    ),
    _measure,
)
