"""Branches and loops in generated code: sizes, stacks, errors, observers, memory."""

from __future__ import annotations

import signal
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from bifront.compiler import control, ops
from bifront.compiler.autodiff import vjp
from bifront.compiler.control import COND, SCAN, WHILE, trace
from bifront.compiler.dispatch import Building, using
from bifront.compiler.errors import GraphError, IndexOutOfRange, ShapeError
from bifront.compiler.ir import Dim, Graph, Node, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import DType, float32, int64
from bifront.compiler.ir.verify import verify
from bifront.runtime.buffers.reference import peak
from bifront.runtime.executable import compile
from bifront.runtime.plan import make_plan

from ..compiler.control.interpreter import run as run_plainly

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
N, M = symbol("n"), symbol("m")


def graph_of(
    build: Callable[..., object], *shapes: tuple[Dim, ...], dtype: DType = float32
) -> Graph:
    """The graph of a function of inputs named a, b, c..."""
    builder = Building("graph")
    inputs = [builder.input(TensorType(dtype, s), "abcdef"[i]) for i, s in enumerate(shapes)]
    with using(builder):
        outputs = build(*inputs)
    graph = builder.close(inputs, outputs if isinstance(outputs, list) else [outputs])
    verify(graph)
    return graph


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def number(value: float, dtype: DType = int64) -> Value:
    made = ops.constant(value, dtype)
    assert isinstance(made, Value)
    return made


def building(value: Value) -> Building:
    assert isinstance(value.owner, Building)
    return value.owner


def cumulative(a: Value) -> list[object]:
    """Sums of the first rows, and the last of them."""
    zero = ops.zeros_like(ops.reduce_sum(a, (0,)))
    carries, stacks = control.scan(lambda c, s: ([ops.add(*c, *s)],) * 2, [zero], [a])
    return [*carries, *stacks]


