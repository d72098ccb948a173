"""The passes one by one: what is computed once, and what is dropped."""

from __future__ import annotations

import numpy as np

import bifront as bf
from bifront.compiler.control import cond
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, State, TensorType, Value, dtype_of
from bifront.compiler.ops import add, constant, exp, mul, neg, sub
from bifront.compiler.pipeline.passes import Cse, Dce

FLOATS = TensorType(dtype_of("float64"), (3,))


def names(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes]


def two_inputs() -> tuple[Building, Value, Value]:
    builder = Building("g")
    return builder, builder.input(FLOATS, "x"), builder.input(FLOATS, "y")


class TestCse:
    def test_the_same_operation_on_the_same_operands_is_computed_once(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x, y], [mul(exp(x), y), add(exp(x), y)])
        made = Cse()(graph)
        bf.verify(made)
        assert names(made) == ["exp", "mul", "add"]

    def test_what_follows_from_equal_things_is_equal(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x, y], [neg(exp(add(x, y))), neg(exp(add(x, y)))])
        made = Cse()(graph)
        assert names(made) == ["add", "exp", "neg"]
        assert made.outputs[0] is made.outputs[1]

    def test_operands_may_change_places_where_the_operation_allows_it(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x, y], [add(x, y), add(y, x), sub(x, y), sub(y, x)])
        assert names(Cse()(graph)) == ["add", "sub", "sub"]

    def test_equal_constants_are_one_and_others_are_not(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            ones = [constant(np.full(3, v)) for v in (1.0, 1.0, 2.0, -0.0, 0.0)]
            graph = builder.close([x, y], [mul(x, one) for one in ones])
        assert names(Cse()(graph)).count("mul") == 4

    def test_regions_too(self) -> None:
        builder = Building("g")
        flag = builder.input(TensorType(dtype_of("bool"), ()), "flag")
        x = builder.input(FLOATS, "x")
        with using(builder):
            (made,) = cond(flag, lambda: [mul(exp(x), exp(x))], lambda: [x])
        graph = Cse()(builder.close([flag, x], [made]))
        (node,) = graph.nodes
        assert sorted(len(region.nodes) for region in node.regions) == [0, 2]

    def test_a_graph_with_nothing_to_share_comes_back_itself(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x, y], [mul(exp(x), y)])
        assert Cse()(graph) is graph


class TestDce:
    def test_what_no_result_needs_is_dropped(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            wanted = exp(x)
            neg(mul(x, y))
            whole = builder.close([x, y], [wanted])
        graph = Graph(whole.name, whole.inputs, (), tuple(builder.nodes), whole.outputs)
        made = Dce()(graph)
        bf.verify(made)
        assert names(made) == ["exp"]
        assert made.inputs == graph.inputs

    def test_new_states_are_results(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x], [x], [State("y", y, add(x, y))])
        assert names(Dce()(graph)) == ["add"]

    def test_results_of_branches_that_nobody_uses_go_with_their_operands(self) -> None:
        builder = Building("g")
        flag = builder.input(TensorType(dtype_of("bool"), ()), "flag")
        x = builder.input(FLOATS, "x")
        y = builder.input(FLOATS, "y")
        with using(builder):
            first, _ = cond(flag, lambda: [exp(x), exp(y)], lambda: [x, y])
        made = Dce()(builder.close([flag, x, y], [first]))
        bf.verify(made)
        (node,) = made.nodes
        assert [len(node.outputs), len(node.inputs)] == [1, 2]

    def test_a_graph_where_all_is_needed_comes_back_itself(self) -> None:
        builder, x, y = two_inputs()
        with using(builder):
            graph = builder.close([x, y], [mul(exp(x), y)])
        assert Dce()(graph) is graph
