"""Programs that fail while they run, each on the line that is marked. Prints what became of each as JSON.

A process of its own, so that a crash is that of a process and not of the tests.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
import bifront.tf2 as tf2
from bifront.compiler import ops
from bifront.compiler.control import cond, scan, while_loop
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import State, TensorType, Value
from bifront.compiler.ir.dtypes import float32, int32, int64
from bifront.runtime.native import function
from bifront.runtime.native.memory import settled

function.GRAIN = 1
bf.set_num_threads(2)
PROGRAMS: dict[str, Callable[[], object]] = {}
N = 203
"""Enough for two threads; the fault is in the last part."""


def program(run: Callable[[], object]) -> Callable[[], object]:
    PROGRAMS[run.__name__] = run
    return run


def whole(last: int, count: int = N) -> np.ndarray:
    """Ones, but for the last."""
    found = np.ones(count, np.int64)
    found[-1] = last
    return found


# Graphs as a builder makes them: a state is replaced in place, unless something fails.


def graph(build: Callable[..., Value], last: int) -> object:
    builder = Building("faulty")
    n = builder.input(TensorType(int64, (N,)), "n")
    x = builder.input(TensorType(float32, (N,)), "x")
    g = builder.input(TensorType(float32, (N,)), "g")
    state = builder.input(TensorType(float32, (N,)), "state")
    with using(builder):
        made = build(n, x)
        new = ops.sub(state, ops.mul(g, 0.5))
    executable = bf.compile(builder.close([n, x, g], [made], [State("s", state, new)]), "native")
    old = np.arange(N, dtype=np.float32)
    ones = np.ones(N, np.float32)
    fine = [whole(1), ones, ones.copy(), settled(old.copy())]
    executable.update(*fine)
    assert not np.array_equal(fine[3], old), "the state is replaced in place where nothing fails"
    given = [whole(last), ones, ones.copy(), settled(old.copy())]
    try:
        return executable.update(*given)
    finally:
        assert np.array_equal(given[3], old), "a run that failed has changed a state"


@program
def floordiv() -> object:
    return graph(lambda n, x: ops.floordiv(ops.full((N,), 7, int64), n), 0)  # FAULT


@program
def mod() -> object:
    return graph(lambda n, x: ops.mod(ops.full((N,), 7, int64), n), 0)  # FAULT


@program
def mod_of_bytes() -> object:
    return graph(lambda n, x: ops.mod(ops.cast(n, int32), ops.cast(n, int32)), 0)  # FAULT


@program
def negative_power() -> object:
    return graph(lambda n, x: ops.pow(ops.full((N,), 7, int64), n), -1)  # FAULT


@program
def gather() -> object:
    return graph(lambda n, x: ops.gather(x, n), N)  # FAULT


@program
def gather_far_below() -> object:
    return graph(lambda n, x: ops.gather(x, n), -(2**63))  # FAULT


@program
def gather_narrow() -> object:
    def build(n: Value, x: Value) -> Value:
        few = ops.slice_(x, (0,), (3,))
        return ops.gather(few, ops.cast(n, int32))  # FAULT

    return graph(build, -4)


@program
def gather_nd() -> object:
    return graph(lambda n, x: ops.gather_nd(x, n), N)  # FAULT


@program
def take_along() -> object:
    return graph(lambda n, x: ops.take_along(x, n, 0), 2**62)  # FAULT


@program
def scatter_add() -> object:
    return graph(lambda n, x: ops.scatter_add(x, n, x), N)  # FAULT


@program
def scatter_add_along() -> object:
    def build(n: Value, x: Value) -> Value:
        at = ops.reshape(ops.slice_(n, (N - 1,), (N,)), (1,))
        return ops.scatter_add_along(x, at, ops.full((1,), 1, float32), 0)  # FAULT

    return graph(build, -N - 1)


@program
def scatter_set_nd() -> object:
    return graph(lambda n, x: ops.scatter_set_nd(x, x, n), N)  # FAULT


@program
def after_a_sum() -> object:
    def build(n: Value, x: Value) -> Value:
        return ops.floordiv(ops.full((), 7, int64), ops.reduce_sum(ops.sub(n, 1)))  # FAULT

    builder = Building("sum")
    n = builder.input(TensorType(int64, (N,)), "n")
    with using(builder):
        made = build(n, n)
    return bf.compile(builder.close([n], [made]), "native")(whole(1))


@program
def in_a_scan() -> object:
    def step(carries: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        return [ops.floordiv(ops.add(carries[0], 9), slices[0])], []  # FAULT

    return graph(lambda n, x: scan(step, [ops.full((), 1, int64)], [n])[0][0], 0)


@program
def in_a_while() -> object:
    def step(i: Value, x: Value) -> list[Value]:
        return [ops.add(i, 50), ops.gather(x, ops.broadcast_to(i, (N,)))]  # FAULT

    def build(n: Value, x: Value) -> Value:
        return while_loop(lambda i, x: ops.lt(i, 190), step, [ops.reduce_min(n), x])[1]

    return graph(build, -399)


@program
def in_a_branch() -> object:
    def build(n: Value, x: Value) -> Value:
        low = ops.lt(ops.reduce_min(n), 1)
        return cond(low, lambda: [ops.mod(ops.full((N,), 7, int64), n)], lambda: [n])[0]  # FAULT

    return graph(build, 0)


# The frontends.


@program
def imperative() -> object:
    @torch.compile
    def divided(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + a // b  # FAULT

    good, bad = torch.tensor(whole(1)), torch.tensor(whole(0))
    for _ in range(3):
        divided(good, good)
    return divided(good, bad)


@program
def declarative() -> object:
    with tf.Graph().as_default():
        table = tf.placeholder(tf.float32, [None, 3])
        at = tf.placeholder(tf.int64, [None])
        rows = tf.reduce_sum(tf.gather(table, at))  # FAULT
        with tf.Session() as session:
            fine = {table: np.ones((4, 3), np.float32), at: whole(1)}
            session.run(rows, fine)
            return session.run(rows, {**fine, at: whole(4)})


@program
def declarative_loop() -> object:
    with tf.Graph().as_default():
        ns = tf.placeholder(tf.int64, [None])
        rests = tf.map_fn(lambda n: 7 % n, ns)  # FAULT
        with tf.Session() as session:
            session.run(rests, {ns: whole(1)})
            return session.run(rests, {ns: whole(0)})


@program
def functions() -> object:
    @tf2.function
    def looked_up(x: tf2.Tensor, at: tf2.Tensor) -> tf2.Tensor:
        return tf2.gather(x, at)  # FAULT

    x = tf2.constant(np.ones(3, np.float32))
    for _ in range(3):
        looked_up(x, tf2.constant([0, 1]))
    return looked_up(x, tf2.constant([0, -4]))


def main() -> None:
    lines = [
        i + 1
        for i, text in enumerate(Path(__file__).read_text().split("\n"))
        if text.endswith("# FAULT")
    ]
    told = {}
    with bf.using_backend("native"):
        for name, run in PROGRAMS.items():
            source, first = inspect.getsourcelines(run)
            (line,) = [at for at in lines if first <= at < first + len(source)]
            try:
                told[name] = ["nothing", f"{run()}", line]
            except bf.BifrontError as error:
                told[name] = [type(error).__name__, str(error), line]
            except Exception as error:
                told[name] = [f"bare {type(error).__name__}", str(error), line]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
