"""The machine gives what an executable gives, to the bit, and every moment of it stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.ir import Value
from bifront.runtime.stepping.machine import into, out, over, results, start, with_value
from bifront.runtime.stepping.state import State
from bifront.runtime.stepping.values import Values

from . import programs

every = pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda p: p.__name__)


def moments(state: State) -> list[State]:
    found = [state]
    while not found[-1].finished:
        found.append(into(found[-1]))
    return found


def same(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> bool:
    return all(
        x.tobytes() == y.tobytes() and x.shape == y.shape and x.dtype == y.dtype
        for x, y in zip(a, b, strict=True)
    )


@every
def test_it_ends_as_a_run_does(program: Callable[[], programs.Case]) -> None:
    graph, arrays = program()
    expected = bf.compile(graph, "numpy")(*arrays)
    assert same(results(moments(start(graph, arrays))[-1]), expected)


@every
def test_whole_nodes_give_the_same(program: Callable[[], programs.Case]) -> None:
    graph, arrays = program()
    state = start(graph, arrays)
    while not state.finished:
        state = over(state)
        assert state.depth == 1
    assert same(results(state), bf.compile(graph, "numpy")(*arrays))


def test_out_leads_behind_the_loop() -> None:
    graph, arrays = programs.nested()
    deep = next(s for s in moments(start(graph, arrays)) if s.depth == 3)
    middle = out(deep)
    assert middle.depth == 2
    assert out(middle).depth == 1


def test_moments_stay_as_they_were() -> None:
    graph, arrays = programs.nested()
    all_moments = moments(start(graph, arrays))
    before = [(s.depth, s.inner.at, len(s.inner.values)) for s in all_moments]
    moments(all_moments[3])
    with_value(all_moments[0], graph.inputs[0], np.zeros(5, np.float32))
    assert [(s.depth, s.inner.at, len(s.inner.values)) for s in all_moments] == before


def test_iterations_are_numbered() -> None:
    graph, arrays = programs.forwards()
    seen = [
        s.inner.entry.iteration
        for s in moments(start(graph, arrays))
        if s.inner.entry is not None and s.inner.at == 0
    ]
    assert seen == [0, 1, 2, 3]


@every
def test_a_changed_argument_is_as_if_it_had_been_given(
    program: Callable[[], programs.Case],
) -> None:
    graph, arrays = program()
    other = [np.asarray(a * 0.5, a.dtype) for a in arrays]
    for state in moments(start(graph, arrays)):
        if state.depth > 1:
            continue
        for value, array in zip(graph.parameters, other, strict=True):
            state = with_value(state, value, array)
        assert state.changed
        assert same(results(moments(state)[-1]), bf.compile(graph, "numpy")(*other))


def test_a_change_stays_where_it_was_made() -> None:
    graph, arrays = programs.straight()
    state = moments(start(graph, arrays))[-1]
    first, second = graph.nodes[0].output, graph.nodes[1].output
    state = with_value(state, second, np.ones((4, 2), np.float32))
    state = with_value(state, first, np.zeros((4, 2), np.float32))
    # What was set is not computed anew from what is set before it.
    assert (state.inner.values[second] == 1).all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((5, 2), np.float32), "shape"),
        (np.zeros((4, 2), np.complex64), "complex64"),
    ],
)
def test_a_change_must_fit(array: np.ndarray, said: str) -> None:
    graph, arrays = programs.straight()
    state = into(start(graph, arrays))
    with pytest.raises(bf.BifrontError, match=said):
        with_value(state, graph.nodes[0].output, array)


def test_what_is_not_computed_cannot_be_changed() -> None:
    graph, arrays = programs.straight()
    with pytest.raises(bf.BifrontError, match="computed already"):
        with_value(start(graph, arrays), graph.nodes[0].output, np.zeros((4, 2), np.float32))


def test_arguments_are_checked() -> None:
    graph, arrays = programs.straight()
    with pytest.raises(bf.FeedError):
        start(graph, arrays[:1])


def test_a_failing_node_raises_at_the_users_line() -> None:
    graph = bf.parse(
        'graph @g(%x: f32[n], %i: i64[]) {\n  %0: f32[] = gather(%x, %i) {axis = 0}  @ "train.py":7:1\n  return %0\n}'
    )
    state = start(graph, [np.ones(3, np.float32), np.asarray(9)])
    with pytest.raises(bf.IndexOutOfRange, match=r"train\.py:7"):
        into(state)


def test_values_share_what_they_have_in_common() -> None:
    keys = [Value(None) for _ in range(3000)]  # type: ignore[arg-type]
    array = np.zeros(())
    values = Values()
    for key in keys:
        values = values.plus({key: array})
        assert len(values._layers) <= 12
    assert len(values) == len(keys)
    assert values.plus({keys[0]: np.ones(())})[keys[0]] == 1
    assert values[keys[0]] == 0
    with pytest.raises(KeyError):
        values[Value(None)]  # type: ignore[arg-type]