class TestScan:
    def test_one_program_for_all_lengths(self) -> None:
        run = compile(graph_of(cumulative, (N, 3)))
        for n in (0, 1, 2, 50):
            x = np.random.default_rng(n).standard_normal((n, 3)).astype(np.float32)
            last, sums = run(x)
            expected = np.zeros((n + 1, 3), np.float32)
            for i in range(n):
                expected[i + 1] = expected[i] + x[i]
            assert sums.dtype == np.float32
            assert sums.tobytes() == expected[1:].tobytes()
            assert last.tobytes() == expected[-1].tobytes()

    def test_numbers(self) -> None:
        last, sums = compile(graph_of(cumulative, (N,)))(np.arange(4, dtype=np.float32))
        assert type(last) is np.ndarray
        assert last.shape == ()
        assert (last, sums.tolist()) == (6, [0, 1, 3, 6])

    def test_backwards(self) -> None:
        def build(a: Value, b: Value) -> list[object]:
            body = lambda c, s: ([ops.add(ops.mul(c[0], 2.0), s[0])], [c[0]])  # noqa: E731
            carries, stacks = control.scan(body, [b], [a], reverse=True)
            return [*carries, *stacks]

        last, before = compile(graph_of(build, (N,), ()))(np.array([1, 2, 3], np.float32), ones())
        assert last == ((1 * 2 + 3) * 2 + 2) * 2 + 1
        assert before.tolist() == [12, 5, 1]

    def test_carries_that_change_places(self) -> None:
        def build(a: Value) -> list[object]:
            body = lambda c, s: ([c[1], ops.add(c[0], c[1]), c[0]], [c[2]])  # noqa: E731
            carries, stacks = control.scan(body, [a, ops.exp(a), a], [], length=10)
            return [*carries, *stacks]

        first, second, third, stack = compile(graph_of(build, ()))(np.zeros((), np.float32))
        assert (first, second, third) == (55, 89, 34)
        assert stack.tolist() == [0, 0, 1, 1, 2, 3, 5, 8, 13, 21]

    def test_the_last_carry_is_no_part_of_the_stack(self) -> None:
        graph = graph_of(cumulative, (N, 3))
        last, sums = compile(graph)(ones(4, 3))
        assert not np.shares_memory(last, sums)
        assert last.base is None

    def test_results_go_straight_into_their_places(self) -> None:
        plan = make_plan(graph_of(cumulative, (N, 3)))
        assert [s.node.op.name for s in plan.walk() if s.slot is not None] == ["add"]

    def test_a_body_that_computes_nothing(self) -> None:
        def build(a: Value, b: Value) -> object:
            builder = building(a)
            types = [(a.type, "x"), (TensorType(float32, (3,)), "y")]
            body = trace(builder, "body", types, lambda x, y: [x, x])
            attrs = {"carries": 1, "sequences": 1, "length": N, "reverse": False}
            return [*builder.node(SCAN, [a, b], attrs, [body.graph]).outputs]

        last, stack = compile(graph_of(build, (2,), (N, 3)))(np.float32([1, 2]), ones(2, 3))
        assert last.tolist() == [1, 2]
        assert stack.tolist() == [[1, 2], [1, 2]]

    def test_the_same_region_twice(self) -> None:
        def build(a: Value) -> list[object]:
            builder = building(a)
            body = trace(builder, "body", [(a.type, "x")], lambda x: [ops.mul(x, 2.0)])
            attrs = {"carries": 1, "sequences": 0, "length": 3, "reverse": False}
            once = builder.node(SCAN, [a], attrs, [body.graph]).output
            return [once, builder.node(SCAN, [ops.neg(once)], attrs, [body.graph]).output]

        once, twice = compile(graph_of(build, (2,)))(ones(2))
        assert (once.tolist(), twice.tolist()) == ([8, 8], [-64, -64])

    def test_sequences_that_disagree_at_run_time(self) -> None:
        def build(a: Value, b: Value) -> object:
            body = lambda c, s: ([ops.add(*c, ops.mul(*s))], [])  # noqa: E731
            return control.scan(body, [ops.reduce_sum(a, None)], [a, b])[0]

        run = compile(graph_of(build, (N,), (M,)))
        assert run(ones(3), ones(3))[0] == 6
        with pytest.raises(ShapeError, match=r"taken to be n \(here 3\) is m = 2"):
            run(ones(3), ones(2))

    def test_a_long_body(self) -> None:
        def body(carries: list, slices: list) -> tuple[list, list]:
            (x,) = carries
            for _ in range(3000):
                x = ops.neg(x)
            return [x], []

        graph = graph_of(lambda a: control.scan(body, [a], [], length=N)[0], (N, 2))
        assert compile(graph)(ones(3, 2))[0].tolist() == [[1, 1]] * 3


def halve(a: Value, **options: object) -> list:
    """Halves a number until it is below 1; how often, and the number."""
    small = lambda i, x: ops.ge(x, 1.0)  # noqa: E731
    step = lambda i, x: [ops.add(i, 1), ops.mul(x, 0.5)]  # noqa: E731
    return control.while_loop(small, step, [number(0), a], **options)  # type: ignore[arg-type]


def raw_while(a: Value) -> Node:
    """The numbers on the way from ``a`` down to 0, stacked, in a node whose size of them is `halvings`."""
    builder = building(a)
    goes_on = trace(builder, "condition", [(a.type, "x")], lambda x: [ops.ge(x, 1.0)])
    body = trace(builder, "body", [(a.type, "x")], lambda x: [ops.mul(x, 0.5), x])
    attrs = {"carries": 1, "trips": symbol("halvings"), "maximum": None, "varying": ()}
    return builder.node(WHILE, [a], attrs, [goes_on.graph, body.graph])


