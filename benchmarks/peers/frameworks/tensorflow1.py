"""TensorFlow's own TensorFlow 1, ``tf.compat.v1``: mode ``session``, graphs run by ``Session.run``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow.compat.v1 as tf

from ..jobs import Calls, Job, Steps, Unsupported, scalars
from ..workloads import (
    Adam,
    Add,
    Chain,
    Dense,
    Elementwise,
    Encoder,
    Images,
    Recurrent,
    Training,
    Workload,
)

tf.disable_v2_behavior()


def versions() -> Mapping[str, str]:
    return {"tensorflow": tf.__version__}


def build(workload: Workload, mode: str) -> Job:
    tf.reset_default_graph()
    match workload:
        case Training():
            return _training(workload)
        case Elementwise():
            # The vectors are variables: a feed would copy them in each call.
            feeds = [tf.placeholder(tf.float32, [workload.size]) for _ in range(2)]
            x, z = (tf.Variable(feed) for feed in feeds)
            y = tf.tanh(x) * tf.sigmoid(z) + tf.exp(-x * x) * z / (1 + tf.abs(x))
            fetch = tf.reduce_mean(y) if workload.mean else y
            session = tf.Session()
            first = dict(zip(feeds, workload.data(), strict=True))
            session.run(tf.global_variables_initializer(), first)
            return Calls(lambda: session.run(fetch), workload.checked)
        case Encoder():
            x = tf.placeholder(tf.float32, [workload.batch, workload.length, workload.width])
            return _calls(_encoder(workload, x), [x], [workload.data()])
        case Add() if workload.compiled:
            a, b = (tf.placeholder(tf.float32, [4]) for _ in range(2))
            return _calls(a + b, [a, b], workload.data())
        case Chain() if workload.compiled:
            feeds = [tf.placeholder(tf.float32, []) for _ in range(3)]
            y = feeds[0]
            for _ in range(workload.rounds):
                y = y * feeds[1] + feeds[2]
            return _calls([y, *tf.gradients(y, feeds[:2])], feeds, workload.data(), scalars)
    raise Unsupported(workload.name)


def _calls(fetch: Any, feeds: Any, values: Any, answer: Callable[[Any], Any] | None = None) -> Job:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return Calls(lambda: session.run(fetch, dict(zip(feeds, values, strict=True))), answer)


def _training(workload: Training) -> Job:
    batches = workload.batches_channels_last()
    variables = [tf.Variable(w) for w in workload.channels_last(workload.weights())]
    shapes = [list(a.shape) for a in batches[0]]
    if isinstance(workload, Recurrent):
        shapes[0][0] = shapes[1][0] = None
    feeds = [
        tf.placeholder(tf.as_dtype(a.dtype), s) for a, s in zip(batches[0], shapes, strict=True)
    ]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=feeds[-1], logits=_logits(workload, variables, feeds)
    )
    loss = tf.reduce_mean(losses)
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            optimizer = tf.train.AdamOptimizer(rate, beta1, beta2, epsilon)
        case plain:
            optimizer = tf.train.GradientDescentOptimizer(plain.rate)
    train = optimizer.minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())

    def step(*batch: Any) -> Any:
        return session.run([loss, train], dict(zip(feeds, batch, strict=True)))[0]

    def now() -> Any:
        return workload.channels_first(session.run(variables))

    return Steps(workload, batches, step, now)


def _logits(workload: Training, p: Sequence[Any], feeds: Sequence[Any]) -> Any:
    x = feeds[0]
    match workload:
        case Dense():
            for i in range(0, len(p), 2):
                x = tf.nn.bias_add(tf.matmul(x, p[i]), p[i + 1])
                if i < len(p) - 2:
                    x = tf.nn.relu(x)
            return x
        case Images():
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, p[0], 1, "VALID"), p[1]))
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, p[2], 1, "VALID"), p[3]))
            return tf.matmul(tf.reshape(x, (-1, workload.flat)), p[4]) + p[5]
        case Recurrent():
            return _recurrent(workload, p, x, feeds[1])
    raise Unsupported(workload.name)


def _recurrent(workload: Recurrent, p: Sequence[Any], x: Any, mask: Any) -> Any:
    wx, wh, b, wo, bo = p
    steps = tf.shape(x)[0]
    n, width = workload.batch, workload.width
    xs = tf.TensorArray(tf.float32, steps, element_shape=(n, width)).unstack(x)
    ms = tf.TensorArray(tf.float32, steps, element_shape=(n,)).unstack(mask)

    def body(t: Any, h: Any) -> Any:
        new = tf.tanh(tf.matmul(xs.read(t), wx) + tf.matmul(h, wh) + b)
        return t + 1, tf.where_v2(ms.read(t)[:, None] > 0, new, h) if workload.masked else new

    first = tf.zeros((workload.batch, workload.hidden))
    _, h = tf.while_loop(lambda t, h: t < steps, body, (tf.constant(0), first))
    return tf.matmul(h, wo) + bo


def _encoder(w: Encoder, x: Any) -> Any:
    n, s, d, heads = w.batch, w.length, w.width, w.heads

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
        return (x - mean) * tf.rsqrt(variance + w.epsilon) * scale + shift

    x = tf.reshape(x, (n * s, d))
    for layer in w.parameters():
        q = {k: tf.Variable(v) for k, v in layer.items()}
        parts = tf.reshape(tf.matmul(x, q["wqkv"]) + q["bqkv"], (n, s, 3, heads, d // heads))
        query, key, value = tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))
        scores = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * (d // heads) ** -0.5)
        seen = tf.reshape(tf.transpose(tf.matmul(scores, value), (0, 2, 1, 3)), (n * s, d))
        x = norm(x + tf.matmul(seen, q["wo"]) + q["bo"], q["g1"], q["b1"])
        u = tf.matmul(x, q["w1"]) + q["c1"]
        u = 0.5 * u * (1 + tf.erf(u * 0.5**0.5))
        x = norm(x + tf.matmul(u, q["w2"]) + q["c2"], q["g2"], q["b2"])
    return tf.reshape(x, (n, s, d))
