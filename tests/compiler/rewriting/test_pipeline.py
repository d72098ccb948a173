"""The driver and the passes: results keep their bits, graphs stay well formed, what was done is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.control import cond, scan
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, dtype_of, symbol
from bifront.compiler.location import Location
from bifront.compiler.ops import add, constant, exp, logical_not, mul, neg, sub
from bifront.compiler.pipeline import optimize, optimized, passes
from bifront.compiler.rewriting import RewriteLoop, Rule, Table, rewrite
from bifront.compiler.rewriting.matching import compiled
from bifront.compiler.rewriting.patterns import traced

from ...properties.graphs import chooser, random_program
from .test_rules import run, same_bits

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def written(name: str, sides: object) -> Rule:
    """A rule that stays out of the table of rules."""
    before, after = traced(sides)  # type: ignore[arg-type]
    return Rule(name, (before.op,), compiled(before, after, ()))  # type: ignore[attr-defined]


def chain(length: int) -> Graph:
    builder = Building("chain")
    x = builder.input(TensorType(dtype_of("float64"), (symbol("n"), 4)), "x")
    y = x
    with using(builder):
        for i in range(length // 2):
            y = mul(neg(y), 1.0) if i % 3 else add(y, exp(x))
    return builder.close([x], [y])


@pytest.mark.parametrize("seed", range(150))
def test_random_programs_keep_their_bits(seed: int) -> None:
    program = random_program(chooser(np.random.default_rng(seed)), 24)
    graph = program.graph
    for step in passes():
        bf.verify(step(graph))
    made = optimize(graph)
    bf.verify(made)
    assert [v.type for v in made.results] == [v.type for v in graph.results]
    before, after = (run(g, program.feeds).results for g in (graph, made))
    for a, b in zip(before, after, strict=True):
        assert same_bits(a, b), f"{graph}\n{made}"


@pytest.mark.parametrize("seed", range(20))
def test_rounding_rules_keep_graphs_well_formed(seed: int) -> None:
    graph = random_program(chooser(np.random.default_rng(seed)), 24).graph
    bf.verify(optimize(graph, rounding=True))


def test_optimizing_twice_changes_nothing_more() -> None:
    once = optimize(chain(40))
    assert optimize(once) is once


def test_rules_that_undo_each_other_are_named() -> None:
    here = written("x + y -> x - (-y)", lambda x, y: (x + y, x - (-y)))
    back = written("x - (-y) -> x + y", lambda x, y: (x - (-y), x + y))
    with pytest.raises(RewriteLoop) as raised:
        rewrite(chain(4), Table([here, back]))
    assert here.name in str(raised.value)
    assert back.name in str(raised.value)


def test_new_nodes_stand_at_the_line_of_what_they_replace() -> None:
    builder = Building("lines")
    x = builder.input(TensorType(dtype_of("float64"), (3,)), "x")
    builder.at = Location.at("train.py", 7, 3)
    with using(builder):
        y = add(x, neg(x))
    made, history = optimized(builder.close([x], [y]))
    (node,) = made.nodes
    assert node.op.name == "sub"
    assert str(node.location) == "train.py:7"
    (entry,) = history.entries
    assert entry.rule == "x + (-y) -> x - y"
    assert str(entry.where) == "train.py:7"
    assert entry.before.startswith("add(")
    assert entry.after.startswith("sub(")
    assert entry.seconds > 0


def test_a_deep_graph_is_no_problem() -> None:
    made = optimize(chain(6000))
    bf.verify(made)
    assert len(made.nodes) < 4000


def test_regions_are_rewritten_and_known_branches_disappear() -> None:
    builder = Building("branch")
    p = builder.input(TensorType(dtype_of("bool"), ()), "p")
    x = builder.input(TensorType(dtype_of("float64"), (3,)), "x")
    with using(builder):
        (y,) = cond(p, lambda: [mul(neg(neg(x)), 1.0)], lambda: [exp(x)])
        (z,) = cond(logical_not(constant(False)), lambda: [exp(x)], lambda: [neg(x)])
    made = optimize(builder.close([p, x], [y, z]))
    bf.verify(made)
    (node,) = [n for n in made.nodes if n.regions]
    assert [len(region.nodes) for region in node.regions] == [0, 1]
    arrays = [np.asarray(True), np.array([1.0, -0.0, np.nan])]
    found = run(made, arrays).results
    assert same_bits(found[0], arrays[1])
    assert same_bits(found[1], np.exp(arrays[1]))


def test_what_iterations_have_in_common_leaves_the_loop() -> None:
    builder = Building("loop")
    w = builder.input(TensorType(dtype_of("float64"), (3,)), "w")
    xs = builder.input(TensorType(dtype_of("float64"), (5, 3)), "xs")
    with using(builder):
        # exp(w + (c - c) ...) depends on the carry until the integers cancel.
        k = constant(np.asarray(2, np.int64))

        def body(carries, slices):  # type: ignore[no-untyped-def]
            c, i = carries
            from bifront.compiler.ops import cast

            same = cast(sub(i, i), w.dtype)
            return [add(c, mul(slices[0], exp(add(w, same)))), add(i, k)], []

        (total, _), _ = scan(body, [w, k], [xs])
    graph = builder.close([w, xs], [total])
    made = optimize(graph)
    bf.verify(made)
    (loop,) = [n for n in made.nodes if n.regions]
    assert "exp" not in [n.op.name for n in loop.regions[0].nodes]
    assert "exp" in [n.op.name for n in made.nodes]
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(3), rng.standard_normal((5, 3))]
    assert same_bits(run(graph, arrays).results[0], run(made, arrays).results[0])


def test_explain_is_as_it_was() -> None:
    graph = bf.parse((GOLDEN / "step.bf").read_text())
    text = str(bf.pipeline.explain(graph, sizes={"batch": 8})) + "\n"
    assert text == (GOLDEN / "step.explain").read_text()
    assert "batch taken to be 64" in str(bf.pipeline.explain(graph))


def test_the_arithmetic_of_convolutions_is_counted_in_any_layout() -> None:
    """Two operations for each number of the result and each of a filter, forward and backward."""
    text = """graph @c(%x: f32[2, 3, 8, 8], %w: f32[16, 3, 3, 3]) {
  %0: f32[2, 16, 6, 6] = conv(%x, %w) {dilation = (1, 1), groups = 1, padding = ((0, 0), (0, 0)), strides = (1, 1)}
  %l: f32[] = reduce_sum(%0) {axes = (0, 1, 2, 3), keepdims = false}
  return %l
}"""
    from bifront.compiler.pipeline.cost import cost, node_cost
    from bifront.runtime.native.lowered import lowered

    graph = bf.gradients(bf.parse(text))
    each = 2 * (2 * 16 * 6 * 6) * (3 * 3 * 3)
    for form in (graph, lowered(graph)):
        found = [node_cost(n, {}).flops for n in form.nodes if n.op.name.startswith("conv")]
        assert found
        assert set(found) == {each}
    assert cost(graph, {}).flops >= 2 * each
