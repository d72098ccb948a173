"""What the panels say: statistics, stages, plans and times, held against what they come from."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.comparison.detail import Detail, Timings
from bifront.comparison.source import Source
from bifront.compiler.ir import Graph
from bifront.page import collect, to_json
from bifront.page.graphs import Picture, picture
from bifront.page.identity import Identity, identify
from bifront.page.memory import memory, sizes_of
from bifront.page.passes import Passes, passes
from bifront.page.plots import figures
from bifront.page.timings import Part, flame
from bifront.page.values import BINS, Values, values
from bifront.runtime.profiling.analysis import Slice

HERE = Source.of_script(Path(__file__))


def looked(fetches: object, inputs: list, *arrays: np.ndarray) -> tuple[Graph, Identity, Values]:
    graph = bf.graph_of(fetches, inputs)
    ids = identify(graph)
    found = values(graph, arrays, ids, "static")
    assert found is not None
    return graph, ids, found


def named(graph: Graph, ids: Identity, found: Values, op: str):
    names = {i: n.op.name for n, i in ids.nodes.items()}
    return next(step for step in found.steps if names.get(step.node) == op)


def test_statistics_are_exact() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [50, 4])
        data = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
        graph, ids, found = looked(tf.tanh(x), [x], data)
    assert found.given == 1
    (tanh,) = named(graph, ids, found, "tanh").values
    wanted = np.tanh(data)
    assert (tanh.type, tanh.elements) == ("f32[50, 4]", 200)
    assert (tanh.low, tanh.high) == (wanted.min(), wanted.max())
    assert tanh.mean == pytest.approx(wanted.mean(dtype=np.float64), rel=1e-12)
    np.testing.assert_array_equal(tanh.bins, np.histogram(wanted.astype(float), BINS)[0])
    assert (tanh.nans, tanh.infinities, tanh.iterations) == (0, 0, ())


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [4])
        graph, ids, found = looked(tf.log(x), [x], np.array([-1, 0, 1, 2], np.float32))
    (log,) = named(graph, ids, found, "log").values
    assert (log.nans, log.infinities) == (1, 1)
    assert (log.low, log.high) == (0.0, float(np.log(np.float32(2))))
    assert sum(log.bins) == 2


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((0, 3), np.float32),
        np.full((2, 3), np.nan, np.float32),
        np.full((2, 3), 7, np.float32),
        np.array([[-3e38, 3e38, 0], [0, 0, 0]], np.float32),
        np.array([[True, False, True]]),
        np.arange(6).reshape(2, 3),
    ],
    ids=["empty", "nan", "constant", "wide", "bool", "int"],
)
def test_any_numbers_have_statistics(data: np.ndarray) -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(data.dtype, data.shape)
        _, _, found = looked(tf.reshape(x, [-1]), [x], data)
    (given,) = found.steps[0].values
    assert given.elements == data.size
    finite = data[np.isfinite(data)] if data.dtype.kind == "f" else data
    assert sum(given.bins) == finite.size
    assert given.low == (float(finite.min()) if finite.size else None)
    json.loads(to_json(found))


def test_a_loop_is_told_iteration_by_iteration() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2])
        _, y = tf.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 2.0), [0, x])
        _, _, found = looked(y, [x], np.array([1, -1], np.float32))
    inner = [step for step in found.steps if step.times == 5 and step.values[0].type == "f32[2]"]
    (mul,) = inner
    assert [high for _, _, high in mul.values[0].iterations] == [2, 4, 8, 16, 32]
    assert (mul.values[0].low, mul.values[0].high, mul.values[0].elements) == (-32, 32, 10)
    assert sum(mul.values[0].bins) == 10


def test_arguments_of_another_graph_give_no_values() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2])
        graph = bf.graph_of(tf.exp(x), [x])
    assert values(graph, [np.ones(3, np.float32)], identify(graph), "static") is None


# Passes.


def staged(graph: Graph) -> tuple[Picture, Passes]:
    ids = identify(graph)
    shown = picture(graph, "static", Path(__file__), ids)
    return shown, passes(graph, shown, Path(__file__), ids, {})


def simplified() -> Graph:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        y = tf.exp(x * 1.0) + tf.exp(x)
        return bf.graph_of(tf.reduce_sum(tf.tanh(y)), [x])


def test_stages_are_those_of_the_explanation() -> None:
    graph = simplified()
    _, found = staged(graph)
    told = bf.pipeline.explain(graph)
    assert [s.name for s in found.steps] == [s.name for s in told.stages]
    assert [(s.nodes, s.moved, s.flops) for s in found.steps] == [
        (s.after.nodes, s.after.moved, s.after.flops) for s in told.stages
    ]
    assert [len(s.entries) for s in found.steps] == [len(s.history.entries) for s in told.stages]
    assert found.nodes == len(graph.nodes)
    first = found.steps[0].entries[0]
    assert first.where.startswith("test_panels.py:")
    assert first.lines["static"]


def test_changes_add_up_to_the_last_stage() -> None:
    graph = simplified()
    shown, found = staged(graph)
    nodes, edges = dict(shown.nodes), shown.edges
    for step in found.steps:
        if step.change is None:
            continue
        for gone in step.change.gone:
            nodes.pop(gone, None)
        nodes.update(step.change.nodes)
        edges = step.change.edges
    drawn = [n.label for n in nodes.values() if n.kind not in ("input", "output", "constant")]
    assert sorted(drawn) == ["add", "exp", "reduce_sum", "tanh"]
    assert {end for tail, head, _ in edges for end in (tail, head)} <= set(nodes)


def test_what_a_pass_leaves_alone_is_not_transported() -> None:
    shown, found = staged(simplified())
    cse = next(step for step in found.steps if step.name == "cse")
    assert cse.change is not None
    assert "tanh" not in {shown.nodes[i].label for i in cse.change.nodes if i in shown.nodes}
    assert [step.change for step in found.steps if step.name in ("hoist", "dce")] == [None, None]
    removed = {shown.nodes[i].label for step in found.steps for i in step.removed}
    assert removed == {"mul", "exp"}


def test_what_rules_made_is_touched() -> None:
    _, found = staged(simplified())
    step = found.steps[0]
    assert step.fired
    made = {i for entry in step.entries for i in entry.nodes}
    assert made == set(step.touched)


# Memory and times.


def test_memory_is_the_executables_plan() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        y = tf.reduce_sum(tf.tanh(tf.exp(x) * 2.0))
        graph = bf.graph_of(y, [x])
    sizes = sizes_of(graph, [np.ones((10, 3), np.float32)])
    assert list(sizes.values()) == [10]
    first, *rest = memory(graph, sizes, HERE, "static")
    plan = bf.compile(graph, "numpy").memory.at(dict(sizes))
    assert first.backend == "numpy"
    assert [m.backend for m in rest] in ([], ["native"])
    assert first.peak == plan.peak == max(step.alive for step in first.steps)
    assert [step.name for step in first.steps] == list(plan.steps)
    assert any(step.lines for step in first.steps)
    assert sum(n for step in first.steps for _, n in step.made) == plan.total


def test_sizes_that_nobody_knows_are_taken_to_be_something() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3])
        graph = bf.graph_of(tf.exp(x), [x])
    assert sizes_of(graph, None) == {}
    first, *_ = memory(graph, {}, HERE, "static")
    assert list(first.sizes.values()) == [64]


def spent(part: Part) -> float:
    assert part.spent >= sum(p.spent for p in part.parts) - 1e-12
    return sum(spent(p) for p in part.parts) if part.parts else part.spent


def test_a_flame_is_the_timings() -> None:
    slices = (
        Slice(HERE.file, 3, "a = x @ w", "matmul", "0: matmul tanh", 3e9, True),
        Slice(HERE.file, 3, "a = x @ w", "tanh", "0: matmul tanh", 1e9, True),
        Slice("/elsewhere/b.py", 9, "b", "exp", "exp, at once", 2e9, False),
        Slice(HERE.file, 4, "c", "sub", "sub, at once", 1.0, False),
    )
    found = flame(Timings(8e9, slices), HERE, "static")
    assert found.spent == 8.0
    assert found.flame.spent == pytest.approx(6.0)
    assert spent(found.flame) == pytest.approx(6.0)
    line, other = found.flame.parts  # what nobody could see is left out
    assert (line.line, other.line) == (3, None)
    assert [p.name for p in line.parts] == ["matmul", "tanh"]
    assert [p.line for p in line.parts] == [3, 3]
    assert [row.line for row in found.rows] == [3, None, 4]


def test_timings_go_through_json() -> None:
    timings = Timings(5.0, (Slice("a.py", 1, "x", "exp", "k", 2.0, False),))
    assert Timings.from_json(json.loads(json.dumps(timings.to_json()))) == timings


# All of it.


def test_graphs_that_differ_have_passes_and_values_each() -> None:
    found = bf.compare(lambda x: tf.exp(x) * 1.0, lambda x: torch.sin(x), np.ones((2, 2)))
    content = collect(found)
    assert [p.key for p in content.passes or ()] == ["static", "imperative"]
    assert [v.key for v in content.values or ()] == ["static", "imperative"]
    assert {m.key for m in content.memory or ()} == {"static", "imperative"}
    for one, shown in zip(content.values or (), content.graphs or (), strict=True):
        assert {step.node for step in one.steps} <= set(shown.nodes)


def test_the_other_programs_arguments_do_where_one_has_none() -> None:
    found = bf.compare(lambda x: tf.exp(x), lambda x: torch.exp(x), np.ones((2, 2)))
    assert found.details is not None
    lost = dataclasses.replace(found, details=(Detail(), found.details[1]))
    content = collect(lost)
    assert [v.key for v in content.values or ()] == ["imperative"]
    assert content.timings is not None
    assert len(content.timings) == 1
    nothing = collect(dataclasses.replace(found, details=None))
    assert nothing.values is None
    assert nothing.timings is None
    assert nothing.memory is not None


def test_figures_name_what_both_cost() -> None:
    found = bf.compare(lambda x: tf.exp(x), lambda x: torch.exp(x), np.ones((2, 2)))
    shown = {f.name: f for f in figures(found)}
    assert shown["logical lines"].values == (found.a.lines, found.b.lines)
    assert shown["peak memory"].values[0] == found.a.peak_mb * 2**20
    none = dataclasses.replace(found.a, step_s=None), dataclasses.replace(found.b, step_s=None)
    without = figures(dataclasses.replace(found, a=none[0], b=none[1]))
    assert "a step" not in {f.name for f in without}
    assert all(v is None or math.isfinite(v) for f in shown.values() for v in f.values)
