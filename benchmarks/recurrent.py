"""A recurrent classifier of sequences of many lengths, written once for each style, and its answer in float64.

Two cells, each a matrix product of ``[input, state]`` at a time:

* ``rnn``: ``h = tanh([x, h] @ W + b)``.
* ``gru``: ``r, z = sigmoid([x, h] @ W + b)``, ``n = tanh([x, r * h] @ U + c)``, ``h = z * h + (1 - z) * n``.

The last state goes through a linear layer and a softmax; a step trains on one sequence with SGD.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

WIDTH = 64
"""Of an input and of the state."""
CLASSES = 10
RATE = 0.05
SHORTEST, LONGEST = 5, 60
CELLS = ("rnn", "gru")

Sample = tuple[np.ndarray, int]
"""A sequence ``[length, WIDTH]`` and its class."""
Weights = list[np.ndarray]


class Program(NamedTuple):
    """A training program: a step on the sequence of that number gives the loss; the weights as they are now."""

    step: Callable[[int], float]
    weights: Callable[[], Weights]


def samples() -> list[Sample]:
    """One sequence of each length, in random order."""
    rng = np.random.default_rng(0)
    lengths = rng.permutation(np.arange(SHORTEST, LONGEST + 1))
    return [
        (rng.standard_normal((n, WIDTH)).astype(np.float32), int(rng.integers(CLASSES)))
        for n in lengths
    ]


def first_weights(cell: str) -> Weights:
    """The cell's matrices and biases in turn, then those of the linear layer."""
    rng = np.random.default_rng(1)
    shapes = {"rnn": [WIDTH], "gru": [2 * WIDTH, WIDTH]}[cell]
    weights = []
    for rows, columns in [*[(2 * WIDTH, n) for n in shapes], (WIDTH, CLASSES)]:
        weights.append((rng.standard_normal((rows, columns)) * rows**-0.5).astype(np.float32))
        weights.append(np.zeros(columns, np.float32))
    return weights


def imperative(
    torch: Any, cell: str, data: Sequence[Sample], weights: Weights, compiled: bool = False
) -> Program:
    """The same source for PyTorch and for ``bifront.imperative``: a Python loop over the sequence."""
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    tensors = [(torch.from_numpy(x.copy()), torch.tensor([label])) for x, label in data]

    def rnn(x: Any, h: Any) -> Any:
        w, b = parameters[:2]
        return torch.tanh(torch.cat([x, h], 1) @ w + b)

    def gru(x: Any, h: Any) -> Any:
        w, b, u, c = parameters[:4]
        gates = torch.sigmoid(torch.cat([x, h], 1) @ w + b)
        r, z = gates.chunk(2, 1)
        n = torch.tanh(torch.cat([x, r * h], 1) @ u + c)
        return z * h + (1 - z) * n

    update = {"rnn": rnn, "gru": gru}[cell]

    def train(xs: Any, label: Any) -> Any:
        h = torch.zeros(1, WIDTH)
        for x in xs:
            h = update(x.unsqueeze(0), h)
        v, d = parameters[-2:]
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(h @ v + d, label)
        loss.backward()
        optimizer.step()
        return loss

    run = torch.compile(train) if compiled else train

    def step(i: int) -> float:
        return float(run(*tensors[i % len(tensors)]).item())

    return Program(step, lambda: [np.array(p.detach().numpy()) for p in parameters])


