"""Reductions of everything, in blocks: any size, any number of threads, with what is written on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.compiler.ir import Graph

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

LENGTHS = (0, 1, 7, 16, 17, 4095, 4096, 4097, 8193, 64 * 4096 + 5, 1_000_003)
REDUCTIONS: dict[str, Callable[..., object]] = {
    "sum": tf.reduce_sum,
    "max": tf.reduce_max,
    "min": tf.reduce_min,
    "all": lambda x: tf.reduce_all(x > -3),
    "any": lambda x: tf.reduce_any(x > 3),
}


@pytest.fixture(params=(1, 2, 3))
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = bf.get_num_threads()
    bf.set_num_threads(request.param)
    yield request.param
    bf.set_num_threads(before)


def graph_of(reduce: Callable[..., object], shape: list[int | None], written: bool) -> Graph:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, shape)
        y = x * 2.0 - 1.0
        return bf.graph_of([reduce(y), y] if written else [reduce(y)], inputs=[x])


@pytest.mark.parametrize(
    ("name", "length"),
    # There is no greatest of no elements.
    [(r, n) for r in REDUCTIONS for n in LENGTHS if n or r not in ("max", "min")],
)
def test_any_length(name: str, length: int, threads: int) -> None:
    x = np.random.default_rng(length).standard_normal(length, dtype=np.float32)
    for size in (None, length):
        graph = graph_of(REDUCTIONS[name], [size], written=True)
        (found, y), (wanted, z) = (bf.compile(graph, b)(x) for b in ("native", "numpy"))
        np.testing.assert_array_equal(y, z)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * np.abs(z).sum())
        if name != "sum":
            assert found == wanted


def test_sums_do_not_depend_on_threads() -> None:
    x = np.random.default_rng(0).standard_normal(1_000_003, dtype=np.float32)
    run = bf.compile(graph_of(tf.reduce_sum, [None], written=False), "native")
    before = bf.get_num_threads()
    found = set()
    for count in (1, 2, 3, 5):
        bf.set_num_threads(count)
        found.add(run(x)[0].tobytes())
    bf.set_num_threads(before)
    assert len(found) == 1


def test_axes_that_do_not_lie_in_a_row(threads: int) -> None:
    rng = np.random.default_rng(1)
    x, weight = rng.standard_normal((9, 70, 130)), rng.standard_normal((1, 70, 1))
    for sizes in ([9, 70, 130], [None, 70, None]):
        with tf.Graph().as_default():
            a, w = tf.placeholder(tf.float64, sizes), tf.placeholder(tf.float64, [1, 70, 1])
            graph = bf.graph_of([tf.reduce_sum(a * w), tf.reduce_max(a * w) * 2], inputs=[a, w])
        total, greatest = bf.compile(graph, "native")(x, weight)
        np.testing.assert_allclose(total, (x * weight).sum(), rtol=1e-12)
        assert greatest == (x * weight).max() * 2


def test_several_accumulators_within_an_outer_reduced_axis() -> None:
    """What an outer loop carries enters one of the accumulators, not each."""
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((3, 5, 300)), rng.standard_normal((1, 5, 1))
    with tf.Graph().as_default():
        a, w = tf.placeholder(tf.float64, x.shape), tf.placeholder(tf.float64, weight.shape)
        graph = bf.graph_of([tf.reduce_sum(a * w, [0, 2])], inputs=[a, w])
    (found,) = bf.compile(graph, "native")(x, weight)
    np.testing.assert_allclose(found, (x * weight).sum((0, 2)), rtol=1e-12)


def test_a_scalar_state_beside_a_reduction(threads: int) -> None:
    """A block reads the old state: nobody has written the new one yet."""
    with tf.Graph().as_default() as program:
        x = tf.placeholder(tf.float32, [None])
        scale = tf.Variable(2.0)
        changed = tf.assign(scale, scale + 1.0)
        total = tf.reduce_sum(x * scale)
        with tf.Session(graph=program) as session:
            session.run(tf.global_variables_initializer())
            ones = np.ones(1 << 18, np.float32)
            for scaled in (2.0, 3.0, 4.0):
                assert session.run([total, changed], {x: ones})[0] == scaled * ones.size


def test_blocks_write_nothing_but_what_they_leave() -> None:
    """What is the same for all blocks is written once, when all are done: threads never write to one place."""
    with tf.Graph().as_default():
        x, scale = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [])
        graph = bf.graph_of([tf.reduce_sum(x * scale), scale + 1.0], inputs=[x, scale])
    source = bf.compile(graph, "native").source
    blocks, end = (
        source[source.index(f"@{name}(") :].split("\n}\n")[0] for name in ("kernel1", "kernel1_end")
    )
    assert blocks.count(" store ") == 1
    assert end.count(" store ") == 2
