"""Many programs, stepped through: the bits of a run, and gradients that agree with what changes do."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bifront.compiler.autodiff import vjp
from bifront.compiler.errors import BifrontError, GradientError
from bifront.compiler.ir import Value
from bifront.compiler.passes import finish
from bifront.runtime.executable import compile
from bifront.runtime.stepping.gradients import gradient, scalar_result
from bifront.runtime.stepping.machine import into, over, results, start, with_value
from bifront.runtime.stepping.state import State

from ...compiler.control.programs import PROGRAMS, Program
from ..nested import random_nested_program
from ..programs import arrays_for
from ..test_control_programs import arguments
from .programs import Case, backwards, branch, forwards, loop, straight

every = pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)


def finished(state: State) -> State:
    while not state.finished:
        state = into(state)
    return state


@every
@pytest.mark.parametrize("way", ["itself", "reverse"])
def test_the_same_bits(program: Program, way: str) -> None:
    graph = program.graph() if way == "itself" else finish(vjp(program.graph()))
    for steps in (0, 1, 4):
        arrays = arguments(program, graph, steps)
        found = results(finished(start(graph, arrays)))
        for got, wanted in zip(found, compile(graph, "numpy")(*arrays), strict=True):
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            assert got.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("seed", range(25))
def test_random_nested_programs(seed: int) -> None:
    graph = random_nested_program(seed)
    arrays = arrays_for(graph, {"rows": 3, "columns": 2}, seed)
    try:
        wanted = compile(graph, "numpy")(*arrays)
    except BifrontError:
        with pytest.raises(BifrontError):
            finished(start(graph, arrays))
        return
    for got, want in zip(results(finished(start(graph, arrays))), wanted, strict=True):
        assert got.tobytes() == want.tobytes()


CASES = [straight, forwards, backwards, loop, branch]


def slope(state: State, value: Value, of: Value, direction: np.ndarray) -> float:
    """How fast the scalar changes along a direction, by changing the value and running on."""
    ends = []
    for sign in (1.0, -1.0):
        there = state.inner.values[value] + np.asarray(sign * 5e-3 * direction, np.float32)
        ends.append(float(finished(with_value(state, value, there)).inner.values[of]))
    return (ends[0] - ends[1]) / 1e-2


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.__name__)
def test_gradients_are_what_changes_do(case: type[Case]) -> None:
    graph, arrays = case()  # type: ignore[misc]
    state = start(graph, arrays)
    of = scalar_result(state)
    choose = np.random.default_rng(1)
    checked = deepest = 0
    while not state.finished:
        state = into(state)
        frame = state.inner
        known = [v for v in frame.values if v.dtype.is_float and v.producer not in (None,)]
        known += list(frame.program.graph.inputs)
        for value in random.Random(checked).sample(known, min(2, len(known))):
            direction = choose.normal(size=frame.values[value].shape)
            found = gradient(state, frame, value, of)
            assert found.shape == frame.values[value].shape
            expected = slope(state, value, of, direction)
            assert np.isclose((found * direction).sum(), expected, atol=0.02, rtol=0.05)
            checked += 1
            deepest = max(deepest, state.depth)
    assert checked > 5
    assert deepest == (1 if case is straight else 2)


def test_a_gradient_counts_changes() -> None:
    graph, arrays = straight()
    state = start(graph, arrays)
    of = scalar_result(state)
    for _ in range(3):
        state = over(state)
    value, later = graph.inputs[0], graph.nodes[1].output
    before = gradient(state, state.inner, value, of)
    state = with_value(state, later, np.ones((4, 2), np.float32))
    after = gradient(state, state.inner, value, of)
    assert before.any()
    assert not after.any()  # what was set does not depend on the input any more


def test_what_has_no_gradient_says_so() -> None:
    graph, arrays = straight()
    state = finished(start(graph, arrays))
    flags = next(v for v in state.inner.values if not v.dtype.is_float)
    with pytest.raises(GradientError, match="only floats"):
        gradient(state, state.inner, flags, scalar_result(state))
    with pytest.raises(GradientError, match="no value called"):
        scalar_result(state, "nothing")
    with pytest.raises(GradientError, match="single float"):
        scalar_result(state, "x")
