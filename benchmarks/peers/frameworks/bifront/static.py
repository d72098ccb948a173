"""The programs in TensorFlow 1's style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import bifront.static as tf

from ...jobs import Calls, Job, Steps, Unsupported, scalars
from ...workloads import (
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


class TrainingProgram(NamedTuple):
    """A graph that trains.

    Attributes:
        feeds: placeholders, one for each array of a batch that the program uses.
        used: the places of those arrays in a batch.
        loss, train: what a step fetches.
        variables: the weights, in the program's layout.
    """

    graph: Any
    feeds: list[Any]
    used: list[int]
    loss: Any
    train: Any
    variables: list[Any]


def build(workload: Workload) -> Job:
    """
    Raises:
        Unsupported: an eager workload.
    """
    match workload:
        case Training():
            return _training(workload)
        case Elementwise():
            x, z = (tf.placeholder(tf.float32, [None]) for _ in range(2))
            return _calls(elementwise(workload, x, z), [x, z], workload.data(), workload.checked)
        case Encoder():
            x = tf.placeholder(tf.float32, [None, workload.length, workload.width])
            return _calls(encoder(workload, x, tf.Variable), [x], [workload.data()])
        case Add() if workload.compiled:
            a, b = (tf.placeholder(tf.float32, [4]) for _ in range(2))
            return _calls(a + b, [a, b], workload.data())
        case Chain() if workload.compiled:
            feeds = [tf.placeholder(tf.float32, []) for _ in range(3)]
            return _calls(chain(workload, *feeds), feeds, workload.data(), scalars)
    raise Unsupported(workload.name)


def training_program(workload: Training) -> TrainingProgram:
    """The graph of a training step.

    Raises:
        Unsupported: no such network.
    """
    graph = tf.Graph()
    with graph.as_default():
        variables = [tf.Variable(w) for w in workload.channels_last(workload.weights())]
        match workload:
            case Dense():
                x = tf.placeholder(tf.float32, [None, workload.sizes[0]])
                logits, feeds, used = _dense(variables, x), [x], [0]
            case Recurrent():
                x = tf.placeholder(tf.float32, [None, workload.batch, workload.width])
                mask = tf.placeholder(tf.float32, [None, workload.batch])
                logits = _recurrent(variables, x, mask if workload.masked else None)
                feeds, used = ([x, mask], [0, 1]) if workload.masked else ([x], [0])
            case Images():
                x = tf.placeholder(tf.float32, [None, 8, 8, 1])
                logits, feeds, used = _images(variables, x, workload.flat), [x], [0]
            case _:
                raise Unsupported(workload.name)
        y = tf.placeholder(tf.int64, [None])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses)
        train = _optimizer(workload).minimize(loss)
    last = len(workload.batches()[0]) - 1
    return TrainingProgram(graph, [*feeds, y], [*used, last], loss, train, variables)


def fed(workload: Training, program: TrainingProgram) -> list[tuple[Any, ...]]:
    """The batches, in the program's layout, for its feeds."""
    batches = workload.batches_channels_last()
    return [tuple(batch[i] for i in program.used) for batch in batches]


def _training(workload: Training) -> Job:
    program = training_program(workload)
    session = tf.Session(graph=program.graph)
    with program.graph.as_default():
        session.run(tf.global_variables_initializer())
    fetches, feeds = [program.loss, program.train], program.feeds

    def step(*batch: Any) -> Any:
        return session.run(fetches, feed_dict=dict(zip(feeds, batch, strict=True)))[0]

    def weights() -> list[Any]:
        return workload.channels_first(session.run(program.variables))

    return Steps(workload, fed(workload, program), step, weights)


def _calls(fetch: Any, feeds: Any, values: Any, answer: Callable[[Any], Any] | None = None) -> Job:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return Calls(
        lambda: session.run(fetch, feed_dict=dict(zip(feeds, values, strict=True))), answer
    )


def _optimizer(workload: Training) -> Any:
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            return tf.train.AdamOptimizer(rate, beta1, beta2, epsilon)
        case plain:
            return tf.train.GradientDescentOptimizer(plain.rate)


def _dense(variables: list[Any], x: Any) -> Any:
    for i in range(0, len(variables), 2):
        x = tf.matmul(x, variables[i]) + variables[i + 1]
        if i < len(variables) - 2:
            x = tf.nn.relu(x)
    return x


def _recurrent(variables: list[Any], x: Any, mask: Any) -> Any:
    wx, wh, b, wo, bo = variables

    def cell(h: Any, now: Any) -> Any:
        return tf.tanh(tf.matmul(now, wx) + tf.matmul(h, wh) + b)

    def masked(h: Any, now: Any) -> Any:
        return tf.where(now[1] > 0, cell(h, now[0]), h)

    first = tf.zeros([x.shape[1], wh.shape[0]])
    if mask is None:
        h = tf.foldl(cell, x, initializer=first)
    else:
        h = tf.foldl(masked, (x, mask), initializer=first)
    return tf.matmul(h, wo) + bo


def _images(variables: list[Any], x: Any, flat: int) -> Any:
    k1, b1, k2, b2, w, b = variables
    x = tf.nn.relu(tf.nn.conv2d(x, k1, strides=[1, 1, 1, 1], padding="VALID") + b1)
    x = tf.nn.relu(tf.nn.conv2d(x, k2, strides=[1, 1, 1, 1], padding="VALID") + b2)
    return tf.matmul(tf.reshape(x, [-1, flat]), w) + b


def elementwise(workload: Elementwise, x: Any, z: Any) -> Any:
    y = tf.tanh(x) * tf.sigmoid(z) + tf.exp(-x * x) * z / (1 + tf.abs(x))
    return tf.reduce_mean(y) if workload.mean else y


def encoder(workload: Encoder, x: Any, hold: Callable[[Any], Any]) -> Any:
    """The encoder; ``hold`` makes of an array what keeps it, a variable or a constant."""
    s, d, heads = workload.length, workload.width, workload.heads

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, workload.epsilon)

    x = tf.reshape(x, [-1, d])
    for layer in workload.parameters():
        q = {name: hold(value) for name, value in layer.items()}
        parts = tf.reshape(tf.matmul(x, q["wqkv"]) + q["bqkv"], [-1, s, 3, heads, d // heads])
        query, key, value = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]))
        scores = tf.matmul(query, key, transpose_b=True) * (d // heads) ** -0.5
        seen = tf.matmul(tf.nn.softmax(scores), value)
        seen = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, d])
        x = norm(x + tf.matmul(seen, q["wo"]) + q["bo"], q["g1"], q["b1"])
        u = tf.matmul(x, q["w1"]) + q["c1"]
        u = 0.5 * u * (1 + tf.erf(u * 0.5**0.5))
        x = norm(x + tf.matmul(u, q["w2"]) + q["c2"], q["g2"], q["b2"])
    return tf.reshape(x, [-1, s, d])


def chain(workload: Chain, x: Any, a: Any, b: Any) -> list[Any]:
    """The value and its derivatives by x and a."""
    y = x
    for _ in range(workload.rounds):
        y = y * a + b
    return [y, *tf.gradients(y, [x, a])]
