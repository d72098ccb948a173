"""Claim 2: errors of the imperative style are nearer to their cause."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from ..mistakes import Examined, examine_all, find_scripts
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES

RAISE = "mistakes that raise an error"
NAMED = "mistakes whose error names the faulty line"
CHECKED = "mistakes that only a checker finds"
DISTANCE = "lines between the raise and the fault, mean"
WORDS = "words before the fault is named, mean"


def _measure(report: Report) -> Figures:
    scripts = find_scripts()
    report(f"running the {len(scripts)} scripts of the catalogue")
    done: list[object] = []

    def count(script: object) -> None:
        done.append(script)
        report(f"mistake {len(done)} of {len(scripts)}")

    return figures(examine_all(scripts, jobs=2, report=count))


def figures(examined: Sequence[Examined]) -> Figures:
    """The figures of a catalogue. Distances and words are means over the mistakes that raise in both styles."""
    by = {s: {e.mistake: e for e in examined if e.style == s} for s in STYLES}
    raised = {s: {m for m, e in by[s].items() if e.said.by == "error"} for s in STYLES}
    both = sorted(set.intersection(*raised.values()))

    def over_both(of: str) -> tuple[tuple[str, float | None], ...]:
        known = [m for m in both if all(getattr(by[s][m].said, of) is not None for s in STYLES)]
        return tuple(
            (s, round(mean(getattr(by[s][m].said, of) for m in known), 2) if known else None)
            for s in STYLES
        )

    def count(test: str) -> tuple[tuple[str, float | None], ...]:
        tests = {
            RAISE: lambda e: e.said.by == "error",
            NAMED: lambda e: e.said.by == "error" and e.said.names_faulty_line,
            CHECKED: lambda e: e.said.by not in (None, "error"),
        }
        return tuple((s, sum(map(tests[test], by[s].values()))) for s in STYLES)

    stages = ("build", "first run", "later run")
    return Figures(
        (
            Figure("mistakes", "", tuple((s, len(by[s])) for s in STYLES)),
            Figure(RAISE, "", count(RAISE)),
            Figure(NAMED, "", count(NAMED)),
            Figure(CHECKED, "", count(CHECKED)),
            Figure(DISTANCE, "lines", over_both("line_distance")),
            Figure(WORDS, "words", over_both("words")),
            *(
                Figure(
                    f"errors in the stage '{stage}'",
                    "",
                    tuple((s, sum(e.stage == stage for e in by[s].values())) for s in STYLES),
                    detail=True,
                )
                for stage in stages
            ),
        )
    )


def _named(f: Figures, style: str) -> float:
    return (f[NAMED][style] or 0) / (f[RAISE][style] or 1)


CLAIM = Claim(
    2,
    "Errors of the imperative style are nearer to their cause.",
    "Every mistake of the catalogue runs in both styles; what the interpreter shows is read. Distances are means over "
    "the mistakes that raise in both.",
    (
        Criterion(
            "more of the mistakes raise an error",
            lambda f: f.less(RAISE, "static", than="imperative"),
        ),
        Criterion(
            "a larger share of the errors name the faulty line",
            lambda f: _named(f, "static") < _named(f, "imperative"),
        ),
        Criterion(
            "fewer lines lie between the raise and the fault",
            lambda f: f.less(DISTANCE, "imperative", than="static"),
        ),
        Criterion(
            "there are fewer words to read before the fault is named",
            lambda f: f.less(WORDS, "imperative", than="static"),
        ),
    ),
    _measure,
)
