"""The same program in the three styles is the same graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf1
import bifront.tf2 as tf

_random = np.random.default_rng(0)
ROWS, WIDTH, HIDDEN, CLASSES = 6, 3, 4, 2
X = _random.normal(size=(ROWS, WIDTH)).astype("f")
Y = _random.normal(size=(ROWS, CLASSES)).astype("f")
LABELS = _random.integers(0, CLASSES, ROWS)
SHAPES = {
    "linear": [(WIDTH, CLASSES), (CLASSES,)],
    "logistic": [(WIDTH, CLASSES), (CLASSES,)],
    "mlp": [(WIDTH, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)],
}
STARTS = {
    name: [_random.normal(size=s).astype("f") for s in shapes] for name, shapes in SHAPES.items()
}
RATE = 0.1


def target_of(name: str) -> np.ndarray:
    return LABELS if name == "logistic" else Y


# The losses, in each style


def tf_loss(t: object, name: str, x: object, target: object, w: list) -> object:
    """TensorFlow 1 and 2 write it alike."""
    if name == "linear":
        return t.reduce_mean(t.square(t.matmul(x, w[0]) + w[1] - target))
    if name == "logistic":
        logits = t.matmul(x, w[0]) + w[1]
        return t.reduce_mean(
            t.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
        )
    hidden = t.tanh(t.matmul(x, w[0]) + w[1])
    return t.reduce_mean(t.square(t.matmul(hidden, w[2]) + w[3] - target))


def torch_loss(name: str, x: torch.Tensor, target: torch.Tensor, w: list) -> torch.Tensor:
    if name == "linear":
        return ((x @ w[0] + w[1] - target) ** 2).mean()
    if name == "logistic":
        return torch.nn.functional.cross_entropy(x @ w[0] + w[1], target)
    return ((torch.tanh(x @ w[0] + w[1]) @ w[2] + w[3] - target) ** 2).mean()


# One step of gradient descent, in each style


def static_graph(name: str, rows: int | None) -> bf.Graph:
    with tf1.Graph().as_default():
        target = target_of(name)
        x = tf1.placeholder(tf1.float32, [rows, WIDTH])
        y = tf1.placeholder(target.dtype, [rows, *target.shape[1:]])
        w = [tf1.Variable(start) for start in STARTS[name]]
        loss = tf_loss(tf1, name, x, y, w)
        train = tf1.train.GradientDescentOptimizer(RATE).minimize(loss)
        return bf.graph_of([loss, train], inputs=[x, y])


def imperative_graph(name: str) -> bf.Graph:
    w = [torch.tensor(start, requires_grad=True) for start in STARTS[name]]
    optimizer = torch.optim.SGD(w, lr=RATE)

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch_loss(name, x, y, w)
        loss.backward()
        optimizer.step()
        return loss

    return bf.trace(step)(torch.tensor(X), torch.tensor(target_of(name))).graph


def tf2_step(name: str) -> tuple[tf.Function, list[tf.Variable]]:
    w = [tf.Variable(start) for start in STARTS[name]]

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf_loss(tf, name, x, y, w)
        for variable, gradient in zip(w, tape.gradient(loss, w), strict=True):
            variable.assign_sub(gradient * RATE)
        return loss

    return step, w


def tf2_graph(name: str, rows: int | None) -> bf.Graph:
    step, _ = tf2_step(name)
    target = target_of(name)
    specs = [
        tf.TensorSpec([rows, WIDTH]),
        tf.TensorSpec([rows, *target.shape[1:]], target.dtype),
    ]
    return step.get_concrete_function(*specs).graph


@pytest.mark.parametrize("name", SHAPES)
def test_three_styles_give_one_graph(name: str) -> None:
    static, imperative, eager = (
        static_graph(name, ROWS),
        imperative_graph(name),
        tf2_graph(name, ROWS),
    )
    assert bf.same(static, imperative), bf.diff(static, imperative)
    assert bf.same(static, eager), bf.diff(static, eager)


@pytest.mark.parametrize("name", SHAPES)
def test_dimensions_of_any_size(name: str) -> None:
    static, eager = static_graph(name, None), tf2_graph(name, None)
    assert [str(v.shape[0]).isdigit() for v in eager.inputs] == [False, False]
    for rows in (2, 9):
        # Where two dimensions must agree, a graph may go on with the symbol of either.
        a, b = ({str(v.shape[0]): rows for v in g.inputs} for g in (static, eager))
        same = bf.specialize(static, a), bf.specialize(eager, b)
        assert bf.same(*same), bf.diff(*same)


@pytest.mark.parametrize("name", SHAPES)
def test_one_symbolic_graph(name: str) -> None:
    static, eager = static_graph(name, None), tf2_graph(name, None)
    assert bf.same(static, eager), bf.diff(static, eager)


@pytest.mark.parametrize("name", SHAPES)
def test_same_bits(name: str) -> None:
    """Compiled, as Python, and in a session: the same numbers step by step."""
    target = target_of(name)
    compiled, w = tf2_step(name)
    plain, v = tf2_step(name)
    losses: dict[str, list[bytes]] = {"compiled": [], "python": [], "session": []}
    for _ in range(4):
        losses["compiled"].append(compiled(tf.constant(X), tf.constant(target)).numpy().tobytes())
        done: Callable = plain.python_function
        losses["python"].append(done(tf.constant(X), tf.constant(target)).numpy().tobytes())
    assert compiled.stats.hits == 3
    with tf1.Graph().as_default(), tf1.Session() as session:
        x, y = tf1.placeholder(tf1.float32, [None, WIDTH]), tf1.placeholder(target.dtype)
        u = [tf1.Variable(start) for start in STARTS[name]]
        y.set_shape([None, *target.shape[1:]])
        loss = tf_loss(tf1, name, x, y, u)
        train = tf1.train.GradientDescentOptimizer(RATE).minimize(loss)
        session.run(tf1.global_variables_initializer())
        for _ in range(4):
            value, _ = session.run([loss, train], {x: X, y: target})
            losses["session"].append(value.tobytes())
        final = session.run(u)
    assert losses["compiled"] == losses["python"] == losses["session"]
    for a, b, c in zip(w, v, final, strict=True):
        assert a.numpy().tobytes() == b.numpy().tobytes() == c.tobytes()
