"""Graphs to step through, each with arrays to run it on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import bifront as bf
import bifront.static as tf

Case = tuple[bf.Graph, list[np.ndarray]]


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 1.0, shape).astype(np.float32)


def straight() -> Case:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        w = tf.Variable(tf.ones([3, 2]), name="w")
        loss = tf.reduce_sum(tf.log(tf.nn.softmax(tf.nn.relu(tf.matmul(x, w)))))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        return bf.graph_of([loss, train], inputs=[x]), [numbers(4, 3), numbers(3, 2)]


def branch() -> Case:
    with tf.Graph().as_default():
        z = tf.placeholder(tf.float32, [], name="z")
        y = tf.cond(z > 0.0, lambda: tf.sin(z) * z, lambda: z + 1.0)
        return bf.graph_of([y * 3.0], inputs=[z]), [np.asarray(1.7, np.float32)]


def other_branch() -> Case:
    graph, _ = branch()
    return graph, [np.asarray(-1.7, np.float32)]


def _scan(reverse: bool) -> Case:
    with tf.Graph().as_default():
        xs = tf.placeholder(tf.float32, [None, 3], name="xs")
        kernel = tf.constant(numbers(3, 3))

        def body(state: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
            row = tf.reshape(tf.matmul(tf.reshape(x, [1, 3]), kernel), [3])
            return tf.tanh(state * 0.5 + row)

        stacked = tf.scan(body, xs, initializer=tf.zeros([3]), reverse=reverse)
        return bf.graph_of([tf.reduce_sum(stacked * stacked)], inputs=[xs]), [numbers(4, 3)]


def forwards() -> Case:
    return _scan(False)


def backwards() -> Case:
    return _scan(True)


def loop() -> Case:
    with tf.Graph().as_default():
        z = tf.placeholder(tf.float32, [], name="z")
        _, y = tf.while_loop(
            lambda i, a: i < 3.5 + 0.0 * z,
            lambda i, a: (i + 1.0, tf.sin(a) * z),
            [tf.constant(0.0), z * 2.0],
        )
        return bf.graph_of([y * y], inputs=[z]), [np.asarray(1.7, np.float32)]


def nested() -> Case:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None], name="x")

        def body(i: tf.Tensor, a: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            inner = tf.scan(lambda s, e: s + e * a, x, initializer=tf.constant(0.5))
            a = tf.cond(inner[-1] > 2.0, lambda: a * 0.5, lambda: inner[-1])
            return i + 1, a

        _, y = tf.while_loop(lambda i, a: i < 3, body, [tf.constant(0), tf.constant(1.0)])
        return bf.graph_of([y * 2.0], inputs=[x]), [numbers(5)]


def empty() -> Case:
    graph, _ = forwards()
    return graph, [numbers(0, 3)]


def found_size() -> Case:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None], name="x")
        kept = tf.boolean_mask(x, x > 0.5)
        return bf.graph_of([tf.reduce_sum(kept), kept], inputs=[x]), [numbers(7)]


PROGRAMS: list[Callable[[], Case]] = [
    straight, branch, other_branch, forwards, backwards, loop, nested, empty, found_size,
]  # fmt: skip