class TestWhile:
    def test_as_often_as_it_takes(self) -> None:
        run = compile(graph_of(halve, ()))
        for x, times in ((0.5, 0), (1, 1), (1000, 10)):
            count, last = run(np.array(x, np.float32))
            assert (count.dtype, count.shape) == (np.int64, ())
            assert (count, last) == (times, x / 2**times)

    @pytest.mark.parametrize("maximum", [0, 1, 4, 100])
    def test_at_most(self, maximum: int) -> None:
        count, _ = compile(graph_of(lambda a: halve(a, maximum=maximum), ()))(np.float32(64).reshape(()))  # fmt: skip
        assert count == min(maximum, 7)

    def test_stacks(self) -> None:
        run = compile(graph_of(lambda a: [*raw_while(a).outputs], ()))
        assert run(np.array(5, np.float32))[1].tolist() == [5, 2.5, 1.25]
        empty = run(np.array(0, np.float32))[1]
        assert (empty.dtype, empty.shape) == (np.float32, (0,))

    @pytest.mark.parametrize("stacked", [True, False])
    def test_the_number_of_iterations_is_a_size(self, stacked: bool) -> None:
        def build(a: Value) -> list[object]:
            node = raw_while(a)
            size = symbol("halvings")
            # Nothing here is an operand of what needs the size, so the graph's order does not tell.
            filled = ops.full((size, 2), 3.0, float32)
            return [filled, ops.extent(size, int64), node.outputs[1 if stacked else 0]]

        filled, count, _ = compile(graph_of(build, ()))(np.array(5, np.float32))
        assert filled.shape == (3, 2)
        assert count == 3

    def test_sizes_that_change(self) -> None:
        def build(a: Value) -> list[object]:
            size = control.fresh_size()
            grows = TensorType(float32, (size, 2))
            few = lambda x: ops.lt(ops.extent(x.shape[0], int64), 9)  # noqa: E731

            def double(x: Value) -> list[object]:
                count = ops.cast(ops.extent(x.shape[0], int64), float32)
                return [ops.concatenate([x, ops.mul(x, count)], 0)]

            (y,) = control.while_loop(few, double, [a], varying=[grows])
            return [y, ops.extent(y.shape[0], int64), ops.reduce_sum(ops.add(y, y), None)]

        run = compile(graph_of(build, (N, 2)))
        rows, count, total = run(ones(3, 2))
        assert rows[:, 0].tolist() == [1] * 3 + [3] * 3 + [6] * 3 + [18] * 3
        assert (count, total) == (12, rows.sum() * 2)
        assert run(ones(20, 2))[1] == 20

    def test_interrupts_pass_through(self) -> None:
        def build(a: Value) -> object:
            return control.while_loop(lambda x: ops.ge(x, 0.0), lambda x: [ops.neg(ops.neg(x))], [a])  # fmt: skip

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        run = compile(graph_of(build, ()))
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(KeyboardInterrupt):
                run(ones())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def test_a_size_that_iterations_make_is_their_own(self) -> None:
        def build(a: Value) -> object:
            def body(carries: list, slices: list) -> tuple[list, list]:
                found = ops.nonzero(slices[0])
                total = ops.reduce_sum(ops.full((found.shape[0], 2), 1.0, float32), None)
                return [], [total, ops.reduce_sum(found, None)]

            return control.scan(body, [], [a])[1]

        run = compile(graph_of(build, (N, 3)))
        twice, places = run(np.float32([[1, 0, 1], [0, 0, 0], [1, 1, 1]]))
        assert twice.tolist() == [4, 0, 6]
        assert places.tolist() == [2, 0, 3]


