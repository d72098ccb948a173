"""One executable called by several Python threads, and on arrays that share memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import State, TensorType, Value
from bifront.compiler.ir.dtypes import float32
from bifront.runtime.executable import Executable

from .agreement import small_parts, threads

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

SHAPE = (9, 37)


def step(build: Callable[[Value, Value, Value], tuple[list[Value], Value, Value]]) -> Executable:
    """A graph of an input and two states; ``build`` gives outputs and what the states become."""
    builder = Building("step")
    x, a, b = (builder.input(TensorType(float32, SHAPE), n) for n in "xab")
    with using(builder):
        outputs, new_a, new_b = build(x, a, b)
    graph = builder.close([x], outputs, [State("a", a, new_a), State("b", b, new_b)])
    with small_parts():
        executable = bf.compile(graph, "native")
        drawn = [np.ones(SHAPE, np.float32) for _ in range(3)]
        executable.update(*drawn)
        executable.run(*drawn)
    return executable


def descend(x: Value, a: Value, b: Value) -> tuple[list[Value], Value, Value]:
    return [ops.reduce_sum(ops.mul(x, a), (0,))], ops.sub(a, ops.mul(x, 0.5)), ops.add(b, x)


def swap(x: Value, a: Value, b: Value) -> tuple[list[Value], Value, Value]:
    return [ops.add(a, b)], b, a


def crossed(x: Value, a: Value, b: Value) -> tuple[list[Value], Value, Value]:
    return [ops.mul(a, b)], ops.add(b, x), ops.sub(a, x)


def shown(x: Value, a: Value, b: Value) -> tuple[list[Value], Value, Value]:
    """Outputs that are the new state, a view of it, and a view of the old one."""
    new = ops.mul(ops.add(a, x), 0.5)
    views = [new, ops.transpose(new, (1, 0)), ops.flip(a, (1,)), ops.slice_(b, (2, 3), SHAPE)]
    return views, new, ops.neg(b)


PROGRAMS = [descend, swap, crossed, shown]


def drawn(seed: int) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).standard_normal((3, *SHAPE)).astype(np.float32))


def shared(kind: str) -> list[np.ndarray]:
    """Arguments of which some lie in the same memory."""
    x, a, b = drawn(5)
    if kind == "state given twice":
        return [x, a, a]
    if kind == "state is the input":
        return [a, a, b]
    if kind == "all one":
        return [x, x, x]
    rows = np.concatenate([a, b])
    if kind == "overlapping":
        return [x, rows[: SHAPE[0]], rows[4 : 4 + SHAPE[0]]]
    if kind == "input overlaps":
        return [rows[1 : 1 + SHAPE[0]], rows[: SHAPE[0]], b]
    if kind == "backwards":
        return [x, rows[: SHAPE[0]][::-1], b]
    frozen = a.copy()
    frozen.flags.writeable = False
    return [x, frozen, b]


KINDS = [
    "state given twice", "state is the input", "all one", "overlapping", "input overlaps", "backwards", "read-only",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_arguments_that_share_memory(program: Callable, kind: str) -> None:
    executable = step(program)
    with threads(2):
        arrays = shared(kind)
        wanted = [r.copy() for r in executable.run(*[a.copy() for a in arrays])]
        found = executable.update(*arrays)
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(x, y)
    results = [x for x in found if not any(x is a for a in arrays)]
    for i, x in enumerate(results):
        assert not any(np.shares_memory(x, a) for a in arrays), "a result shares memory"
        assert not any(np.shares_memory(x, y) for y in results[:i]), "results share memory"


@pytest.mark.parametrize("program", PROGRAMS)
def test_python_threads_do_not_meet(program: Callable) -> None:
    executable = step(program)
    given = [drawn(seed) for seed in range(4)]
    wanted = [[r.tobytes() for r in executable.run(*arrays)] for arrays in given]

    def work(i: int) -> bool:
        for turn in range(150):
            if i == 3 and turn % 10 == 0:
                bf.set_num_threads(1 + turn // 10 % 3)
            call = executable.update if turn % 2 else executable.run
            found = call(*[a.copy() for a in given[i]])
            if [r.tobytes() for r in found] != wanted[i]:
                return False
        return True

    with threads(2), ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
