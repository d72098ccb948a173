"""What nodes with regions are made of: captures, canonical form, errors; and Python where nothing is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bifront.compiler import ops
from bifront.compiler.autodiff import specialize, vjp
from bifront.compiler.control import SCAN, cond, fresh_size, scan, while_loop
from bifront.compiler.dispatch import EAGER, Building, leaf, using
from bifront.compiler.errors import DTypeError, GradientError, GraphError, ShapeError
from bifront.compiler.ir import Graph, TensorType, symbol
from bifront.compiler.ir.dtypes import float32, float64, int64
from bifront.compiler.ir.verify import verify
from bifront.compiler.passes import finish

from .interpreter import run

t = symbol("t")


def lstm(order: str) -> Graph:
    """The same recurrence with its carries given in either order, and its weight transposed inside or outside."""
    b = Building("lstm")
    xs = b.input(TensorType(float64, (t, 1, 3)), "xs")
    w = b.input(TensorType(float64, (4, 3)), "w")
    start = b.input(TensorType(float64, (1, 4)), "start")
    with using(b):
        outside = ops.transpose(w, (1, 0))

        def new(h, c, x):
            kernel = outside if order == "hc" else ops.transpose(w, (1, 0))
            gate = ops.sigmoid(ops.add(ops.matmul(x, kernel), h))
            c = ops.add(ops.mul(c, gate), gate)
            return ops.mul(ops.tanh(c), gate), c

        if order == "hc":

            def step(carries, slices):
                h, c = new(*carries, slices[0])
                return [h, c], [h]

            (h, c), (hs,) = scan(step, [start, ops.sin(start)], [xs])
        else:

            def step(carries, slices):
                h, c = new(carries[1], carries[0], slices[0])
                return [c, h, carries[2]], [ops.neg(c), h]

            (c, h, _), (_, hs) = scan(step, [ops.sin(start), start, w], [xs])
        loss = ops.add(ops.reduce_sum(hs), ops.reduce_sum(ops.mul(h, c)))
    return b.close([xs, w, start], [loss])


def test_the_order_in_which_an_author_lists_carries_plays_no_part() -> None:
    one, other = lstm("hc"), lstm("ch")
    assert finish(one).fingerprint() == finish(other).fingerprint()
    assert finish(vjp(one)).fingerprint() == finish(vjp(other)).fingerprint()


def test_what_does_not_change_in_a_loop_leaves_it() -> None:
    (node,) = [n for n in lstm("ch").nodes if n.op is SCAN]
    assert node.attrs["carries"] == 2  # not the weight that is only handed on
    assert all(n.op is not ops.TRANSPOSE for n in node.regions[0].nodes)


def test_reverse_mode_leaves_one_forward_and_one_backward_loop() -> None:
    graph = finish(vjp(lstm("hc")))
    assert [n.attrs["reverse"] for n in graph.nodes if n.op is SCAN] == [False, True]


def test_sizes_are_put_into_regions() -> None:
    graph = specialize(lstm("hc"), {"t": 5})
    verify(graph)
    (node,) = [n for n in graph.nodes if n.op is SCAN]
    assert node.attrs["length"] == 5


def test_constants_are_no_captures() -> None:
    b = Building("g")
    x = b.input(TensorType(float32, (3,)), "x")
    with using(b):
        two = ops.constant(2.0, float32)
        (y,), _ = scan(lambda c, _: ([ops.mul(c[0], two)], []), [x], [], length=3)
    assert len(y.producer.inputs) == 1


def test_eager_interpreters_run_python() -> None:
    x = np.arange(6.0).reshape(3, 2)
    with using(EAGER):
        a = leaf(x)
        (last,), (sums,) = scan(
            lambda c, s: ([ops.add(c[0], s[0])], [ops.mul(c[0], 1.0)]),
            [leaf(np.zeros(2))],
            [a],
            reverse=True,
        )
        np.testing.assert_array_equal(last.data, x.sum(0))
        np.testing.assert_array_equal(sums.data, [[6, 8], [4, 5], [0, 0]])
        (n,) = while_loop(
            lambda n: ops.lt(n, 10.0), lambda n: [ops.mul(n, 2.0)], [leaf(np.array(1.0))]
        )
        assert n.data == 16
        (m,) = while_loop(
            lambda n: ops.lt(n, 10.0), lambda n: [ops.mul(n, 2.0)], [leaf(np.array(1.0))], 2
        )
        assert m.data == 4
        (z,) = cond(leaf(np.array(False)), lambda: 1 / 0, lambda: [n])
        assert z is n


def test_carries_may_grow() -> None:
    b = Building("g")
    x = b.input(TensorType(float64, (2, 3)), "x")
    n = fresh_size()
    with using(b):
        (y,) = while_loop(
            lambda y: ops.lt(ops.reduce_sum(y), 10.0),
            lambda y: [ops.concatenate([y, x], 0)],
            [x],
            varying=[TensorType(float64, (n, 3))],
        )
        z = ops.reduce_sum(y, (0,))
    graph = b.close([x], [y, z])
    verify(graph)
    found, total = run(graph, [np.full((2, 3), 0.5)])
    assert found.shape == (8, 3)
    np.testing.assert_array_equal(total, [4, 4, 4])


def test_what_grows_has_no_gradient_that_needs_every_size() -> None:
    b = Building("g")
    x = b.input(TensorType(float64, (2, 3)), "x")
    with using(b):
        (y,) = while_loop(
            lambda y: ops.lt(ops.reduce_sum(y), 10.0),
            lambda y: [ops.concatenate([ops.sin(y), x], 0)],
            [x],
            varying=[TensorType(float64, (fresh_size(), 3))],
        )
        graph = b.close([x], [ops.reduce_sum(y)])
    with pytest.raises(GradientError, match="size changes from one to the next"):
        vjp(graph)


def test_branches_may_differ_in_sizes() -> None:
    b = Building("g")
    x = b.input(TensorType(float64, (4,)), "x")
    with using(b):
        (y,) = cond(
            ops.gt(ops.reduce_sum(x), 0.0), lambda: [x], lambda: [ops.slice_(x, (1,), (3,), (1,))]
        )
        z = ops.neg(y)
    graph = b.close([x], [z])
    verify(graph)
    assert run(graph, [np.ones(4)])[0].shape == (4,)
    assert run(graph, [-np.ones(4)])[0].shape == (2,)


# Errors: the answer, and the lines of this file.

LINES = Path(__file__).read_text().splitlines()


def line_of(mark: str) -> int:
    (line,) = [i for i, text in enumerate(LINES, 1) if text.rstrip().endswith(f"# {mark}")]
    return line


def building() -> tuple[Building, object]:
    b = Building("g")
    return b, b.input(TensorType(float32, (3,)), "x")


def test_a_carry_that_changes_its_type() -> None:
    b, x = building()
    with using(b), pytest.raises(DTypeError) as caught:
        scan(lambda c, _: ([c[0], ops.cast(c[1], int64)], []), [x, x], [], length=2)  # cast
    assert "carry 1 (x)" in str(caught.value)
    assert "f32[3]" in str(caught.value)
    assert "i64[3]" in str(caught.value)
    assert f"{__file__}:{line_of('cast')}" in str(caught.value)


def test_a_carry_that_changes_its_shape() -> None:
    b, x = building()
    with (
        using(b),
        pytest.raises(ShapeError, match=r"carry 0 \(x\) of while .*f32\[3\].*f32\[6\]") as caught,
    ):
        while_loop(
            lambda x: ops.lt(ops.reduce_sum(x), 1.0),
            lambda x: [ops.concatenate([x, x], 0)],  # grows
            [x],
        )
    assert f"{__file__}:{line_of('grows')}" in str(caught.value)


def test_branches_of_different_types() -> None:
    b, x = building()
    with (
        using(b),
        pytest.raises(DTypeError, match=r"output 1 of cond is f32\[3\].*i64\[3\]") as caught,
    ):
        cond(
            ops.gt(ops.reduce_sum(x), 0.0),
            lambda: [x, ops.sin(x)],  # then
            lambda: [x, ops.cast(x, int64)],  # otherwise
        )
    assert f"{__file__}:{line_of('then')}" in str(caught.value)
    assert f"{__file__}:{line_of('otherwise')}" in str(caught.value)


@pytest.mark.parametrize("other", [False, True])
def test_a_value_of_a_loop_used_outside_it(other: bool) -> None:
    b, x = building()
    kept = []

    def step(c, _):
        kept.append(ops.sin(c[0]))  # inside
        return [kept[-1]], []

    with using(b):
        scan(step, [x], [], length=2)
        if other:
            use = lambda: scan(lambda c, _: ([ops.add(c[0], kept[0])], []), [x], [], length=2)  # noqa: E731  # other loop
        else:
            use = lambda: ops.add(x, kept[0])  # noqa: E731  # outside
        with pytest.raises(GraphError, match="made inside a body and is used outside it") as caught:
            use()
    assert f"{__file__}:{line_of('inside')}" in str(caught.value)
    assert f"{__file__}:{line_of('other loop' if other else 'outside')}" in str(caught.value)


def test_conditions_are_one_truth_value() -> None:
    b, x = building()
    with using(b):
        with pytest.raises(ShapeError, match=r"the condition of while is bool\[3\]"):
            while_loop(lambda x: ops.lt(x, 1.0), lambda x: [x], [x])
        with pytest.raises(DTypeError, match=r"the condition of cond is f32\[3\]"):
            cond(x, lambda: [x], lambda: [x])


def test_a_body_that_forgets_a_carry() -> None:
    b, x = building()
    with using(b), pytest.raises(GraphError, match="takes 2 carries and gives 1"):
        while_loop(lambda x, y: ops.lt(ops.reduce_sum(x), 1.0), lambda x, y: [x], [x, x])
