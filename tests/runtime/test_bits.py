"""Running a graph gives the same bits as evaluating its operations one by one, and shares no memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bifront.compiler.autodiff import vjp
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, symbol
from bifront.compiler.ir.dtypes import BY_NUMPY, float32
from bifront.compiler.ops import REGISTRY, add, mul, reduce_sum
from bifront.runtime.executable import compile
from bifront.runtime.layouts import Layout, layouts
from bifront.runtime.plan import make_plan
from bifront.runtime.reuse import writes_in_place

from ..properties.graphs import BATCH, Program, programs
from .bits import run_twice
from .programs import arrays_for, random_program, run_plainly

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
SIZES = [{"rows": 3, "columns": 5}, {"rows": 1, "columns": 4}, {"rows": 40, "columns": 33}]


@pytest.mark.parametrize("seed", range(80))
def test_the_same_bits_as_one_by_one(seed: int) -> None:
    graph = random_program(seed)
    executable = compile(graph)
    for i, sizes in enumerate(SIZES):
        run_twice(executable, sizes, seed + i, run_plainly)


def assert_same_bits(graph: Graph, arrays: Sequence[np.ndarray], sizes: dict[str, int]) -> None:
    expected = run_plainly(graph, arrays, sizes)
    executable = compile(graph)
    executable.check(*arrays)
    assert executable.binding(*arrays).items() <= sizes.items()
    for a, b in zip(executable(*arrays), expected, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), executable.source
        assert a.tobytes() == b.tobytes(), executable.source


@given(programs(16))
def test_the_same_bits_on_graphs_over_the_whole_registry(program: Program) -> None:
    assert_same_bits(program.graph, program.feeds, {"batch": BATCH})


@given(programs(10), st.integers(0, 2**32 - 1))
def test_the_same_bits_on_gradients(program: Program, seed: int) -> None:
    graph = vjp(program.graph)
    more = graph.inputs[len(program.graph.inputs) :]
    rng = np.random.default_rng(seed)
    seeds = [
        rng.standard_normal([d if isinstance(d, int) else BATCH for d in v.shape])
        for v in more
        if all(isinstance(d, int) or d == symbol("batch") for d in v.shape)
    ]
    assume(len(seeds) == len(more))
    arrays = [a.astype(v.dtype.numpy) for a, v in zip(seeds, more, strict=True)]
    count = len(program.graph.inputs)
    feeds = [*program.feeds[:count], *arrays, *program.feeds[count:]]
    assert_same_bits(graph, feeds, {"batch": BATCH})


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_operation_runs(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples(np.random.default_rng(0)):
        builder = Building(name)
        types = [TensorType(BY_NUMPY[x.dtype], x.shape) for x in sample.inputs]
        inputs = [builder.input(t) for t in types]
        graph = builder.close(inputs, [builder.apply(op, inputs, sample.attrs)])
        found = compile(graph)(*sample.inputs)[0]
        expected = np.asarray(op.evaluate(*sample.inputs, **sample.attrs))
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("seed", range(40))
def test_results_share_no_memory(seed: int) -> None:
    graph = random_program(seed)
    arrays = arrays_for(graph, SIZES[0], seed)
    results = compile(graph)(*arrays)
    unchanged = {len(graph.outputs) + i for i, s in enumerate(graph.states) if not s.changes}
    fresh = [r for i, r in enumerate(results) if i not in unchanged]
    for a, b in combinations(fresh, 2):
        assert not np.shares_memory(a, b)
    for a in fresh:
        assert not any(np.shares_memory(a, b) for b in arrays)
        assert a.flags.writeable
    for i in unchanged:
        assert results[i] is arrays[len(graph.inputs) + i - len(graph.outputs)]


def test_programs_do_reuse_memory() -> None:
    assert sum(make_plan(random_program(seed)).reused for seed in range(80)) > 200


def test_a_constant_as_result_is_a_copy() -> None:
    builder = Building()
    value = builder.constant(np.arange(3.0))
    executable = compile(builder.close([], [value, value]))
    first, second = executable()
    first[:] = 7
    assert second.tolist() == [0, 1, 2]
    assert executable()[0].tolist() == [0, 1, 2]


def test_column_major_arguments_keep_the_order_of_summation() -> None:
    builder = Building()
    x = builder.input(TensorType(float32, (symbol("n"), symbol("m"))), "x")
    with using(builder):
        y = reduce_sum(mul(add(mul(x, 1.5), x), x), None)
    graph = builder.close([x], [y])
    x = np.asfortranarray(np.random.default_rng(0).standard_normal((300, 70)).astype(np.float32))
    assert compile(graph)(x)[0].tobytes() == run_plainly(graph, [x], {})[0].tobytes()


class TestWhatThePlanTakesForGranted:
    """About every operation, so that a new one that breaks it is found."""

    @pytest.mark.parametrize("name", sorted(REGISTRY))
    def test_results_are_fresh_unless_the_operation_is_a_view(self, name: str) -> None:
        op = REGISTRY[name]
        if op.view or name == "constant":
            return
        for sample in op.samples(np.random.default_rng(0)):
            y = op.evaluate(*sample.inputs, **sample.attrs)
            if isinstance(y, np.ndarray):
                assert y.flags.writeable
                assert not any(np.shares_memory(y, x) for x in sample.inputs)

    @pytest.mark.parametrize("name", sorted(REGISTRY))
    def test_row_major_operands_give_row_major_results_where_the_plan_says_so(
        self, name: str
    ) -> None:
        op = REGISTRY[name]
        for sample in op.samples(np.random.default_rng(0)):
            builder = Building()
            arrays = [np.ascontiguousarray(x).reshape(x.shape) for x in sample.inputs]
            types = [TensorType(BY_NUMPY[x.dtype], x.shape) for x in arrays]
            inputs = [builder.input(t) for t in types]
            with using(builder):
                y = builder.apply(op, inputs, sample.attrs)
            graph = builder.close(inputs, [y])
            found = op.evaluate(*arrays, **sample.attrs)
            if layouts(graph)[y] is Layout.CONTIGUOUS and isinstance(found, np.ndarray):
                assert found.flags.c_contiguous

    @pytest.mark.parametrize("name", sorted(REGISTRY))
    def test_a_ufunc_gives_the_same_bits_in_place(self, name: str) -> None:
        op = REGISTRY[name]
        if not isinstance(op.evaluate, np.ufunc):
            return
        rng = np.random.default_rng(0)
        for size in [*range(1, 40), 1000]:
            for dtype in (np.float32, np.float64, np.float16):
                _in_place(op.evaluate, [_numbers(rng, size, dtype) for _ in range(op.evaluate.nin)])


def _in_place(ufunc: np.ufunc, operands: list[np.ndarray]) -> None:
    dtype = operands[0].dtype
    try:
        if ufunc.resolve_dtypes((*[dtype] * ufunc.nin, None))[-1] != dtype:
            return
    except TypeError:
        return
    for position in range(ufunc.nin):
        copies = [x.copy() for x in operands]
        expected = ufunc(*operands)
        assert ufunc(*copies, out=copies[position]).tobytes() == expected.tobytes()


def _numbers(rng: np.random.Generator, size: int, dtype: type) -> np.ndarray:
    x = (rng.standard_normal(size) * 3).astype(dtype)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-5], dtype)
    return np.where(rng.random(size) < 0.2, rng.choice(special, size), x)


def test_in_place_needs_the_operation_to_keep_the_type() -> None:
    builder = Building()
    x = builder.input(TensorType(float32, (3,)))
    with using(builder):
        graph = builder.close([x], [builder.apply(REGISTRY["lt"], (x, x), {})])
    assert not writes_in_place(graph.nodes[0]) or graph.nodes[0].output.dtype.is_bool
