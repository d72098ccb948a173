"""Random programs written through both frontends build the same graph, update included, and compute the same bits."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.imperative.nn.functional as F
import bifront.static as tf

ROWS, COLUMNS = 4, 5

# Every operation takes the frontend's own way of writing it and keeps the shape [ROWS, COLUMNS].
UNARY: dict[str, tuple[Callable, Callable]] = {
    "tanh": (lambda v: tf.tanh(v), lambda v: torch.tanh(v)),
    "sigmoid": (lambda v: tf.sigmoid(v), lambda v: torch.sigmoid(v)),
    "relu": (lambda v: tf.nn.relu(v), lambda v: F.relu(v)),
    "square": (lambda v: tf.square(v), lambda v: torch.square(v)),
    "abs": (lambda v: tf.abs(v), lambda v: v.abs()),
    "neg": (lambda v: -v, lambda v: -v),
    "exp": (lambda v: tf.exp(v), lambda v: v.exp()),
    "sin": (lambda v: tf.sin(v), lambda v: torch.sin(v)),
    "softmax": (lambda v: tf.nn.softmax(v), lambda v: F.softmax(v, dim=1)),
    "log_softmax": (lambda v: tf.nn.log_softmax(v), lambda v: F.log_softmax(v, dim=1)),
    "scale": (lambda v: v * 0.5, lambda v: v * 0.5),
    "shift": (lambda v: v + 1.25, lambda v: v + 1.25),
    "rsub": (lambda v: 2.0 - v, lambda v: 2.0 - v),
    "divide": (lambda v: v / 3.0, lambda v: v / 3.0),
    "centre": (
        lambda v: v - tf.reduce_mean(v, axis=1, keepdims=True),
        lambda v: v - v.mean(dim=1, keepdim=True),
    ),
    "row_sum": (
        lambda v: v + tf.reduce_sum(v, axis=0),
        lambda v: v + v.sum(dim=0),
    ),
    "row_max": (
        lambda v: v - tf.reduce_max(v, axis=1, keepdims=True),
        lambda v: v - torch.amax(v, dim=1, keepdim=True),
    ),
    "reshape": (
        lambda v: tf.reshape(tf.reshape(v, [COLUMNS, ROWS]), [ROWS, COLUMNS]),
        lambda v: v.reshape(COLUMNS, ROWS).reshape(ROWS, COLUMNS),
    ),
    "dropout": (lambda v: tf.nn.dropout(v, rate=0.3), lambda v: F.dropout(v, 0.3)),
    "clip": (
        lambda v: tf.clip_by_value(v, -1.0, 1.0),
        lambda v: torch.clamp(v, -1.0, 1.0),
    ),
    "stop": (lambda v: v * tf.stop_gradient(v), lambda v: v * v.detach()),
    "concat": (
        lambda v: tf.concat([v[:, 2:], v[:, :2]], axis=1),
        lambda v: torch.cat([v[:, 2:], v[:, :2]], dim=1),
    ),
}

BINARY: dict[str, tuple[Callable, Callable]] = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "sub": (lambda a, b: a - b, lambda a, b: a - b),
    "mul": (lambda a, b: a * b, lambda a, b: a * b),
    "maximum": (lambda a, b: tf.maximum(a, b), lambda a, b: torch.maximum(a, b)),
    "minimum": (lambda a, b: tf.minimum(a, b), lambda a, b: torch.minimum(a, b)),
    "where": (
        lambda a, b: tf.where(tf.greater(a, b), a, b * 0.1),
        lambda a, b: torch.where(a > b, a, b * 0.1),
    ),
    "soft_divide": (
        lambda a, b: a / (tf.square(b) + 1.0),
        lambda a, b: a / (torch.square(b) + 1.0),
    ),
}
LOSSES: dict[str, tuple[Callable, Callable]] = {
    "mse": (
        lambda out, y: tf.reduce_mean(tf.square(out - y)),
        lambda out, y: torch.square(out - y).mean(),
    ),
    "bce": (
        lambda out, y: tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(y), logits=out)
        ),
        lambda out, y: F.binary_cross_entropy_with_logits(out, torch.sigmoid(y)),
    ),
    "cross_entropy": (
        lambda out, y: tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.argmax(y, 1), logits=out)
        ),
        lambda out, y: F.cross_entropy(out, y.argmax(1)),
    ),
    "sum": (lambda out, y: tf.reduce_sum(out * y), lambda out, y: (out * y).sum()),
}
OPTIMIZERS: dict[str, tuple[Callable, Callable]] = {
    "sgd": (
        lambda: tf.train.GradientDescentOptimizer(0.1),
        lambda params: torch.optim.SGD(params, lr=0.1),
    ),
    "momentum": (
        lambda: tf.train.MomentumOptimizer(0.05, 0.9),
        lambda params: torch.optim.SGD(params, lr=0.05, momentum=0.9),
    ),
}


def make_plan(seed: int) -> SimpleNamespace:
    """A random program: steps that combine earlier values, products with weights among them."""
    rng = random.Random(seed)
    steps: list[tuple[str, tuple[int, ...]]] = []
    known = 1
    for _ in range(rng.randint(2, 9)):
        kind = rng.choice(["unary", "unary", "binary", "linear"])
        if kind == "unary":
            steps.append((rng.choice(sorted(UNARY)), (rng.randrange(known),)))
        elif kind == "binary":
            pair = (rng.randrange(known), rng.randrange(known))
            steps.append((rng.choice(sorted(BINARY)), pair))
        else:
            steps.append(("linear", (rng.randrange(known),)))
        known += 1
    steps.append(("linear", (known - 1,)))
    live = {len(steps)}
    for i in range(len(steps), 0, -1):
        if i in live:
            live.update(steps[i - 1][1])
    # Eagerly, a dropout whose result nobody uses draws a random number all the same; a session does not run it.
    steps = [
        ("tanh", operands) if name == "dropout" and i not in live else (name, operands)
        for i, (name, operands) in enumerate(steps, 1)
    ]
    return SimpleNamespace(
        steps=steps,
        loss=rng.choice(sorted(LOSSES)),
        optimizer=rng.choice(sorted(OPTIMIZERS)),
        weights=[
            (
                np.random.default_rng([seed, i]).normal(size=(COLUMNS, COLUMNS)).astype("f4") * 0.3,
                np.zeros(COLUMNS, "f4"),
            )
            for i in range(len(steps))
        ],
    )


def evaluate(
    plan: SimpleNamespace, style: int, x: object, weights: list, matmul: Callable
) -> object:
    values = [x]
    layer = iter(weights)
    for name, operands in plan.steps:
        taken = [values[i] for i in operands]
        if name == "linear":
            w, b = next(layer)
            values.append(matmul(taken[0], w) + b)
        else:
            values.append({**UNARY, **BINARY}[name][style](*taken))
    return values[-1]


def static_program(plan: SimpleNamespace, x_data: np.ndarray, y_data: np.ndarray) -> tuple:
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        x = tf.placeholder(tf.float32, [ROWS, COLUMNS], name="x")
        y = tf.placeholder(tf.float32, [ROWS, COLUMNS], name="y")
        weights = [(tf.Variable(w), tf.Variable(b)) for w, b in plan.weights]
        used = weights[: sum(name == "linear" for name, _ in plan.steps)]
        out = evaluate(plan, 0, x, used, tf.matmul)
        loss = LOSSES[plan.loss][0](out, y)
        train = OPTIMIZERS[plan.optimizer][0]().minimize(
            loss, var_list=[v for pair in used for v in pair]
        )
        graph = bf.graph_of([loss, train], inputs=[x, y])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            losses = [
                session.run([loss, train], feed_dict={x: x_data, y: y_data})[0] for _ in range(3)
            ]
            return graph, losses, session.run([v for pair in used for v in pair])


def imperative_program(plan: SimpleNamespace, x_data: np.ndarray, y_data: np.ndarray) -> tuple:
    torch.manual_seed(7)
    weights = [
        (torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True))
        for w, b in plan.weights
    ]
    used = weights[: sum(name == "linear" for name, _ in plan.steps)]
    params = [p for pair in used for p in pair]
    optimizer = OPTIMIZERS[plan.optimizer][1](params)

    def step(x, y):
        loss = LOSSES[plan.loss][1](evaluate(plan, 1, x, used, torch.matmul), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    x, y = torch.tensor(x_data), torch.tensor(y_data)
    traced = torch.trace(step)(x, y)
    losses = [traced.outputs.item(), step(x, y).item(), step(x, y).item()]
    return traced.graph, losses, [p.detach().numpy() for p in params]


@pytest.mark.parametrize("block", range(25))
def test_same_graph_and_same_bits(block: int) -> None:
    for seed in range(block * 10, block * 10 + 10):
        plan = make_plan(seed)
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(ROWS, COLUMNS)).astype("f4")
        y = rng.normal(size=(ROWS, COLUMNS)).astype("f4")
        with np.errstate(all="ignore"):
            graph_a, losses_a, weights_a = static_program(plan, x, y)
            graph_b, losses_b, weights_b = imperative_program(plan, x, y)
        bf.verify(graph_a)
        bf.verify(graph_b)
        difference = bf.diff(graph_a, graph_b)
        assert not difference, f"program {seed} {plan.steps}:\n{difference}"
        assert graph_a.fingerprint() == graph_b.fingerprint()
        np.testing.assert_array_equal(losses_a, losses_b, f"losses of program {seed}")
        for a, b in zip(weights_a, weights_b, strict=True):
            np.testing.assert_array_equal(a, b, f"weights of program {seed} {plan.steps}")


def test_programs_that_differ_are_told_apart() -> None:
    plan = make_plan(3)
    other = SimpleNamespace(**{**vars(plan), "loss": "sum" if plan.loss != "sum" else "mse"})
    x = np.ones((ROWS, COLUMNS), "f4")
    graph_a, *_ = static_program(plan, x, x)
    graph_b, *_ = imperative_program(other, x, x)
    assert bf.diff(graph_a, graph_b)
    assert graph_a.fingerprint() != graph_b.fingerprint()
