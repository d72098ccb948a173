"""Claim 4: dynamic graphs are natural in the one style and awkward in the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from importlib import import_module
from typing import Any

from ..comparison.ergonomics import measure, vocabulary
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES, example
from .running import in_a_process

PAIRS = ("varlen_rnn", "adaptive_steps", "tree_net", "char_lm")
"""Lengths, a loop until something holds, recursion, and a loop that feeds itself."""

LINES = "logical lines"
CEREMONY = "lines of ceremony"
WORDS = "API names for loops and branches"
COMPILED = "graphs compiled"


def _measure(report: Report) -> Figures:
    sources = {
        (pair, s): example("pairs", pair, f"{s}.py").read_text() for pair in PAIRS for s in STYLES
    }
    ergonomics = {key: measure(text) for key, text in sources.items()}
    words = {
        s: frozenset[str]().union(
            *(control_names(text, s) for (_, of), text in sources.items() if of == s)
        )
        for s in STYLES
    }

    def compilations(program: tuple[str, str]) -> int:
        pair, style = program
        report(f"compilations of {pair}, {style}")
        script = example("pairs", pair, f"{style}.py")
        # How many graphs there are does not depend on who compiles them, and the reference is quick about it.
        found: int = in_a_process("compilations", script, environment={"BIFRONT_BACKEND": "numpy"})
        return found

    with ThreadPoolExecutor(2) as pool:
        compiled = dict(zip(sources, pool.map(compilations, sources), strict=True))
    values = {
        LINES: {key: found.lines for key, found in ergonomics.items()},
        CEREMONY: {key: found.ceremony for key, found in ergonomics.items()},
        COMPILED: compiled,
    }
    totals = [
        Figure(name, "", tuple((s, sum(of[p, s] for p in PAIRS)) for s in STYLES))
        for name, of in values.items()
    ]
    totals.insert(2, Figure(WORDS, "", tuple((s, len(words[s])) for s in STYLES)))
    details = [
        Figure(f"{name}, {pair}", "", tuple((s, of[pair, s]) for s in STYLES), detail=True)
        for name, of in values.items()
        for pair in PAIRS
    ]
    return Figures((*totals, *details))


def control_names(source: str, style: str) -> frozenset[str]:
    """Names of a style's API that stand for Python's own loops and branches: those of its rooms for control flow."""
    frontend = import_module(f"bifront.{style}")
    return frozenset(name for name in vocabulary(source) if _is_control(_resolve(frontend, name)))


def _resolve(frontend: Any, name: str) -> Any:
    return reduce(lambda found, part: getattr(found, part, None), name.split("."), frontend)


def _is_control(found: Any) -> bool:
    rooms = str(getattr(found, "__module__", "")).split(".")
    return not {"control_flow", "rnn"}.isdisjoint(rooms)


CLAIM = Claim(
    4,
    "Dynamic graphs are natural in the imperative style and awkward in the static one.",
    "Four programs that depend on their data (lengths, a loop until something holds, recursion, a loop that feeds "
    "itself): their text, and how many graphs are compiled while they run. The imperative ones compile their steps.",
    (
        Criterion(
            "the imperative programs have fewer logical lines in all",
            lambda f: f.less(LINES, "imperative", than="static"),
        ),
        Criterion(
            "they have fewer lines of ceremony in all",
            lambda f: f.less(CEREMONY, "imperative", than="static"),
        ),
        Criterion(
            "they need fewer names of the API for loops and branches",
            lambda f: f.less(WORDS, "imperative", than="static"),
        ),
        Criterion(
            "as many graphs are compiled for them, or fewer",
            lambda f: not f.less(COMPILED, "static", than="imperative"),
        ),
    ),
    _measure,
)
