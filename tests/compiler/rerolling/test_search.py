"""Runs of equal pieces in sequences of numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bifront.compiler.rerolling.search import Run, find_runs


def is_run(tokens: list[int], run: Run) -> bool:
    start, end, period = run
    same = all(tokens[i] == tokens[i - period] for i in range(start + period, end))
    more = end < len(tokens) and tokens[end] == tokens[end - period]
    less = start > 0 and tokens[start - 1] == tokens[start - 1 + period]
    return same and not more and not less and run.times >= 2


def test_nothing_repeats():
    assert find_runs([]) == []
    assert find_runs([1]) == []
    assert find_runs(list(range(50))) == []


def test_a_run_goes_as_far_as_it_can():
    assert find_runs([9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 8]) == [Run(1, 11, 3)]


def test_runs_that_cover_most_come_first():
    tokens = [1, 1, 1, 5, 2, 3, 2, 3, 2, 3, 6]
    assert find_runs(tokens) == [Run(4, 10, 2), Run(0, 3, 1)]


def test_a_run_of_runs_is_found_too():
    piece = [1, 2, 2, 2, 3]
    assert find_runs(piece * 3)[0] == Run(0, 15, 5)


@given(st.lists(st.integers(0, 2), max_size=60))
def test_runs_are_maximal_repetitions(tokens):
    assert all(is_run(tokens, run) for run in find_runs(tokens))


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=7),
    st.integers(3, 6),
    st.lists(st.integers(0, 3), max_size=9),
    st.lists(st.integers(0, 3), max_size=9),
)
def test_what_repeats_three_times_is_found(piece, times, before, after):
    tokens = before + piece * times + after
    inside = range(len(before), len(before) + len(piece) * times)
    assert any(
        run.start <= inside.start and inside.stop <= run.end and len(piece) % run.period == 0
        for run in find_runs(tokens)
    )