class TestCond:
    @pytest.mark.parametrize("value", [1.0, -1.0])
    def test_one_branch_runs(self, value: float) -> None:
        def build(a: Value) -> list:
            positive = ops.gt(ops.reduce_sum(a, None), 0.0)
            outside = ops.constant([9] * 3, int64)
            return control.cond(positive, lambda: [ops.neg(a)], lambda: [ops.gather(a, outside, 0)])

        run = compile(graph_of(build, (3,)))
        if value > 0:
            assert run(ones(3))[0].tolist() == [-1] * 3
        else:
            with pytest.raises(IndexOutOfRange):
                run(-ones(3))

    def test_branches_of_different_sizes(self) -> None:
        def build(a: Value) -> list:
            positive = ops.gt(ops.reduce_sum(a, None), 0.0)
            (y,) = control.cond(positive, lambda: [a], lambda: [ops.concatenate([a, a], 0)])
            return [y, ops.extent(y.shape[0], int64)]

        run = compile(graph_of(build, (N,)))
        assert run(ones(3))[1] == 3
        assert run(-ones(3))[1] == 6

    def test_a_branch_that_only_gives_back(self) -> None:
        def build(a: Value, b: Value) -> list:
            builder = building(a)
            regions = [
                trace(builder, "r", [(a.type, "x"), (a.type, "y")], f).graph
                for f in (lambda x, y: [x, y], lambda x, y: [y, x])
            ]
            pred = ops.gt(ops.reduce_sum(a, None), 0.0)
            return [*builder.node(COND, [pred, a, b], {"sizes": ()}, regions).outputs]

        run = compile(graph_of(build, (2,), (2,)))
        assert [r.tolist() for r in run(ones(2), -ones(2))] == [[1, 1], [-1, -1]]
        x = -ones(2)
        same, other = run(x, x)
        assert not np.shares_memory(same, other)
        assert not np.shares_memory(same, x)


def nested(a: Value, depth: int, kind: str) -> object:
    """One kind within itself."""
    if not depth:
        return ops.tanh(a)
    if kind == "cond":
        positive = ops.gt(ops.reduce_sum(a, None), 0.0)
        return control.cond(positive, lambda: [nested(a, depth - 1, kind)], lambda: [ops.neg(a)])[0]
    if kind == "scan":
        body = lambda c, s: ([nested(c[0], depth - 1, kind)], [])  # noqa: E731
        return ops.mul(control.scan(body, [a], [], length=1)[0][0], 1.5)
    once = lambda i, x: ops.lt(i, 1)  # noqa: E731
    step = lambda i, x: [ops.add(i, 1), nested(x, depth - 1, kind)]  # noqa: E731
    return control.while_loop(once, step, [number(0), a])[1]


@pytest.mark.parametrize("kind", ["cond", "while", "scan"])
@pytest.mark.parametrize("depth", [14, 15, 16, 17, 40])
def test_deeper_than_python_nests(kind: str, depth: int) -> None:
    graph = graph_of(lambda a: nested(a, min(depth, 20) if kind == "scan" else depth, kind), (N, 3))
    x = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
    assert compile(graph)(x)[0].tobytes() == run_plainly(graph, [x], {"n": 2})[0].tobytes()


class TestErrors:
    @pytest.mark.parametrize("depth", [0, 3, 20])
    def test_in_a_region_they_are_those_of_eager_evaluation(self, depth: int) -> None:
        def level(a: Value, b: Value, left: int) -> object:
            if not left:
                return ops.matmul(a, b)  # the line
            twice = lambda c, s: ([level(a, c[0], left - 1)], [])  # noqa: E731
            return control.scan(twice, [b], [], length=2)[0][0]

        graph = graph_of(lambda a, b: level(a, b, depth), (N, 3), (M, 3))
        with pytest.raises(ShapeError) as caught:
            compile(graph)(ones(2, 3), ones(5, 3))
        assert "cannot multiply f32[2, 3] by f32[5, 3]" in caught.value.answer
        line = caught.value.places[0].location
        assert line is not None
        assert "# the line" in line.source

    def test_the_types_are_those_of_the_iteration(self) -> None:
        def build(a: Value) -> object:
            size = control.fresh_size()
            grow = lambda x: [ops.concatenate([x, ops.add(x, a)], 0)]  # noqa: E731
            grows = TensorType(float32, (size,))
            small = lambda x: ops.lt(ops.reduce_sum(x, None), 1e3)  # noqa: E731
            return control.while_loop(small, grow, [a], varying=[grows])

        with pytest.raises(ShapeError, match=r"\[6\] and \[3\]"):
            compile(graph_of(build, (N,)))(ones(3))

    def test_a_size_that_only_iterations_know(self) -> None:
        def build(a: Value) -> object:
            builder = building(a)
            body = trace(builder, "body", [], lambda: [ops.full((M,), 1.0, float32)])
            attrs = {"carries": 0, "sequences": 0, "length": N, "reverse": False}
            return builder.node(SCAN, [], attrs, [body.graph]).output

        with pytest.raises(GraphError, match="nothing tells the size of m"):
            compile(graph_of(build, (N,)))

    def test_a_loop_stacks_values_of_one_size(self) -> None:
        def build(a: Value) -> object:
            body = lambda c, s: ([], [ops.nonzero(s[0])])  # noqa: E731
            return control.scan(body, [], [a])[1]

        with pytest.raises(GraphError, match=r"size nonzero_(.|\n)*body = lambda"):
            compile(graph_of(build, (N, 3)))


