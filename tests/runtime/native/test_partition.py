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
from bifront.runtime.buffers import Role
from bifront.runtime.native.groups import fused

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


def shown(x: Value) -> list[Value]:
    y = exp(mul(x, x))
    picked = chosen(add(x, x))  # type: ignore[arg-type]
    return [reduce_sum(y, 0), reduce_sum(exp(picked)), add(picked, 1.0), x, reshape(y, (12,))]  # type: ignore[list-item,arg-type]


def test_the_plan_of_buffers_is_that_of_the_parts() -> None:
    x = np.eye(4, 3)
    executable = bf.compile(built(shown, (x,)), "native")
    plan = executable.memory
    assert plan.backend == "native"
    (found,) = plan.symbols
    plan = plan.at({found: 3})
    assert plan.steps[3:] == ("nonzero", "gather_nd exp reduce_sum add", "return")
    results = [b for b in plan.buffers if b.role is Role.RESULT]
    assert sorted(b.size for b in results) == sorted(r.nbytes for r in executable(x))
    assert all(b.last == len(plan.steps) - 1 for b in results)
    # What is summed up behind the size is made before it, and lives until then.
    (doubled,) = [
        b for b in plan.buffers if [n.op.name for n in b.nodes] == ["add"] and b.first == 0
    ]
    assert (doubled.role, doubled.last) == (Role.TEMPORARY, 4)
    (given,) = [b for b in plan.buffers if b.role is Role.INPUT]
    assert (given.first, given.last) == (0, 5)
    names = [b.name for b in plan.buffers if b.name != "scratch"]
    assert len(names) == len(set(names))
    # Each part has an arena of its own.
    pieces = sorted((b.offset, b.size) for b in plan.buffers if b.offset is not None)
    assert len(pieces) == 2
    assert pieces[0][0] + pieces[0][1] <= pieces[1][0]
    assert "shared by the temporary buffers with an offset" in str(plan)


def test_kernels_are_those_of_the_parts() -> None:
    graph = built(shown, (np.eye(4, 3),))
    executable = bf.compile(graph, "native")
    steps = executable.memory.steps
    for grouping in (executable.grouping(), fused(graph)):
        inside = set(grouping.graph.nodes)
        kernels = [g for g in grouping.groups if g.what != "copies"]
        assert [g.fell_back for g in kernels] == [False, True, False]
        for group in kernels:
            (number,) = group.steps
            assert steps[number].split() == [
                n.op.name for n in group.nodes if n.op.name in steps[number].split()
            ]
            assert inside.issuperset(group.nodes)
        assert kernels[1].label == "step 3, on NumPy: nonzero finds out a size while it runs"
        assert grouping.notes[-1] == "because nonzero finds out a size while it runs"
    assert bf.draw(executable).source == bf.draw(graph, fused=True).source


def test_steps_behind_a_loop_are_numbered_behind_its_own() -> None:
    """A loop that the reference runs has steps within; a sum of what it stacks stands behind them."""

    def function(x: Value) -> Value:
        def more(total: Value) -> Value:
            return lt(reduce_sum(total), constant(9.0, x.dtype))  # type: ignore[return-value]

        (total,) = while_loop(more, lambda t: [add(t, mul(sin(t), sin(t)))], [x])  # type: ignore[arg-type,list-item]
        return reduce_sum(mul(total, total))  # type: ignore[return-value,arg-type]

    executable = bf.compile(gradients(built(function, (np.ones(3),))), "native")
    plan, groups = executable.memory, executable.grouping().groups
    (loop,) = [g for g in groups if g.nodes[0].op.name == "while"]
    assert loop.fell_back
    assert plan.steps[loop.steps[0]] == "while"
    behind = [g for g in groups if g.steps[0] > loop.steps[0]]
    assert behind
    for group in behind:
        assert not group.fell_back
        names = plan.steps[group.steps[0]].split()
        assert names == ["copy"] or names == [n.op.name for n in group.nodes]
