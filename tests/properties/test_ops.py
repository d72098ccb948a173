"""What must hold of every operation in the registry. A new operation is tested by being defined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from bifront.compiler.autodiff import backward, jvp, specialize, vjp
from bifront.compiler.dispatch import EAGER, RECORDING, leaf
from bifront.compiler.errors import BifrontError, DTypeError, ShapeError
from bifront.compiler.ir import Dim, Graph, TensorType, symbol
from bifront.compiler.ir.dtypes import ALL, bool_, float32, float64, int32
from bifront.compiler.ops import REGISTRY, Kind, Op

from .reference import (
    DIFFERENTIABLE,
    OPS,
    TOLERANCE,
    assert_fits,
    cotangents,
    describe,
    graph_of,
    moving,
    numeric_jvp,
    numeric_vjp,
    run,
    samples,
    smooth_samples,
    type_of,
)

every_op = pytest.mark.parametrize("name", OPS)
every_differentiable_op = pytest.mark.parametrize("name", DIFFERENTIABLE)


def assert_close(found: list[np.ndarray], expected: list[np.ndarray], what: str) -> None:
    assert len(found) == len(expected), what
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, err_msg=what)


def as_type(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats as another type; whole numbers are rounded away from zero, so that divisors stay divisors."""
    if dtype.kind in "iu":
        return np.ceil(np.abs(x)).astype(dtype)
    return x.astype(dtype)