def static(tf: Any, cell: str, data: Sequence[Sample], weights: Weights) -> Program:
    """The program for ``bifront.static``: `dynamic_rnn` with TensorFlow's own cells."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, WIDTH])
        label = tf.placeholder(tf.int64, [1])
        made = {"rnn": tf.nn.rnn_cell.BasicRNNCell, "gru": tf.nn.rnn_cell.GRUCell}[cell](WIDTH)
        _, h = tf.nn.dynamic_rnn(made, tf.expand_dims(x, 1), dtype=tf.float32, time_major=True)
        v, d = tf.Variable(weights[-2]), tf.Variable(weights[-1])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=label, logits=tf.matmul(h, v) + d
        )
        loss = tf.reduce_mean(losses)
        variables = [*made.weights, v, d]
        train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)
        session = tf.Session(graph=graph)
        session.run(tf.global_variables_initializer())
        for variable, value in zip(variables, weights, strict=True):
            variable.load(value, session)

    def step(i: int) -> float:
        sequence, number = data[i % len(data)]
        return float(session.run([loss, train], {x: sequence, label: [number]})[0])

    return Program(step, lambda: list(session.run(variables)))


def jax(jax: Any, cell: str, data: Sequence[Sample], weights: Weights) -> Program:
    """The program for JAX: `scan` in one jitted step, which is compiled for each length."""
    jnp = jax.numpy
    state = {"weights": [jnp.asarray(w) for w in weights]}
    arrays = [(jnp.asarray(x)[:, None], number) for x, number in data]

    def rnn(weights: Any, h: Any, x: Any) -> Any:
        w, b = weights[:2]
        return jnp.tanh(jnp.concatenate([x, h], 1) @ w + b)

    def gru(weights: Any, h: Any, x: Any) -> Any:
        w, b, u, c = weights[:4]
        gates = jax.nn.sigmoid(jnp.concatenate([x, h], 1) @ w + b)
        r, z = jnp.split(gates, 2, 1)
        n = jnp.tanh(jnp.concatenate([x, r * h], 1) @ u + c)
        return z * h + (1 - z) * n

    update = {"rnn": rnn, "gru": gru}[cell]

    def loss(weights: Any, xs: Any, number: Any) -> Any:
        first = jnp.zeros((1, WIDTH), jnp.float32)
        h, _ = jax.lax.scan(lambda h, x: (update(weights, h, x), None), first, xs)
        logits = h @ weights[-2] + weights[-1]
        return -jax.nn.log_softmax(logits)[0, number]

    @jax.jit
    def train(weights: Any, xs: Any, number: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights, xs, number)
        return value, [w - RATE * g for w, g in zip(weights, gradients, strict=True)]

    def step(i: int) -> float:
        value, state["weights"] = train(state["weights"], *arrays[i % len(arrays)])
        return float(value)

    return Program(step, lambda: [np.asarray(w) for w in state["weights"]])


def reference(cell: str, data: Sequence[Sample], weights: Weights) -> Program:
    """The same training in float64, with the gradients written out by hand."""
    now = [w.astype(np.float64) for w in weights]
    forward, backward = {"rnn": (_rnn, _rnn_back), "gru": (_gru, _gru_back)}[cell]

    def step(i: int) -> float:
        xs, label = data[i % len(data)]
        h = np.zeros((1, WIDTH))
        kept = []
        for x in xs.astype(np.float64)[:, None]:
            h, more = forward(now, x, h)
            kept.append(more)
        logits = h @ now[-2] + now[-1]
        shifted = logits - logits.max()
        logs = shifted - np.log(np.exp(shifted).sum())
        g = np.exp(logs)
        g[0, label] -= 1
        gradients = [np.zeros_like(w) for w in now]
        gradients[-2:] = [h.T @ g, g[0]]
        g = g @ now[-2].T
        for more in reversed(kept):
            g = backward(now, gradients, g, *more)
        for w, gradient in zip(now, gradients, strict=True):
            w -= RATE * gradient
        return float(-logs[0, label])

    return Program(step, lambda: now)


def _rnn(w: Weights, x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    joined = np.concatenate([x, h], 1)
    new = np.tanh(joined @ w[0] + w[1])
    return new, (joined, new)


def _rnn_back(
    w: Weights, gradients: Weights, g: np.ndarray, joined: np.ndarray, new: np.ndarray
) -> np.ndarray:
    g = g * (1 - new * new)
    gradients[0] += joined.T @ g
    gradients[1] += g[0]
    return (g @ w[0].T)[:, WIDTH:]


def _gru(w: Weights, x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    joined = np.concatenate([x, h], 1)
    gates = 1 / (1 + np.exp(-(joined @ w[0] + w[1])))
    r, z = gates[:, :WIDTH], gates[:, WIDTH:]
    mixed = np.concatenate([x, r * h], 1)
    n = np.tanh(mixed @ w[2] + w[3])
    return z * h + (1 - z) * n, (joined, gates, mixed, n, h)


def _gru_back(
    w: Weights,
    gradients: Weights,
    g: np.ndarray,
    joined: np.ndarray,
    gates: np.ndarray,
    mixed: np.ndarray,
    n: np.ndarray,
    h: np.ndarray,
) -> np.ndarray:
    r, z = gates[:, :WIDTH], gates[:, WIDTH:]
    inner = g * (1 - z) * (1 - n * n)
    gradients[2] += mixed.T @ inner
    gradients[3] += inner[0]
    reset = (inner @ w[2].T)[:, WIDTH:]
    outer = np.concatenate([reset * h, g * (h - n)], 1) * gates * (1 - gates)
    gradients[0] += joined.T @ outer
    gradients[1] += outer[0]
    return g * z + reset * r + (outer @ w[0].T)[:, WIDTH:]


def error(program: Program, cell: str, data: Sequence[Sample]) -> float:
    """How far losses and weights are from the reference after six steps (relative, in the L2 norm, the worst)."""
    answer = reference(cell, data, first_weights(cell))
    losses = [(program.step(i), answer.step(i)) for i in range(6)]
    pairs = [(np.array([a for a, _ in losses]), np.array([b for _, b in losses]))]
    pairs += zip(program.weights(), answer.weights(), strict=True)
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in pairs)
