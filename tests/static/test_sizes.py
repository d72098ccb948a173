"""Arithmetic with sizes that are open while the graph is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

N = None


def _value(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], Any]]] = {
    "reshape by a product": (
        lambda x: tf.reshape(x, [-1, tf.shape(x)[1] * 2]),
        lambda x: x.reshape(-1, 8),
    ),
    "reshape by a quotient": (
        lambda x: tf.reshape(x, tf.stack([tf.shape(x)[0] // 2, -1])),
        lambda x: x.reshape(x.shape[0] // 2, -1),
    ),
    "reshape by a concatenated shape": (
        lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:-1], [2, 2]], 0)),
        lambda x: x.reshape(-1, 2, 2),
    ),
    "reshape by a product of the shape": (
        lambda x: tf.reshape(x, [tf.reduce_prod(tf.shape(x))]),
        lambda x: x.reshape(-1),
    ),
    "zeros": (lambda x: tf.zeros(tf.shape(x)[0] * 2), lambda x: np.zeros(2 * len(x), "f4")),
    "fill": (
        lambda x: tf.fill([tf.shape(x)[0], 2], 1.5),
        lambda x: np.full((len(x), 2), 1.5, "f4"),
    ),
    "range": (
        lambda x: tf.range(tf.shape(x)[0], dtype=tf.int64),
        lambda x: np.arange(len(x)),
    ),
    "range in steps": (
        lambda x: tf.cast(tf.range(1, tf.shape(x)[0], 2), tf.int64),
        lambda x: np.arange(1, len(x), 2),
    ),
    "range downwards": (
        lambda x: tf.gather(x, tf.range(tf.shape(x)[0] - 1, -1, -1)),
        lambda x: x[::-1],
    ),
    "range downwards in steps": (
        lambda x: tf.cast(tf.range(tf.shape(x)[0], 0, -3), tf.int64),
        lambda x: np.arange(len(x), 0, -3),
    ),
    "tile": (
        lambda x: tf.tile(x, [tf.shape(x)[0], 1]),
        lambda x: np.tile(x, (len(x), 1)),
    ),
    "slice": (lambda x: x[: tf.shape(x)[0] - 1], lambda x: x[:-1]),
    "slice by a remainder": (lambda x: x[tf.shape(x)[0] % 2 :], lambda x: x[len(x) % 2 :]),
    "the second half": (lambda x: x[tf.shape(x)[0] // 2 :], lambda x: x[len(x) // 2 :]),
    "split": (lambda x: tf.split(x, [2, -1], 0)[1], lambda x: x[2:]),
    "pad": (
        lambda x: tf.pad(x, [[0, tf.shape(x)[0]], [0, 0]]),
        lambda x: np.pad(x, ((0, len(x)), (0, 0))),
    ),
    "broadcast_to": (
        lambda x: tf.broadcast_to(tf.zeros([4]), [tf.shape(x)[0], 4]),
        lambda x: np.zeros((len(x), 4), "f4"),
    ),
    "one_hot": (
        lambda x: tf.one_hot([1], tf.shape(x)[0]),
        lambda x: np.eye(len(x), dtype="f4")[[1]],
    ),
    "eye": (
        lambda x: tf.eye(tf.shape(x)[0], 3, batch_shape=[2]),
        lambda x: np.stack([np.eye(len(x), 3, dtype="f4")] * 2),
    ),
    "linspace": (
        lambda x: tf.linspace(0.0, 8.0, tf.shape(x)[0] + 3),
        lambda x: np.arange(len(x) + 3, dtype="f4") * (np.float32(8) / np.float32(len(x) + 2)),
    ),
    "transpose by a range": (
        lambda x: tf.transpose(x, tf.range(tf.rank(x))[::-1]),
        lambda x: x.T,
    ),
    "mean by a size": (
        lambda x: tf.reduce_sum(x, 0) / tf.cast(tf.shape(x)[0], tf.float32),
        lambda x: x.sum(0) / np.float32(len(x)),
    ),
    "filling up": (
        lambda x: tf.concat([x, tf.zeros([10 - tf.shape(x)[0], 4])], 0),
        lambda x: np.concatenate([x, np.zeros((10 - len(x), 4), "f4")]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_graph_for_every_size(name: str) -> None:
    build, meant = CASES[name]
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [N, 4])
        program = bf.compile(bf.graph_of(build(x)))
    for size in (6, 8):
        value = _value(size, 4)
        (found,) = program(value)
        want = meant(value)
        assert found.shape == want.shape
        np.testing.assert_array_equal(found, want)


def test_a_size_that_is_no_function_of_shapes_says_so() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [N, 4])
        with pytest.raises(bf.ShapeError, match="only known at run time"):
            tf.zeros([tf.cast(tf.reduce_sum(x), tf.int32)])