class TestTypes:
    @every_op
    def test_there_are_samples(self, name: str) -> None:
        assert samples(REGISTRY[name])
        assert smooth_samples(REGISTRY[name]) or not REGISTRY[name].differentiable

    @every_op
    def test_evaluation_gives_the_inferred_type(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            inferred = op.infer(*map(type_of, sample.inputs), **sample.attrs)
            with np.errstate(all="ignore"):
                y = op.evaluate(*sample.inputs, **sample.attrs)
            assert_fits(y, inferred, describe(op, sample.inputs, sample.attrs))

    @every_op
    @pytest.mark.parametrize("dtype", ALL, ids=str)
    def test_an_element_type_is_rejected_or_computed_as_inferred(self, name: str, dtype) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            if any(x.dtype.kind == "f" and np.isnan(x).any() for x in sample.inputs):
                continue
            inputs = [
                as_type(x, dtype.numpy) if x.dtype == np.float64 else x for x in sample.inputs
            ]
            what = describe(op, inputs, sample.attrs)
            try:
                inferred = op.infer(*map(type_of, inputs), **sample.attrs)
            except DTypeError:
                continue
            with np.errstate(all="ignore"):
                assert_fits(op.evaluate(*inputs, **sample.attrs), inferred, what)

    @every_op
    def test_operands_of_two_element_types_are_rejected(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            floats = [i for i, x in enumerate(sample.inputs) if x.dtype == np.float64]
            for position in floats[1:]:
                types = [type_of(x) for x in sample.inputs]
                types[position] = types[position].with_dtype(float32)
                with pytest.raises(DTypeError):
                    op.infer(*types, **sample.attrs)

    @every_op
    def test_symbolic_dimensions_come_out_as_the_sizes_they_stand_for(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            types = [type_of(x) for x in sample.inputs]
            concrete = op.infer(*types, **sample.attrs)
            for size in sizes(types):
                symbolic = op.infer(*with_symbol(types, size), **sample.attrs)
                found = symbolic.substitute({"n": size})
                what = f"{describe(op, sample.inputs, sample.attrs)} with n={size}: {symbolic}"
                assert found.dtype is concrete.dtype, what
                assert len(found.shape) == len(concrete.shape), what
                for d, e in zip(found.shape, concrete.shape, strict=True):
                    assert d == e or not isinstance(d, int) or not isinstance(e, int), what


class TestEvaluation:
    @every_op
    def test_operands_stay_as_they_are_and_results_are_fresh(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            before = [x.copy() for x in sample.inputs]
            with np.errstate(all="ignore"):
                y = np.asarray(op.evaluate(*sample.inputs, **sample.attrs))
            what = describe(op, sample.inputs, sample.attrs)
            for i, (x, copy) in enumerate(zip(sample.inputs, before, strict=True)):
                np.testing.assert_array_equal(x, copy, err_msg=what)
                assert (op.view and i == 0) or not np.shares_memory(x, y), what

    @every_op
    def test_a_graph_computes_what_eager_evaluation_does(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            graph = graph_of(op, [type_of(x) for x in sample.inputs], sample.attrs)
            (built,) = run(graph, sample.inputs)
            operands = [leaf(x) for x in sample.inputs]
            what = describe(op, sample.inputs, sample.attrs)
            for interpreter in (EAGER, RECORDING):
                results = [interpreter.apply(op, operands, sample.attrs)]
                if not sample.attrs and len(operands) == 1:
                    results.append(interpreter.apply1(op, operands[0]))
                if not sample.attrs and len(operands) == 2:
                    results.append(interpreter.apply2(op, *operands))
                for result in results:
                    np.testing.assert_array_equal(result.data, built, err_msg=what)

    @every_op
    def test_arrays_in_any_layout_give_the_same(self, name: str) -> None:
        op = REGISTRY[name]
        for sample in samples(op):
            scattered = [np.repeat(x.T, 2, axis=0)[::2].T if x.ndim else x for x in sample.inputs]
            with np.errstate(all="ignore"):
                a = op.evaluate(*sample.inputs, **sample.attrs)
                b = op.evaluate(*scattered, **sample.attrs)
            what = describe(op, sample.inputs, sample.attrs)
            np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=what)


class TestDerivatives:
    @every_differentiable_op
    def test_reverse_mode_agrees_with_finite_differences(self, name: str) -> None:
        for graph, inputs, what in differentiable_graphs(REGISTRY[name]):
            check_reverse(graph, inputs, what)

    @every_differentiable_op
    def test_forward_mode_agrees_with_finite_differences_and_is_the_adjoint(
        self, name: str
    ) -> None:
        for graph, inputs, what in differentiable_graphs(REGISTRY[name]):
            check_forward(graph, inputs, what)

    @every_differentiable_op
    def test_second_derivatives_agree_with_finite_differences(self, name: str) -> None:
        rng = np.random.default_rng(1)
        for graph, inputs, what in differentiable_graphs(REGISTRY[name]):
            gradient = vjp(graph)
            check_reverse(gradient, [*inputs, *cotangents(graph, rng)], what)

    @every_differentiable_op
    def test_forward_over_reverse_agrees_with_finite_differences(self, name: str) -> None:
        rng = np.random.default_rng(1)
        for graph, inputs, what in differentiable_graphs(REGISTRY[name]):
            gradient = vjp(graph)
            check_forward(gradient, [*inputs, *cotangents(graph, rng)], what)

    @every_differentiable_op
    def test_eager_backward_computes_what_the_gradient_graph_does(self, name: str) -> None:
        op = REGISTRY[name]
        rng = np.random.default_rng(1)
        for sample in samples(op):
            graph = graph_of(op, [type_of(x) for x in sample.inputs], sample.attrs)
            if not graph.outputs[0].dtype.is_float or not moving(graph):
                continue
            seed = rng.standard_normal(graph.outputs[0].shape)
            seed = seed.astype(graph.outputs[0].dtype.numpy)
            expected = run(vjp(graph), [*sample.inputs, seed])
            leaves = [leaf(x, tracked=x.dtype.kind == "f") for x in sample.inputs]
            with np.errstate(all="ignore"):
                y = RECORDING.apply(op, leaves, sample.attrs)
                found = backward([y], [leaf(seed)], [x for x in leaves if x.tracked])
            what = describe(op, sample.inputs, sample.attrs)
            for x, want in zip([x for x in leaves if x.tracked], expected, strict=True):
                if x in found:
                    assert found[x].type == x.type, what
                    np.testing.assert_array_equal(found[x].data, want, err_msg=what)
                else:
                    np.testing.assert_array_equal(want, np.zeros_like(want), err_msg=what)

    @every_differentiable_op
    def test_gradients_of_symbolic_graphs_specialize_to_those_of_concrete_ones(
        self, name: str
    ) -> None:
        op = REGISTRY[name]
        for graph, inputs, what in differentiable_graphs(op):
            types = [v.type for v in graph.inputs]
            attrs = graph.nodes[0].attrs
            seeds = cotangents(graph, np.random.default_rng(1))
            for size in sizes(types):
                symbolic = vjp(graph_of(op, with_symbol(types, size), attrs))
                if not all(v.type.substitute({"n": size}).is_concrete for v in symbolic.outputs):
                    continue
                found = run(specialize(symbolic, {"n": size}), [*inputs, *seeds])
                assert_close(found, run(vjp(graph), [*inputs, *seeds]), f"{what} with n={size}")


def check_reverse(graph: Graph, inputs: list[np.ndarray], what: str) -> None:
    seeds = cotangents(graph, np.random.default_rng(2))
    found = run(vjp(graph), [*inputs, *seeds])
    assert_close(found, numeric_vjp(graph, inputs, seeds), what)


def check_forward(graph: Graph, inputs: list[np.ndarray], what: str) -> None:
    rng = np.random.default_rng(3)
    tangents = [rng.standard_normal(inputs[i].shape) for i in moving(graph)]
    pushed = run(jvp(graph), [*inputs, *tangents])[len(graph.outputs) :]
    assert_close(pushed, numeric_jvp(graph, inputs, tangents), what)
    seeds = cotangents(graph, rng)
    pulled = run(vjp(graph), [*inputs, *seeds])
    left = sum(np.sum(a * b) for a, b in zip(seeds, pushed, strict=True))
    right = sum(np.sum(a * b) for a, b in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9, err_msg=what)


def differentiable_graphs(op: Op) -> list[tuple[Graph, list[np.ndarray], str]]:
    return [
        (
            graph_of(op, [type_of(x) for x in s.inputs], s.attrs),
            list(s.inputs),
            describe(op, s.inputs, s.attrs),
        )
        for s in smooth_samples(op)
    ]


def sizes(types: list[TensorType]) -> list[int]:
    return sorted({d for t in types for d in t.shape if isinstance(d, int) and d > 1})


def with_symbol(types: list[TensorType], size: int) -> list[TensorType]:
    n: Dim = symbol("n")
    return [t.with_shape([n if d == size else d for d in t.shape]) for t in types]


POINTWISE = [
    name
    for name in OPS
    if REGISTRY[name].kind is Kind.ELEMENTWISE and not any(s.attrs for s in samples(REGISTRY[name]))
]
REDUCTIONS = [name for name in OPS if name.startswith("reduce_")]


def first_accepted(op: Op, operands: int) -> list[TensorType] | None:
    """Scalar types that the operation takes."""
    for dtypes in ([float32], [int32], [bool_], [bool_, float32, float32]):
        types = [TensorType(t, ()) for t in (dtypes * operands if len(dtypes) == 1 else dtypes)]
        if len(types) == operands:
            try:
                op.infer(*types)
            except DTypeError:
                continue
            return types
    return None


class TestShapes:
    @pytest.mark.parametrize("name", POINTWISE)
    @given(data=st.data())
    def test_pointwise_operations_broadcast_as_numpy_does(self, name: str, data) -> None:
        op = REGISTRY[name]
        operands = len(samples(op)[0].inputs)
        shapes = data.draw(mutually_broadcastable_shapes(num_shapes=operands, min_side=0))
        scalars = first_accepted(op, operands)
        assert scalars is not None
        types = [t.with_shape(s) for t, s in zip(scalars, shapes.input_shapes, strict=True)]
        y = op.evaluate(*[np.ones(t.shape, t.dtype.numpy) for t in types])
        assert y.shape == shapes.result_shape
        assert type_of(y) == op.infer(*types)

    @pytest.mark.parametrize(
        "name", [n for n in POINTWISE if len(samples(REGISTRY[n])[0].inputs) > 1]
    )
    def test_shapes_that_do_not_broadcast_are_rejected(self, name: str) -> None:
        op = REGISTRY[name]
        scalars = first_accepted(op, len(samples(op)[0].inputs))
        assert scalars is not None
        types = [t.with_shape((2 + i,)) for i, t in enumerate(scalars)]
        with pytest.raises(ShapeError, match=r"\[2\]|\[3\]|\[4\]"):
            op.infer(*types)

    @pytest.mark.parametrize("name", REDUCTIONS)
    @given(data=st.data())
    def test_reductions_take_any_axes(self, name: str, data) -> None:
        op = REGISTRY[name]
        shape = data.draw(array_shapes(min_dims=1, max_dims=4, max_side=4))
        axes = tuple(sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))))
        attrs = {"axes": axes, "keepdims": data.draw(st.booleans())}
        dtype = next(t for t in (float64, bool_) if accepts(op, TensorType(t, shape), attrs))
        y = op.evaluate(np.ones(shape, dtype.numpy), **attrs)
        assert type_of(y) == op.infer(TensorType(dtype, shape), **attrs)


def accepts(op: Op, x: TensorType, attrs) -> bool:
    try:
        op.infer(x, **attrs)
    except BifrontError:
        return False
    return True
