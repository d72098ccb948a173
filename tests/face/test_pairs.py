"""The pairs of fixed shape: the same program in two styles is the same graph and gives the same numbers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bifront.comparison import Comparison, compare_scripts, find_pair

PAIRS = Path(__file__).resolve().parents[2] / "examples" / "pairs"
DYNAMIC = {"adaptive_steps", "char_lm", "tree_net", "varlen_rnn"}  # test_dynamic_pairs.py
NAMES = sorted({folder.parent.name for folder in PAIRS.glob("*/static.py")} - DYNAMIC)


@cache
def compared(name: str) -> Comparison:
    return compare_scripts(*find_pair(PAIRS / name, None))


@pytest.mark.parametrize("name", NAMES)
def test_same_graph_and_same_numbers(name: str) -> None:
    found = compared(name)
    assert (found.a.style, found.b.style) == ("static", "imperative")
    assert found.same_graph, str(found.difference)
    assert found.difference is None
    assert found.max_abs_difference == 0.0
    assert len(found.runs_a) == len(found.runs_b) == found.identical_steps > 1
    assert any(run.trains and run.outputs for run in found.runs_a)


@pytest.mark.parametrize("name", NAMES)
def test_same_lines_are_printed(name: str) -> None:
    found = compared(name)
    assert found.a.printed == found.b.printed
    assert len(found.a.printed.splitlines()) > 1


def test_what_else_both_ran_is_kept() -> None:
    ((first, second, runs),) = compared("digits_mlp").further
    assert first.fingerprint() == second.fingerprint()
    assert first.fingerprint() != (compared("digits_mlp").graph or first).fingerprint()
    assert not any(state.changes for state in first.states)
    assert runs == 1


def test_digits_are_learned() -> None:
    found = compared("digits_mlp")
    for side in (found.a, found.b):
        accuracy = re.search(r"test accuracy (\S+)", side.printed)
        assert accuracy is not None
        assert float(accuracy[1]) > 0.95
