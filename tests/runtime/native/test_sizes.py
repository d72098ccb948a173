"""Sizes that broadcasting leaves open: code for the case that they are equal, the reference for the others."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.compiler.ir import Graph

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


def two_placeholders() -> Graph:
    with tf.Graph().as_default():
        x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
        return bf.graph_of([tf.exp(x) * z + tf.tanh(x)], inputs=[x, z])


def test_two_sizes_that_are_taken_to_be_equal_are_one_loop() -> None:
    run = bf.compile(two_placeholders(), "native")
    assert "in 1 kernels" in run.explain()
    x = np.linspace(-1, 1, 50, dtype=np.float32)
    np.testing.assert_allclose(run(x, x)[0], np.exp(x) * x + np.tanh(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", [(1, 4), (4, 1), (2, 3)])
def test_sizes_that_are_not_equal_are_an_error(sizes: tuple[int, int]) -> None:
    arrays = [np.ones(n, np.float32) for n in sizes]
    with pytest.raises(bf.ShapeError) as wanted:
        bf.compile(two_placeholders(), "numpy")(*arrays)
    with pytest.raises(bf.ShapeError) as found:
        bf.compile(two_placeholders(), "native")(*arrays)
    assert str(found.value) == str(wanted.value)


def test_one_that_is_broadcast_after_all() -> None:
    with tf.Graph().as_default():
        x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
        graph = bf.graph_of([x + z], inputs=[x, z])
    arrays = np.ones(1, np.float32), np.arange(5, dtype=np.float32)
    outcomes = []
    for backend in ("native", "numpy"):
        try:
            outcomes.append([a.tolist() for a in bf.compile(graph, backend)(*arrays)])
        except bf.ShapeError as error:
            outcomes.append([str(error)])
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("how", ["run", "update"])
@pytest.mark.parametrize("open_sizes", [True, False])
def test_a_known_size_that_is_another_one_is_an_error_in_every_run(
    how: str, open_sizes: bool
) -> None:
    with tf.Graph().as_default():
        x, z = (tf.placeholder(tf.float32, [None if open_sizes else 4, 3]) for _ in range(2))
        graph = bf.graph_of([x + z], inputs=[x, z])
    good, bad = np.ones((4, 3), np.float32), np.ones((4, 5), np.float32)
    with pytest.raises(bf.ShapeError) as wanted:
        bf.compile(graph, "numpy")(good, bad)
    run = getattr(bf.compile(graph, "native"), how)
    for _ in range(2):
        np.testing.assert_array_equal(run(good, good)[0], 2 * good)
        with pytest.raises(bf.ShapeError) as found:
            run(good, bad)
        assert str(found.value) == str(wanted.value)


def test_each_pair_of_sizes_has_its_own_code_and_arrays_without_them_are_refused() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, None])
        graph = bf.graph_of([tf.reduce_sum(x * 2.0, 1)], inputs=[x])
    run = bf.compile(graph, "native")
    for rows, columns in ((2, 3), (3, 2), (2, 3), (6, 1)):
        found = run.run(np.ones((rows, columns), np.float32))[0]
        np.testing.assert_array_equal(found, np.full(rows, 2.0 * columns, np.float32))
    with pytest.raises((IndexError, ValueError, bf.BifrontError)) as wanted:
        bf.compile(graph, "numpy").run(np.ones(3, np.float32))
    with pytest.raises(type(wanted.value)):
        run.run(np.ones(3, np.float32))
