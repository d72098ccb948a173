"""A program whose line 13 makes a NaN that shows two lines later, and one with a loop; tests know their lines."""

import numpy as np

import bifront as bf
import bifront.static as tf


def nan() -> tuple[bf.Graph, list[np.ndarray]]:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        h = tf.nn.relu(x * 2.0)
        p = h / tf.reduce_sum(h, 1, keepdims=True)
        logs = tf.log(p + 0.5)
        loss = -tf.reduce_mean(logs)
        graph = bf.graph_of([loss], inputs=[x])
    return graph, [np.array([[1, 2, 3], [0, 0, 0]], np.float32)]


def looped() -> tuple[bf.Graph, list[np.ndarray]]:
    with tf.Graph().as_default():
        a = tf.placeholder(tf.float32, [], name="a")

        def body(i: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            twice = y * 2.0
            y = twice + a
            return i + 1, y

        _, last = tf.while_loop(lambda i, y: i < 4, body, [tf.constant(0), a])
        result = last * 3.0
        graph = bf.graph_of([result], inputs=[a])
    return graph, [np.asarray(1.0, np.float32)]


def helper(x: tf.Tensor) -> tf.Tensor:
    inner = tf.tanh(x * 0.5)
    return inner


def called_twice() -> tuple[bf.Graph, list[np.ndarray]]:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2], name="x")
        first = helper(x)
        second = helper(first)
        loss = tf.reduce_sum(second)
        graph = bf.graph_of([loss, *tf.gradients(loss, [x])], inputs=[x])
    return graph, [np.ones(2, np.float32)]
