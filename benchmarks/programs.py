"""The digits step, written once for each style, and its answer in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

SIZES = (64, 128, 128, 10)
RATE = 0.1
BATCH = 64

Batch = tuple[np.ndarray, np.ndarray]
Step = Callable[[int], float]
"""Trains on the batch of that number; gives the loss."""


class Program(NamedTuple):
    """A training program: one step, and the weights as they are now ([W0, b0, W1, ...], W of shape (in, out))."""

    step: Step
    weights: Callable[[], list[np.ndarray]]


def batches() -> list[Batch]:
    """28 batches of scikit-learn's digits, scaled to [0, 1]."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int64)
    return [(x[i : i + BATCH], y[i : i + BATCH]) for i in range(0, len(x) - BATCH + 1, BATCH)]


def first_weights() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    weights = []
    for rows, columns in pairwise(SIZES):
        scale = (2 / rows) ** 0.5
        weights.append((rng.standard_normal((rows, columns)) * scale).astype(np.float32))
        weights.append(np.zeros(columns, np.float32))
    return weights


def imperative(torch: Any, data: Sequence[Batch], weights: Sequence[np.ndarray]) -> Program:
    """The same source for PyTorch and for ``bifront.imperative``."""
    functional, nn = torch.nn.functional, torch.nn
    layers: list[Any] = []
    for rows, columns in pairwise(SIZES):
        layers += [nn.Linear(rows, columns), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, weights, strict=True):
            parameter.copy_(torch.from_numpy(value.T.copy()))
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    tensors = [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in data]

    def step(i: int) -> float:
        x, y = tensors[i % len(tensors)]
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return Program(step, lambda: [np.array(p.detach().numpy().T) for p in parameters])


def static(tf: Any, data: Sequence[Batch], weights: Sequence[np.ndarray]) -> Program:
    """The program for ``bifront.static``."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, SIZES[0]])
        y = tf.placeholder(tf.int64, [None])
        variables = [tf.Variable(value) for value in weights]
        hidden = x
        for i in range(0, len(variables), 2):
            hidden = tf.matmul(hidden, variables[i]) + variables[i + 1]
            if i < len(variables) - 2:
                hidden = tf.nn.relu(hidden)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=hidden)
        loss = tf.reduce_mean(losses)
        train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)
        session = tf.Session(graph=graph)
        session.run(tf.global_variables_initializer())

    def step(i: int) -> float:
        images, labels = data[i % len(data)]
        return float(session.run([loss, train], {x: images, y: labels})[0])

    return Program(step, lambda: list(session.run(variables)))


def reference(data: Sequence[Batch], weights: Sequence[np.ndarray]) -> Program:
    """The same training in float64, with the gradients written out by hand."""
    now = [w.astype(np.float64) for w in weights]

    def step(i: int) -> float:
        x, y = data[i % len(data)]
        inputs, hidden = [], x.astype(np.float64)
        for j in range(0, len(now), 2):
            inputs.append(hidden)
            hidden = hidden @ now[j] + now[j + 1]
            if j < len(now) - 2:
                hidden = np.maximum(hidden, 0)
        shifted = hidden - hidden.max(1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        rows = np.arange(len(y))
        loss = -logs[rows, y].mean()
        g = np.exp(logs)
        g[rows, y] -= 1
        g /= len(y)
        for j in range(len(now) - 2, -1, -2):
            a = inputs[j // 2]
            gradient = a.T @ g, g.sum(0)
            g = (g @ now[j].T) * (a > 0)
            now[j] = now[j] - RATE * gradient[0]
            now[j + 1] = now[j + 1] - RATE * gradient[1]
        return float(loss)

    return Program(step, lambda: now)


def error(program: Program, data: Sequence[Batch], weights: Sequence[np.ndarray]) -> float:
    """How far losses and weights are from the reference after six steps (relative, in the L2 norm, the worst)."""
    answer = reference(data, weights)
    losses = [(program.step(i), answer.step(i)) for i in range(6)]
    pairs = [(np.array([a for a, _ in losses]), np.array([b for _, b in losses]))]
    pairs += zip(program.weights(), answer.weights(), strict=True)
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in pairs)
