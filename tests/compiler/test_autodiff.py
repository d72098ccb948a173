"""Reverse and forward mode over graphs and over eager history."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bifront.compiler import ops
from bifront.compiler.autodiff import backward, gradients, history, jvp, specialize, vjp
from bifront.compiler.dispatch import RECORDING, Array, Building, Recording, leaf, using
from bifront.compiler.errors import GradientError
from bifront.compiler.ir import Graph, State, TensorType, Value, dtype_of, symbol

from ..properties.reference import run

F64 = dtype_of("float64")
VECTOR = TensorType(F64, (3,))
SCALAR = TensorType(F64, ())


def graph_of(function: Callable[..., Value | Sequence[Value]], *types: TensorType) -> Graph:
    builder = Building("f")
    inputs = [builder.input(t, f"x{i}") for i, t in enumerate(types)]
    with using(builder):
        outputs = function(*inputs)
    return builder.close(inputs, [outputs] if isinstance(outputs, Value) else outputs)


def tracked(*values: object) -> list[Array]:
    return [leaf(np.asarray(v, np.float64), tracked=True) for v in values]


ONES = np.ones(3)


class TestReverseOverGraphs:
    def test_a_value_used_twice_gets_the_sum(self) -> None:
        graph = graph_of(lambda x: ops.add(ops.mul(x, x), x), VECTOR)
        assert_array_equal(run(vjp(graph), [np.arange(3.0), ONES])[0], [1, 3, 5])

    def test_an_output_that_is_an_input_and_one_given_twice(self) -> None:
        def f(x: Value) -> list[Value]:
            y = ops.mul(x, 2.0)
            return [x, y, y]

        found = run(vjp(graph_of(f, VECTOR)), [ONES, ONES, 10 * ONES, 100 * ONES])
        assert_array_equal(found[0], 1 + 20 + 200 * ONES)

    def test_where_no_path_leads_the_cotangent_is_zero(self) -> None:
        graph = graph_of(lambda x, y: ops.stop_gradient(x), VECTOR, SCALAR)
        for cotangent, shape in zip(
            run(vjp(graph), [ONES, np.array(2.0), ONES]), [(3,), ()], strict=True
        ):
            assert_array_equal(cotangent, np.zeros(shape))

    def test_integers_have_no_gradient(self) -> None:
        def f(x: Value, i: Value) -> list[Value]:
            return [ops.mul(x, ops.cast(i, F64)), ops.cast(x, i.dtype)]

        integers = TensorType(dtype_of("int32"), (3,))
        gradient = vjp(graph_of(f, VECTOR, integers))
        assert [str(v.type) for v in gradient.inputs] == ["f64[3]", "i32[3]", "f64[3]"]
        (found,) = run(gradient, [ONES, np.arange(3, dtype=np.int32), ONES])
        assert_array_equal(found, [0, 1, 2])

    def test_inputs_and_slots_are_chosen_by_position_and_name(self) -> None:
        builder = Building("f")
        x, w = builder.input(SCALAR, "x"), builder.input(SCALAR, "w")
        with using(builder):
            y = ops.mul(x, w)
        graph = builder.close([x], [y], [State("w", w, w)])
        gradient = gradients(graph, ["w", 0])
        assert [s.slot for s in gradient.states] == ["w"]
        assert [v.item() for v in run(gradient, [np.array(3.0), np.array(5.0)])] == [3.0, 5.0]
        assert len(gradients(graph).outputs) == 2

    def test_gradients_want_one_scalar(self) -> None:
        with pytest.raises(GradientError, match=r"'f' gives f64\[3\]"):
            gradients(graph_of(lambda x: x, VECTOR))

    def test_gradient_nodes_carry_the_line_of_the_forward_node(self) -> None:
        graph = graph_of(lambda x: ops.exp(x), VECTOR)
        (forward,) = graph.nodes
        made = vjp(graph).nodes
        assert {str(n.location) for n in made} == {str(forward.location)}
        assert "test_autodiff.py" in str(forward.location)

    def test_any_depth(self) -> None:
        def f(x: Value) -> Value:
            for _ in range(3000):
                x = ops.mul(x, 1.0)
            return x

        (found,) = run(vjp(graph_of(f, VECTOR)), [ONES, ONES])
        assert_array_equal(found, ONES)

    def test_symbolic_gradients(self) -> None:
        n = symbol("n")
        graph = graph_of(lambda x: ops.reduce_sum(ops.mul(x, x)), TensorType(F64, (n, 2)))
        gradient = gradients(graph)
        assert str(gradient.outputs[0].type) == "f64[n, 2]"
        x = np.arange(6.0).reshape(3, 2)
        assert_array_equal(run(specialize(gradient, {"n": 3}), [x])[0], 2 * x)


class TestForward:
    def test_tangents_of_chosen_inputs(self) -> None:
        graph = graph_of(lambda x, y: ops.mul(x, y), VECTOR, VECTOR)
        value, tangent = run(jvp(graph, [1]), [2 * ONES, 3 * ONES, ONES])
        assert_array_equal(value, 6 * ONES)
        assert_array_equal(tangent, 2 * ONES)

    def test_a_broadcast_operand(self) -> None:
        graph = graph_of(lambda x, y: ops.sub(x, y), VECTOR, SCALAR)
        _, tangent = run(jvp(graph, [1]), [ONES, np.array(1.0), np.array(4.0)])
        assert_array_equal(tangent, -4 * ONES)

    def test_nothing_passes_integers(self) -> None:
        graph = graph_of(lambda x: ops.cast(ops.cast(x, dtype_of("int32")), F64), VECTOR)
        _, tangent = run(jvp(graph), [ONES, ONES])
        assert_array_equal(tangent, 0 * ONES)


class TestEagerHistory:
    def test_values_asked_for_on_the_way(self) -> None:
        (x,) = tracked([1, 2, 3])
        y = ops.mul(x, x)
        z = ops.mul(y, 3.0)
        found = backward([z], [leaf(ONES)], [x, y])
        assert_array_equal(found[y].data, 3 * ONES)
        assert_array_equal(found[x].data, [6, 12, 18])

    def test_a_hook_sees_the_whole_cotangent_and_may_change_it(self) -> None:
        (x,) = tracked([1, 2, 3])
        y = ops.mul(x, 2.0)
        seen = []

        def visit(value: Array, g: Array) -> Array | None:
            if value is y:
                seen.append(g.data.tolist())
                return ops.neg(g)
            return None

        found = backward([ops.add(y, y)], [leaf(ONES)], [x], visit=visit)
        assert seen == [[2, 2, 2]]
        assert_array_equal(found[x].data, -4 * ONES)

    def test_python_numbers_are_constants(self) -> None:
        (x,) = tracked([1, 2, 4])
        found = backward([ops.div(1.0, x)], [leaf(ONES)], [x])
        assert_array_equal(found[x].data, [-1, -1 / 4, -1 / 16])

    def test_a_recorded_gradient_can_be_differentiated_and_carries_the_forward_line(self) -> None:
        (x,) = tracked([1, 2, 3])
        y = ops.mul(ops.mul(x, x), x)
        first = backward([y], [leaf(ONES)], [x], interpreter=Recording())[x]
        assert str(first.location) == str(y.location)
        assert_array_equal(backward([first], [leaf(ONES)], [x])[x].data, [6, 12, 18])

    def test_what_is_not_tracked_is_not_walked(self) -> None:
        (x,) = tracked([1, 2, 3])
        constant = leaf(ONES)
        y = ops.mul(ops.stop_gradient(x), constant)
        assert not y.tracked
        assert history([y]) == []

    def test_any_depth(self) -> None:
        (x,) = tracked([1, 2, 3])
        y = x
        for _ in range(20_000):
            y = ops.add(y, 1.0)
        assert_array_equal(backward([y], [leaf(ONES)], [x])[x].data, ONES)

    def test_history_is_freed_without_the_cycle_collector(self) -> None:
        gc.collect()
        gc.disable()
        try:
            (x,) = tracked([1, 2, 3])
            y = ops.exp(ops.mul(x, x))
            backward([y], [leaf(ONES)], [x])
            alive = weakref.ref(y.inputs[0])
            del y
            assert alive() is None
        finally:
            gc.enable()

    def test_sums_are_written_in_the_order_of_the_graph(self) -> None:
        """A stopped path to p comes first; were it walked, p's part of the gradient would be added last."""

        def f(x: Value | Array) -> Value | Array:
            p, q = ops.exp(x), ops.sin(x)
            return ops.mul(ops.stop_gradient(ops.mul(p, q)), ops.add(q, p))

        gradient = vjp(graph_of(f, VECTOR)).outputs[0]
        assert gradient.producer is not None
        built = [v.producer.inputs[1].producer.op.name for v in gradient.producer.inputs]
        (x,) = tracked([1, 2, 3])
        found = backward([f(x)], [leaf(ONES)], [x], interpreter=Recording(everything=True))[x]
        assert found.op is ops.ADD
        assert [part.inputs[1].op.name for part in found.inputs] == built == ["exp", "cos"]

    def test_the_interpreter_is_restored_when_a_rule_fails(self) -> None:
        from bifront.compiler.dispatch import current

        (x,) = tracked([1, 2, 3])

        def fail(value: Array, g: Array) -> Array | None:
            raise RuntimeError("a hook that fails")

        with pytest.raises(RuntimeError, match="a hook that fails"):
            backward([ops.exp(x)], [leaf(ONES)], [x], visit=fail)
        assert current() is RECORDING
