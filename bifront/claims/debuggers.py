"""Claim 3: ordinary debuggers work in the one style and not in the other."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..debugger.driving import pdb_sees
from ..mistakes import Fault, find_fault, find_scripts
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import STYLES
from .values import names_of

REACHED = "mistakes whose faulty line a breakpoint reaches"
VALUES = "of these, mistakes whose faulty line has a tensor or array"
SEEN = "of these, mistakes whose numbers pdb shows"
LATER = "breakpoint shows the NaN of a function's second call"

_STATIC = """
import numpy as np
import bifront.static as tf
x = tf.placeholder(tf.float32, [2])
y = tf.log(x)  # FAULT
with tf.Session() as session:
    for value in (1.0, -1.0):
        session.run(y, {x: np.full(2, value, np.float32)})
"""
_IMPERATIVE = """
import bifront.imperative as torch
def logs(x):
    y = torch.log(x)  # FAULT
    return y.sum()
for value in (1.0, -1.0):
    logs(torch.full((2,), value))
"""
SECOND_CALL = {
    "static": _STATIC,
    "imperative": _IMPERATIVE,
    "compiled": _IMPERATIVE.replace("def logs", "@torch.compile\ndef logs"),
}
"""A logarithm that gives numbers in the first call, and NaN in the second."""


def _measure(report: Report) -> Figures:
    scripts = find_scripts()
    report(f"a breakpoint on the faulty line of {len(scripts)} scripts")
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(shown, scripts))
    report("a breakpoint in a later call")
    with tempfile.TemporaryDirectory(prefix="bifront-") as folder:
        later = tuple((s, sees_nan(text, Path(folder))) for s, text in SECOND_CALL.items())
    of_style = {s: [w for p, w in zip(scripts, seen, strict=True) if p.stem == s] for s in STYLES}
    return figures(of_style, later)


def figures(found: dict[str, list[str | None]], later: Sequence[tuple[str, float]]) -> Figures:
    """What was seen of each mistake: None where the line was not reached, else what `values.kind` says."""

    def count(*wanted: str) -> tuple[tuple[str, float | None], ...]:
        return tuple((s, sum(one in wanted for one in seen)) for s, seen in found.items())

    return Figures(
        (
            Figure(REACHED, "", count("", "numbers", "symbols")),
            Figure(VALUES, "", count("numbers", "symbols")),
            Figure(SEEN, "", count("numbers")),
            Figure(LATER, "", tuple(later)),
        )
    )


def shown(script: Path) -> str | None:
    """What pdb shows of a mistake's faulty line: None where it is not reached, else what `values.kind` says."""
    fault = find_fault(script)
    names = names_of(_statement(script.read_text(), fault))
    values = '__import__("bifront.claims.values", fromlist=["kind"])'
    said = pdb_sees(script, fault.first, f"{values}.kind({names!r}, {{**globals(), **locals()}})")
    return said.strip("'") if said else None


def _statement(source: str, fault: Fault) -> ast.stmt:
    return next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno == fault.first
    )


def sees_nan(source: str, folder: Path) -> int:
    """Whether a breakpoint at a program's faulty line shows, when the line is reached again, that ``y`` is NaN."""
    script = folder / "script.py"
    script.write_text(source)
    return int("nan" in pdb_sees(script, find_fault(script).first, "y", hit=2))


def _share(f: Figures, style: str) -> float:
    return (f[SEEN][style] or 0) / (f[VALUES][style] or 1)


CLAIM = Claim(
    3,
    "Ordinary debuggers work in the imperative style and not in the static one.",
    "pdb, driven by a script, stops at the faulty line of every mistake of the catalogue, takes one step and prints "
    "the line's values. The same in a function whose second call gives NaN, run as it is and compiled.",
    (
        Criterion(
            "in the imperative style pdb shows the numbers in at least 9 of 10 mistakes that have some",
            lambda f: _share(f, "imperative") >= 0.9,
        ),
        Criterion(
            "in the static style it shows them in less than half",
            lambda f: _share(f, "static") < 0.5,
        ),
        Criterion(
            "a breakpoint shows the NaN of a second call in the imperative style, and not in the static one",
            lambda f: f.less(LATER, "static", than="imperative"),
        ),
        Criterion(
            "it shows it in a compiled function too",
            lambda f: bool(f[LATER]["compiled"]),
        ),
    ),
    _measure,
)