class TestObservers:
    def test_nodes_in_regions_are_seen_as_they_run(self) -> None:
        seen: list[tuple[str, list[object]]] = []
        graph = graph_of(cumulative, (N,))
        observed = compile(graph, observer=lambda n, v: seen.append((n.op.name, [*map(np.copy, v)])))  # fmt: skip
        observed(np.float32([1, 2, 3]))
        assert [v[0] for name, v in seen if name == "add"] == [1, 3, 6]
        (scan,) = [v for name, v in seen if name == "scan"]
        assert [x.tolist() for x in scan] == [6, [1, 3, 6]]

    def test_the_branch_that_did_not_run_is_not(self) -> None:
        seen: list[str] = []
        graph = graph_of(lambda a: nested(a, 1, "cond"), (2,))
        compile(graph, observer=lambda n, v: seen.append(n.op.name))(-ones(2))
        assert "neg" in seen
        assert "tanh" not in seen

    def test_values_are_dropped_as_soon_as_no_iteration_needs_them(self) -> None:
        alive: list[weakref.ref[np.ndarray]] = []
        counts: list[int] = []

        def watch(node: Node, values: tuple[np.ndarray, ...]) -> None:
            if node.op.name == "tanh":
                alive.append(weakref.ref(values[0]))
                counts.append(sum(r() is not None for r in alive))

        def body(carries: list, slices: list) -> tuple[list, list]:
            return [ops.tanh(ops.tanh(ops.tanh(carries[0])))], []

        graph = graph_of(lambda a: control.scan(body, [a], [], length=N)[0], (N, 2))
        compile(graph, observer=watch)(ones(9, 2))
        assert len(counts) == 27
        assert max(counts) == 2


class TestMemory:
    def test_explain_counts_what_regions_do(self) -> None:
        text = compile(graph_of(cumulative, (N, 256))).explain({"n": 8})
        assert "3 operations (1 of them in branches and loops)" in text
        assert "n = 8" in text

    def test_the_peak_has_one_iteration_and_what_is_gathered(self) -> None:
        def build(a: Value) -> object:
            return control.scan(lambda c, s: ([], [ops.exp(ops.mul(s[0], 2.0))]), [], [a])[1]

        plan = make_plan(graph_of(build, (N, 256)), reuse=False)
        assert peak(plan, {"n": 10}) == 10 * 1024 + 2 * 1024

    def test_reading_what_a_gradient_needs(self) -> None:
        graph = vjp(graph_of(lambda a: cumulative(a)[0], (N, 3)))
        x, seed = ones(4, 3), np.float32([1, 2, 3])
        arrays = [x, seed] if graph.inputs[0].ndim == 2 else [seed, x]
        (found,) = [r for r in compile(graph)(*arrays) if r.shape == (4, 3)]
        assert found.tolist() == [[1, 2, 3]] * 4
