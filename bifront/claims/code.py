"""Claim 1: imperative code is shorter and needs fewer concepts."""

from __future__ import annotations

from ..comparison.ergonomics import Ergonomics, measure, vocabulary
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES, pairs

LINES = "logical lines"
NAMES = "distinct API names, all pairs together"
MEAN_NAMES = "distinct API names, mean of a pair"
CEREMONY = "lines of ceremony"
NESTING = "deepest nesting, mean of a pair"


def _measure(report: Report) -> Figures:
    report("counting")
    sources = {pair.name: {s: (pair / f"{s}.py").read_text() for s in STYLES} for pair in pairs()}
    found = {name: {s: measure(text) for s, text in two.items()} for name, two in sources.items()}
    names = {
        s: frozenset[str]().union(*(vocabulary(t[s]) for t in sources.values())) for s in STYLES
    }

    def total(of: str) -> tuple[tuple[str, float | None], ...]:
        return tuple((s, sum(getattr(two[s], of) for two in found.values())) for s in STYLES)

    def mean(of: str) -> tuple[tuple[str, float | None], ...]:
        return tuple((s, round((sum_ or 0) / len(found), 2)) for s, sum_ in total(of))

    def of_pair(two: dict[str, Ergonomics], of: str) -> tuple[tuple[str, float | None], ...]:
        return tuple((s, getattr(two[s], of)) for s in STYLES)

    figures = [
        Figure(LINES, "", total("lines")),
        Figure(NAMES, "", tuple((s, len(names[s])) for s in STYLES)),
        Figure(MEAN_NAMES, "", mean("names")),
        Figure(CEREMONY, "", total("ceremony")),
        Figure(NESTING, "blocks", mean("nesting")),
    ]
    for title, of in ((LINES, "lines"), ("distinct API names", "names"), (CEREMONY, "ceremony")):
        figures += [
            Figure(f"{title}, {name}", "", of_pair(two, of), detail=True)
            for name, two in found.items()
        ]
    return Figures(tuple(figures))


CLAIM = Claim(
    1,
    "Imperative code is shorter and needs fewer concepts.",
    "The text of all pairs of examples/pairs: logical lines, distinct names of the API, lines that compute nothing, "
    "blocks within blocks.",
    (
        Criterion(
            "the imperative programs have fewer logical lines in all",
            lambda f: f.less(LINES, "imperative", than="static"),
        ),
        Criterion(
            "they use fewer distinct names of the API in all",
            lambda f: f.less(NAMES, "imperative", than="static"),
        ),
        Criterion(
            "they have fewer lines of ceremony in all",
            lambda f: f.less(CEREMONY, "imperative", than="static"),
        ),
        Criterion(
            "they are nested less deeply, on the average",
            lambda f: f.less(NESTING, "imperative", than="static"),
        ),
    ),
    _measure,
)
