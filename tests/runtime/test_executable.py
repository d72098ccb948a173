"""What an executable promises at its border: arguments, sizes, errors, observers, lifetime."""

from __future__ import annotations

import gc
import inspect
import linecache
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bifront.compiler import ops
from bifront.compiler.dispatch import EAGER, Building, leaf, using
from bifront.compiler.errors import (
    BackendError,
    BifrontError,
    FeedError,
    GraphError,
    IndexOutOfRange,
    ShapeError,
)
from bifront.compiler.ir import Dim, Graph, Node, State, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import float32, float64, int64
from bifront.compiler.ops.op import REGISTRY, Kind, Op
from bifront.runtime.executable import BACKENDS, Backend, compile, register

N, M = symbol("n"), symbol("m")


def graph_of(
    build: Callable[..., object], *shapes: tuple[Dim, ...], dtype: object = float32
) -> Graph:
    """The graph of a function of inputs named a, b, c..."""
    builder = Building("graph")
    inputs = [builder.input(TensorType(dtype, s), "abcdef"[i]) for i, s in enumerate(shapes)]
    with using(builder):
        outputs = build(*inputs)
    return builder.close(inputs, outputs if isinstance(outputs, list) else [outputs])


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


class TestSizes:
    def test_attributes_follow_the_arguments(self) -> None:
        graph = graph_of(lambda a: [ops.reshape(a, (-1, 2)), ops.extent(N * 3, int64)], (N, 4))
        for n in (1, 5):
            flat, size = compile(graph)(ones(n, 4))
            assert flat.shape == (2 * n, 2)
            assert size == 3 * n

    def test_a_size_is_solved_from_a_linear_expression(self) -> None:
        graph = graph_of(lambda a: ops.full((N, M), 1.0, float32), (N * 2 + 1, N + M * 3))
        assert compile(graph)(ones(7, 15))[0].shape == (3, 4)
        assert compile(graph).binding(ones(7, 15)) == {"n": 3, "m": 4}

    def test_what_is_no_multiple_is_an_error(self) -> None:
        graph = graph_of(lambda a: ops.full((N,), 1.0, float32), (N * 2,))
        with pytest.raises(ShapeError, match=r"axis 0 of a has size 5, which is not 2\*n"):
            compile(graph)(ones(5))

    def test_a_product_of_unknowns_is_an_error_only_where_it_is_needed(self) -> None:
        assert compile(graph_of(ops.neg, (N * M,)))(ones(6))[0].shape == (6,)
        with pytest.raises(GraphError, match="nothing tells the size of n") as caught:
            compile(graph_of(lambda a: ops.full((N,), 1.0, float32), (N * M,)))
        assert "test_executable.py" in str(caught.value)

    def test_arguments_that_disagree_are_named_with_their_lines(self) -> None:
        graph = graph_of(ops.add, (N, 2), (N, 2))
        with pytest.raises(ShapeError) as caught:
            compile(graph)(ones(3, 2), ones(4, 2))
        text = str(caught.value)
        assert "a and b disagree on n: n is 3 in a, but axis 0 of b has size 4" in text
        assert text.count("test_executable.py") == 2

    def test_disagreement_is_found_where_broadcasting_would_hide_it(self) -> None:
        graph = graph_of(ops.add, (N, 2), (N, 2))
        with pytest.raises(ShapeError, match="disagree"):
            compile(graph)(ones(1, 2), ones(4, 2))

    def test_different_symbols_broadcast_only_to_the_type_of_the_graph(self) -> None:
        graph = graph_of(ops.add, (N,), (M,))
        assert graph.outputs[0].shape == (M,)
        assert compile(graph)(ones(1), ones(4))[0].shape == (4,)
        with pytest.raises(ShapeError, match="add: n is 4 where m is 1"):
            compile(graph)(ones(4), ones(1))
        with pytest.raises(ShapeError, match="do not broadcast"):
            compile(graph)(ones(3), ones(4))

    def test_a_size_that_an_operation_makes(self) -> None:
        def build(a: Value) -> list[object]:
            found = ops.nonzero(a)
            count = found.shape[0]
            return [ops.full((count, 2), 1.0, float32), ops.extent(count, int64), found]

        filled, count, found = compile(graph_of(build, (N,)))(np.array([0, 3, 4], np.float32))
        assert found.tolist() == [[1], [2]]
        assert filled.shape == (2, 2)
        assert count == 2

    def test_division_of_sizes(self) -> None:
        graph = graph_of(lambda a: ops.full((N // 2, (N + 1) // 3), 0.0, float32), (N,))
        assert compile(graph)(ones(7))[0].shape == (3, 2)


class TestErrors:
    def test_the_error_of_eager_evaluation_at_the_line_of_the_graph(self) -> None:
        graph = graph_of(lambda a, b: ops.tanh(ops.matmul(a, b)), (N, 3), (M, 4))
        with pytest.raises(ShapeError) as caught:
            compile(graph)(ones(2, 3), ones(5, 4))
        with pytest.raises(ShapeError) as eager, using(EAGER):
            ops.matmul(leaf(ones(2, 3)), leaf(ones(5, 4)))
        assert caught.value.answer == eager.value.answer
        line = caught.value.places[0].location
        assert line is not None
        assert "ops.tanh(ops.matmul(a, b))" in line.source
        assert [p.label for p in caught.value.places[1:]] == [
            "a is f32[n, 3], here with n = 2, made here",
            "b is f32[m, 4], here with m = 5, made here",
        ]

    def test_an_index_out_of_range(self) -> None:
        graph = graph_of(lambda a: ops.gather(a, ops.constant([5], int64), 0), (N,))
        with pytest.raises(IndexOutOfRange) as caught:
            compile(graph)(ones(3))
        assert "ops.gather" in str(caught.value)

    def test_other_errors_keep_their_type_and_tell_the_line(self) -> None:
        graph = graph_of(lambda a: ops.full((N * 10**12,), 1.0, float64), (N,))
        with pytest.raises(MemoryError) as caught:
            compile(graph)(ones(1000))
        assert "ops.full((N * 10**12,)" in "".join(caught.value.__notes__)

    def test_symbolic_attributes_in_errors_are_numbers(self) -> None:
        graph = graph_of(lambda a, b: ops.add(ops.reshape(a, (M,)), b), (N,), (M,))
        with pytest.raises(ShapeError, match=r"\[4\]"):
            compile(graph)(ones(3), ones(4))

    def test_inf_and_nan_come_without_a_warning(self) -> None:
        # In a process of its own: pytest forgets the filters of what it imports.
        program = """
import numpy as np
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, leaf, using
from bifront.compiler.ir import TensorType, dtype_of
from bifront.runtime.executable import compile
builder = Building()
a = builder.input(TensorType(dtype_of("float32"), (2,)))
with using(builder):
    graph = builder.close([a], [ops.log(a), ops.div(a, 0.0), ops.sqrt(a)])
numbers = np.array([-1, 0], np.float32)
compile(graph)(numbers)
ops.exp(ops.log(leaf(numbers)))
"""
        subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)

    def test_interrupts_pass_through(self) -> None:
        def interrupt(node: Node, values: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compile(graph_of(ops.neg, (3,)), observer=interrupt)(ones(3))

    def test_the_traceback_shows_the_generated_line(self) -> None:
        graph = graph_of(ops.matmul, (N, 3), (M, 4))
        try:
            compile(graph)(ones(2, 3), ones(5, 4))
        except ShapeError as error:
            text = "".join(traceback.format_tb(error.__traceback__))
        assert "raise explained" in text


class TestChecks:
    graph = graph_of(ops.add, (N, 2), (N, 2))

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ((ones(3, 2),), "takes 2 arrays and was given 1"),
            ((ones(3, 2), ones(3, 2).astype(float)), r"b is f32\[n, 2\] and was given f64\[3, 2\]"),
            ((ones(3, 2), ones(3)), r"b is f32\[n, 2\] and was given f32\[3\]"),
            ((ones(3, 5), ones(3, 2)), r"a is f32\[n, 2\] and was given f32\[3, 5\]"),
            (([[1.0, 2.0]], ones(3, 2)), r"a is f32\[n, 2\] and was given a Python list"),
        ],
    )
    def test_wrong_arguments_are_named(self, arrays: tuple, message: str) -> None:
        with pytest.raises(FeedError, match=message):
            compile(self.graph).check(*arrays)

    def test_right_arguments_pass(self) -> None:
        compile(self.graph).check(ones(3, 2), ones(3, 2))

    def test_a_wrong_rank_is_explained_even_without_a_check(self) -> None:
        with pytest.raises(FeedError, match=r"b is f32\[n, 2\] and was given f32\[\]"):
            compile(self.graph)(ones(3, 2), np.array(1, np.float32))


class TestObservers:
    def test_every_node_is_seen_in_order(self) -> None:
        graph = graph_of(lambda a: ops.exp(ops.mul(ops.neg(a), 2.0)), (N,))
        seen: list[tuple[str, np.ndarray]] = []
        observed = compile(graph, observer=lambda n, v: seen.append((n.op.name, v[0])))
        result = observed(ones(2))
        assert sorted(name for name, _ in seen) == ["constant", "exp", "mul", "neg"]
        values = {name: value.tolist() for name, value in seen}
        assert values["neg"] == [-1, -1]
        assert values["mul"] == [-2, -2]
        assert result[0].tobytes() == compile(graph)(ones(2))[0].tobytes()

    def test_an_observer_s_own_error_comes_through(self) -> None:
        def complain(node: Node, values: object) -> None:
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            compile(graph_of(ops.neg, (3,)), observer=complain)(ones(3))

    def test_the_program_without_one_does_not_mention_it(self) -> None:
        graph = graph_of(ops.neg, (3,))
        compile(graph, observer=lambda n, v: None)
        assert "observe" not in compile(graph).source


class TestLifetime:
    def test_a_graph_is_compiled_once(self) -> None:
        graph = graph_of(ops.neg, (3,))
        assert compile(graph) is compile(graph)

    def test_nothing_outlives_the_graph(self) -> None:
        graph = graph_of(ops.neg, (3,))
        executable = compile(graph)
        file = executable.run.__code__.co_filename
        assert linecache.getlines(file) == executable.source.splitlines(True)
        assert inspect.getsource(executable.run) == executable.source
        gone = weakref.ref(executable)
        del graph, executable
        gc.collect()
        assert gone() is None
        assert file not in linecache.cache

    def test_values_are_dropped_as_soon_as_nothing_needs_them(self) -> None:
        alive: list[weakref.ref[np.ndarray]] = []
        counts: list[int] = []

        def watch(node: Node, values: tuple[np.ndarray, ...]) -> None:
            alive.append(weakref.ref(values[0]))
            counts.append(sum(r() is not None for r in alive))

        def build(a: Value) -> object:
            for _ in range(20):
                a = ops.tanh(a)
            return a

        compile(graph_of(build, (N,)), observer=watch)(ones(3))
        assert max(counts) == 2

    def test_threads_share_an_executable(self) -> None:
        graph = graph_of(lambda a: ops.reduce_sum(ops.exp(ops.mul(a, 2.0)), None), (N, 50))
        wrong: list[int] = []

        def work(i: int) -> None:
            for _ in range(50):
                x = np.full((20 + i, 50), i / 10, np.float32)
                expected = np.add.reduce(np.exp(x * np.float32(2)), (0, 1))
                if compile(graph)(x)[0] != expected:
                    wrong.append(i)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


class TestBackends:
    def test_an_unknown_backend(self) -> None:
        with pytest.raises(BackendError, match=r"no backend 'nunpy'(.|\n)*use 'numpy'"):
            compile(graph_of(ops.neg, (3,)), "nunpy")

    def test_a_backend_whose_package_is_missing(self) -> None:
        register(Backend("moon", "moon_rocket.engine", "bifront[moon]"))
        try:
            with pytest.raises(BackendError, match=r"moon(.|\n)*pip install bifront\[moon\]"):
                compile(graph_of(ops.neg, (3,)), "moon")
        finally:
            del BACKENDS["moon"]


class TestText:
    def test_names_that_python_would_not_take(self) -> None:
        builder = Building("lambda x/0")
        size = symbol("batch:0 größe")
        a = builder.input(TensorType(float32, (size,)), "x/y:0")
        with using(builder):
            graph = builder.close([a], [ops.full((size,), float("inf"), float32)])
        assert compile(graph)(ones(2))[0].tolist() == [np.inf, np.inf]

    def test_hints_cannot_break_out_of_a_comment(self) -> None:
        builder = Building("def")
        a = builder.input(TensorType(float32, (3,)), "x\n    raise SystemExit")
        with using(builder):
            graph = builder.close([a], [ops.neg(a)])
        assert compile(graph)(ones(3))[0].tolist() == [-1, -1, -1]

    def test_many_nodes(self) -> None:
        def build(a: Value) -> object:
            for _ in range(5000):
                a = ops.neg(a)
            return a

        assert compile(graph_of(build, (N,)))(ones(2))[0].tolist() == [1, 1]

    def test_explain_counts(self) -> None:
        builder = Building("step")
        a = builder.input(TensorType(float32, (N, 256)), "a")
        with using(builder):
            y = ops.tanh(ops.exp(ops.neg(a)))
            graph = builder.close([], [ops.reduce_sum(y, None)], [State("s", a, a)])
        text = compile(graph).explain({"n": 4})
        assert "4 operations" in text
        assert "2 results" in text
        assert f"{4 * 256 * 4 + 4:,} bytes" in text
        assert "n = 4" in text


@pytest.fixture
def branch() -> Iterator[Op]:
    """An operation with a region and two results, as control flow has."""
    op = Op(
        name="test_twice",
        kind=Kind.CONTROL,
        infer=lambda x, body, *, count: (x, x),
        evaluate=lambda x, body, *, count: (x, body(x)[0]),
        vjp=None,
        jvp=None,
        samples=lambda rng: iter(()),
        doc="x, and a region of x",
    )
    REGISTRY[op.name] = op
    yield op
    del REGISTRY[op.name]


def test_regions_are_functions_of_arrays(branch: Op) -> None:
    body = graph_of(lambda a: ops.mul(a, 3.0), (N,))

    def build(a: Value) -> list[object]:
        builder = a.owner
        assert isinstance(builder, Building)
        node = builder.node(branch, (ops.neg(a),), {"count": 2}, (body,))
        return [*node.outputs, ops.exp(node.outputs[0])]

    same, tripled, _ = compile(graph_of(build, (N,)))(ones(2))
    assert same.tolist() == [-1, -1]
    assert tripled.tolist() == [-3, -3]
    with pytest.raises(BifrontError):
        graph_of(lambda a: ops.add(a, ops.constant([1.0, 2.0], float32)), (3,))
