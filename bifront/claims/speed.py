"""Claim 5: static graphs run faster."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TypedDict

from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import example
from .running import in_a_process

ROUNDS = 2
"""How often each way runs with compiled code kept."""
WAYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "static": ("static", {}),
    "imperative": ("imperative", {}),
    "compiled": ("imperative", {"COMPILED": "1"}),
}
SIZES = {
    "small": {"WIDTH": "128", "BATCH": "64", "STEPS": "400"},
    "large": {"WIDTH": "1024", "BATCH": "256", "STEPS": "40"},
}


class Times(TypedDict):
    """Seconds: to the first number, and of one step."""

    first: float
    step: float


def step_of(size: str) -> str:
    return f"a step, {size}"


def first_of(size: str) -> str:
    return f"first number, {size}"


def warm_of(size: str) -> str:
    return f"first number with compiled code kept, {size}"


def even_of(size: str) -> str:
    return f"steps until it has caught up with eager, {size}"


def _measure(report: Report) -> Figures:
    found: list[Figure] = []
    for size, sizes in SIZES.items():
        runs: dict[str, list[Times]] = {way: [] for way in WAYS}
        # Compiled code is kept from run to run: the first run with a folder of its own has none yet. The ways take
        # turns, so that what else the machine does meets all of them.
        with tempfile.TemporaryDirectory(prefix="bifront-") as cache:
            for turn in range(1 + ROUNDS):
                for way, (style, settings) in WAYS.items():
                    report(f"training, {size}, {way}, {turn + 1} of {1 + ROUNDS}")
                    kept = str(Path(cache, way))
                    environment = {**sizes, **settings, "BIFRONT_CACHE_DIR": kept}
                    script = example("speed", f"{style}.py")
                    runs[way].append(in_a_process("steps", script, environment=environment))
        found += figures(size, runs)
    return Figures(tuple(found))


def figures(size: str, runs: Mapping[str, Sequence[Times]]) -> list[Figure]:
    """The figures of one size, from what the runs of each way took; the first of them had no compiled code."""
    cold = {way: of[0]["first"] for way, of in runs.items()}
    warm = {way: min(one["first"] for one in of[1:]) for way, of in runs.items()}
    steps = {way: min(one["step"] for one in of) for way, of in runs.items()}
    even = {
        way: break_even(cold[way], steps[way], cold["imperative"], steps["imperative"])
        for way in runs
        if way != "imperative"
    }
    return [
        Figure(step_of(size), "s", tuple(steps.items()), timed=True),
        Figure(first_of(size), "s", tuple(cold.items()), timed=True),
        Figure(warm_of(size), "s", tuple(warm.items()), timed=True),
        Figure(even_of(size), "steps", tuple((w, even.get(w)) for w in runs), timed=True),
    ]


def break_even(first: float, step: float, other_first: float, other_step: float) -> float | None:
    """After how many steps one way has caught up with another; None where it never does.

    Args:
        first, step: seconds to the first number, and of each step after it.
        other_first, other_step: the same of the other way.
    """
    if first <= other_first:
        return 0
    if step >= other_step:
        return None
    return ceil((first - other_first) / (other_step - step))


CLAIM = Claim(
    5,
    "Static graphs run faster.",
    "One network trained in a session, eager, and eager with its step compiled, small (128 wide, batches of 64) and "
    "large (1024 wide, batches of 256); every run in a process of its own, first with no compiled code kept.",
    (
        Criterion(
            "a step in a session takes at most 9/10 of an eager step, small",
            lambda f: f.less(step_of("small"), "static", than="imperative", by=10 / 9),
        ),
        Criterion(
            "the same, large",
            lambda f: f.less(step_of("large"), "static", than="imperative", by=10 / 9),
        ),
        Criterion(
            "a step in a session takes at most 9/10 of a compiled step, small and large",
            lambda f: all(
                f.less(step_of(size), "static", than="compiled", by=10 / 9) for size in SIZES
            ),
        ),
        Criterion(
            "the session catches up with eager within 1000 steps, small",
            lambda f: (n := f[even_of("small")]["static"]) is not None and n <= 1000,
        ),
    ),
    _measure,
)
