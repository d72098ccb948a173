"""Graphs that find out sizes while they run: native parts around what the reference computes."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.autodiff import gradients
from bifront.compiler.control import while_loop
from bifront.compiler.ir import Value
from bifront.compiler.ops import (
    add,
    constant,
    exp,
    extent,
    full,
    gather,
    gather_nd,
    lt,
    mul,
    nonzero,
    reduce_sum,
    reshape,
    sin,
    slice_,
)

from .both_backends import SIZES, agree, built

RNG = np.random.default_rng(0)


def chosen(x: Value) -> Value:
    """The elements that are not zero."""
    where = nonzero(x)
    size = where.shape[0]
    columns = [reshape(slice_(where, (0, a), (size, a + 1)), (size,)) for a in range(x.ndim)]
    return gather_nd(x, *columns)  # type: ignore[return-value]


def parts(function: object, *arrays: np.ndarray) -> str:
    return bf.compile(built(function, arrays), "native").explain()  # type: ignore[arg-type]


def test_what_is_around_a_size_that_is_found_out_is_native() -> None:
    def function(x: Value) -> list[Value]:
        y = exp(mul(x, x))
        picked = chosen(add(x, x))  # type: ignore[arg-type]
        return [reduce_sum(y, 0), reduce_sum(exp(picked)), add(picked, 1.0)]  # type: ignore[list-item,arg-type]

    for n in SIZES:
        x = np.where(RNG.random((n, 3)) < 0.5, RNG.standard_normal((n, 3)), 0).astype(np.float32)
        agree(function, x, native=False, ulp=32)
        agree(function, x, native=False, ulp=32, symbols=("n",))
    told = parts(function, x)
    assert "because nonzero finds out a size while it runs" in told
    assert told.count("on native") == 2
    assert "left to the reference" not in told


def test_sizes_that_depend_on_each_other() -> None:
    def function(x: Value) -> list[Value]:
        first = chosen(x)
        second = chosen(add(first, -1.0))  # type: ignore[arg-type]
        sizes = [extent(v.shape[0], x.dtype) for v in (first, second)]
        return [mul(first, 2.0), second, *sizes, full((first.shape[0], 2), 3.0, x.dtype)]  # type: ignore[list-item,arg-type]

    for n in SIZES:
        agree(function, RNG.integers(0, 3, (n,)).astype(np.float64), native=False)


def test_results_are_arrays_of_their_own() -> None:
    def function(x: Value) -> list[Value]:
        picked = chosen(x)
        return [x, picked, picked, add(x, 1.0)]  # type: ignore[list-item,arg-type]

    x = np.arange(5.0)
    executable = bf.compile(built(function, (x,)), "native")
    results = executable(x)
    for i, a in enumerate(results):
        assert not np.shares_memory(a, x)
        assert not any(np.shares_memory(a, b) for b in results[i + 1 :])


@pytest.mark.parametrize("limit", [0.0, 3.0, 40.0])
def test_the_gradient_of_a_loop(limit: float) -> None:
    def function(x: Value) -> Value:
        def more(total: Value, step: Value) -> Value:
            return lt(reduce_sum(total), constant(limit, x.dtype))  # type: ignore[return-value]

        def body(total: Value, step: Value) -> list[Value]:
            return [add(total, mul(sin(step), sin(step))), mul(step, 1.1)]  # type: ignore[list-item,arg-type]

        total, _ = while_loop(more, body, [mul(x, 0.0), x])  # type: ignore[arg-type]
        loss = reduce_sum(mul(total, total))
        return loss

    x = np.array([0.5, 1.0, 2.0])
    graph = gradients(built(function, (x,)))
    executable = bf.compile(graph, "native")
    told = executable.explain()
    assert "because while finds out a size while it runs" in told
    assert told.count("on native") >= 1
    (found,), (wanted,) = executable(x), bf.compile(graph, "numpy")(x)
    assert np.allclose(found, wanted, rtol=1e-13, atol=0)


def test_a_loop_that_stacks_nothing_is_native_as_a_whole() -> None:
    def function(x: Value) -> Value:
        def more(total: Value) -> Value:
            return lt(reduce_sum(total), constant(50.0, x.dtype))  # type: ignore[return-value]

        (total,) = while_loop(more, lambda t: [add(mul(t, 1.5), 1.0)], [exp(x)])  # type: ignore[arg-type,list-item]
        return mul(total, 2.0)  # type: ignore[return-value,arg-type]

    agree(function, RNG.standard_normal((5,)), ulp=64)
    agree(function, RNG.standard_normal((5,)), ulp=64, symbols=("n",))


def test_a_loop_that_reads_beyond_a_table_ends_with_the_error() -> None:
    """Going on with something harmless, it would never end."""

    def function(table: Value, start: Value) -> Value:
        def body(at: Value) -> list[Value]:
            return [gather(table, at, 0)]  # type: ignore[list-item]

        more = lambda at: lt(at, constant(100, table.dtype))  # noqa: E731
        (at,) = while_loop(more, body, [start])
        return at  # type: ignore[return-value]

    table = np.array([1, 2, 7, 100])
    executable = bf.compile(built(function, (table, np.array(0))), "native")
    assert "parts" not in executable.explain()
    assert executable(table, np.array(3))[0] == 100
    with pytest.raises(bf.IndexOutOfRange, match="index 7 is out of range") as caught:
        executable(table, np.array(0))
    assert "test_partition.py" in str(caught.value)


def test_an_error_in_a_part_is_the_users() -> None:
    x, i = np.array([1.0, 0.0, 2.0]), np.array([0, 1])
    executable = bf.compile(built(lambda x, i: gather(chosen(x), i, 0), (x, i)), "native")
    assert executable(x, i)[0].tolist() == [1.0, 2.0]
    with pytest.raises(bf.IndexOutOfRange, match="index 1 is out of range") as caught:
        executable(np.array([1.0, 0.0, 0.0]), i)
    assert "test_partition.py" in str(caught.value)


def test_other_arguments_go_to_the_reference() -> None:
    graph = built(
        lambda x, y: add(reduce_sum(chosen(x)), y), (np.zeros(3), np.zeros(2)), ("n", "n")
    )
    executable, reference = bf.compile(graph, "native"), bf.compile(graph, "numpy")
    good = np.array([1.0, 0.0])
    assert executable(good, good)[0].tolist() == [2.0, 1.0]
    for one in (executable, reference):
        with pytest.raises(bf.BifrontError):
            one(np.zeros(3), np.zeros(2))
    single = good.astype(np.float32)
    assert np.array_equal(executable(single, good)[0], reference(single, good)[0])
