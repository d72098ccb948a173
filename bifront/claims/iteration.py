"""Claim 8: the imperative style is quicker to change: edit one line, and see the next number."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..compiler.errors import BifrontError
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES, example
from .running import in_a_process

ROUNDS = 2
"""How often everything is timed; the least time counts."""
EDITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "a constant": {
        "static": ("GradientDescentOptimizer(0.05)", "GradientDescentOptimizer(0.06)"),
        "imperative": ("lr=0.05", "lr=0.06"),
    },
    "a layer": {
        "static": ("tf.tanh(", "tf.nn.relu("),
        "imperative": ("torch.tanh(", "torch.relu("),
    },
}
"""What is edited, and in each style the text before and after."""


def script_of(edit: str) -> str:
    return f"next number of a script, {edit}"


def process_of(edit: str) -> str:
    return f"next number in a running process, {edit}"


def again_of(edit: str) -> str:
    return f"statements that run again, {edit}"


def _measure(report: Report) -> Figures:
    scripts: dict[tuple[str, str], list[float]] = {}
    processes: dict[tuple[str, str], list[float]] = {}
    again: dict[tuple[str, str], int] = {}
    with tempfile.TemporaryDirectory(prefix="bifront-") as name:
        folder = Path(name)
        for turn in range(ROUNDS):
            for edit, styles in EDITS.items():
                for style in STYLES:
                    report(f"editing {edit}, {style}, {turn + 1} of {ROUNDS}")
                    before, after = edited(style, *styles[style])
                    (folder / "before.py").write_text(before)
                    (folder / "after.py").write_text(after)
                    # As a person works: the program ran before, so what was compiled for it is kept.
                    kept = {"BIFRONT_CACHE_DIR": str(folder / f"{turn}-{edit}-{style}")}
                    in_a_process("first", folder / "before.py", environment=kept)
                    seconds = in_a_process("first", folder / "after.py", environment=kept)
                    scripts.setdefault((edit, style), []).append(seconds)
                    kept = {"BIFRONT_CACHE_DIR": str(folder / f"{turn}-{edit}-{style}-cells")}
                    cells = in_a_process(
                        "cells", folder / "before.py", folder / "after.py", environment=kept
                    )
                    processes.setdefault((edit, style), []).append(cells["seconds"])
                    again[edit, style] = cells["statements"]
    return Figures(tuple(f for edit in EDITS for f in figures(edit, scripts, processes, again)))


def figures(
    edit: str,
    scripts: Mapping[tuple[str, str], Sequence[float]],
    processes: Mapping[tuple[str, str], Sequence[float]],
    again: Mapping[tuple[str, str], int],
) -> list[Figure]:
    """The figures of one edit, from seconds by edit and style."""
    return [
        Figure(script_of(edit), "s", tuple((s, min(scripts[edit, s])) for s in STYLES), timed=True),
        Figure(
            process_of(edit), "s", tuple((s, min(processes[edit, s])) for s in STYLES), timed=True
        ),
        Figure(again_of(edit), "", tuple((s, again[edit, s]) for s in STYLES)),
    ]


def edited(style: str, old: str, new: str) -> tuple[str, str]:
    """The program before and after an edit of one line."""
    source = example("milestones", "3_network", f"{style}.py").read_text()
    if source.count(old) != 1:
        raise BifrontError(f"{old!r} stands in the {style} program {source.count(old)} times")
    return source, source.replace(old, new)


CLAIM = Claim(
    8,
    "The imperative style is quicker to change.",
    "One line of the milestone's network is edited in a copy, a constant or a layer. Timed until the next number: the "
    "script run again, and a running process that runs again only the edited statement and what depends on it, as a "
    "notebook does.",
    (
        Criterion(
            "the edited script has its next number sooner, whatever was edited",
            lambda f: all(f.less(script_of(e), "imperative", than="static") for e in EDITS),
        ),
        Criterion(
            "a running process has its next number sooner, whatever was edited",
            lambda f: all(f.less(process_of(e), "imperative", than="static") for e in EDITS),
        ),
        Criterion(
            "fewer statements run again in it, in all",
            lambda f: (
                sum(f[again_of(e)]["imperative"] or 0 for e in EDITS)
                < sum(f[again_of(e)]["static"] or 0 for e in EDITS)
            ),
        ),
    ),
    _measure,
)
