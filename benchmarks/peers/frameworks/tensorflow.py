"""TensorFlow 2 on the CPU: ``eager``, ``function`` (``tf.function``) and ``xla`` (``jit_compile=True``).

Under XLA the gradient of a loop wants a bound, so the recurrent network is padded there (a time is per real step).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

from ..jobs import Calls, Job, Steps, Unsupported, for_network, scalars
from ..workloads import Adam, Add, Chain, Elementwise, Encoder, Recurrent, Training, Workload


def versions() -> Mapping[str, str]:
    return {"tensorflow": tf.__version__}


def build(workload: Workload, mode: str) -> Job:
    if mode not in ("eager", "function", "xla"):
        raise Unsupported(mode)
    wrap: Callable[..., Any] = {
        "eager": lambda f, **_: f,
        "function": tf.function,
        "xla": lambda f, **options: tf.function(f, jit_compile=True, **options),
    }[mode]
    match workload:
        case Training():
            return _training(workload, mode, wrap)
        case Elementwise():
            x, z = (tf.constant(a) for a in workload.data())

            def formula(x: Any, z: Any) -> Any:
                y = tf.tanh(x) * tf.sigmoid(z) + tf.exp(-x * x) * z / (1 + tf.abs(x))
                return tf.reduce_mean(y) if workload.mean else y

            run = wrap(formula)
            return Calls(lambda: run(x, z), lambda y: workload.checked(y.numpy()), _wait)
        case Encoder():
            weights = [{k: tf.Variable(v) for k, v in q.items()} for q in workload.parameters()]
            value = tf.constant(workload.data())
            encode = wrap(lambda x: _encoder(workload, weights, x))
            return Calls(lambda: encode(value), None, _wait)
        case Add() if workload.compiled == (mode != "eager"):
            a, b = (tf.constant(v) for v in workload.data())
            add = wrap(lambda a, b: a + b)
            return Calls(lambda: add(a, b), None, _wait) if workload.compiled else Taped(a, b)
        case Chain() if workload.compiled == (mode != "eager"):
            return _chain(workload, wrap)
    raise Unsupported(workload.name)


class Taped:
    """Additions that a tape records; a new tape for each thousand, so that it does not grow without end."""

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b

    def answer(self) -> list[np.ndarray]:
        return [(self.a + self.b).numpy()]

    def run(self, calls: int) -> None:
        a, b = self.a, self.b
        while calls > 0:
            with tf.GradientTape() as tape:
                tape.watch((a, b))
                for _ in range(min(calls, 1000)):
                    a + b
            calls -= 1000


def _wait(result: Any) -> None:
    for tensor in tf.nest.flatten(result):
        if tensor.shape.rank == 0:
            tensor.numpy()


def _cross_entropy(z: Any, y: Any) -> Any:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z)
    return tf.reduce_mean(losses)


def _loss(workload: Training, mode: str, masked: bool) -> Callable[..., Any]:
    """(weights, *batch) -> loss"""

    def dense(p: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(p), 2):
            x = tf.nn.bias_add(tf.matmul(x, p[i]), p[i + 1])
            if i < len(p) - 2:
                x = tf.nn.relu(x)
        return _cross_entropy(x, y)

    def images(p: list[Any], x: Any, y: Any) -> Any:
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, p[0], 1, "VALID"), p[1]))
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, p[2], 1, "VALID"), p[3]))
        return _cross_entropy(tf.matmul(tf.reshape(x, (x.shape[0], -1)), p[4]) + p[5], y)

    def recurrent(p: list[Any], xs: Any, mask: Any, y: Any) -> Any:
        wx, wh, b, wo, bo = p
        h = tf.zeros((xs.shape[1], wh.shape[0]))

        def cell(x: Any, m: Any, h: Any) -> Any:
            new = tf.tanh(tf.matmul(x, wx) + tf.matmul(h, wh) + b)
            return tf.where(m[:, None] > 0, new, h) if masked else new

        if mode == "eager":
            for t in range(xs.shape[0]):
                h = cell(xs[t], mask[t], h)
        else:
            bound = workload.longest if mode == "xla" else None
            steps = tf.shape(xs)[0]
            _, h = tf.while_loop(
                lambda t, h: t < steps,
                lambda t, h: (t + 1, cell(xs[t], mask[t], h)),
                (tf.constant(0), h),
                maximum_iterations=bound,
            )
        return _cross_entropy(tf.matmul(h, wo) + bo, y)

    return for_network(workload, dense, images, recurrent)


def _training(workload: Training, mode: str, wrap: Callable[..., Any]) -> Job:
    batches, options = workload.batches_channels_last(), {}
    padded = isinstance(workload, Recurrent) and mode == "xla"
    masked = padded or (isinstance(workload, Recurrent) and workload.masked)
    match workload:
        case Recurrent() if padded:
            batches = [workload.padded(batch) for batch in batches]
        case Recurrent() if mode == "function":
            # One trace for all lengths.
            x = tf.TensorSpec((None, workload.batch, workload.width))
            mask = tf.TensorSpec((None, workload.batch))
            y = tf.TensorSpec((workload.batch,), tf.int64)
            options = {"input_signature": [x, mask, y]}
    loss_of = _loss(workload, mode, masked)
    variables = [tf.Variable(w) for w in workload.channels_last(workload.weights())]
    update = _update(workload, variables, mode)

    def step(*batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(variables, *batch)
        update(tape.gradient(loss, variables))
        return loss

    def now() -> list[np.ndarray]:
        return workload.channels_first([v.numpy() for v in variables])

    held = [tuple(tf.constant(a) for a in batch) for batch in batches]
    return Steps(workload, held, wrap(step, **options), now)


def _update(workload: Training, variables: list[Any], mode: str) -> Callable[[Any], None]:
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            first, second = ([tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2))
            count = tf.Variable(0.0)

            def adam(gradients: Any) -> None:
                count.assign_add(1)
                power1, power2 = beta1**count, beta2**count
                for w, m, v, g in zip(variables, first, second, gradients, strict=True):
                    if mode == "xla":
                        m.assign(beta1 * m + (1 - beta1) * g)
                        v.assign(beta2 * v + (1 - beta2) * g * g)
                        root = tf.sqrt(v / (1 - power2)) + epsilon
                        w.assign_sub(rate * (m / (1 - power1)) / root)
                    else:  # TensorFlow's own fused kernel
                        tf.raw_ops.ResourceApplyAdam(
                            var=w.handle,
                            m=m.handle,
                            v=v.handle,
                            beta1_power=power1,
                            beta2_power=power2,
                            lr=rate,
                            beta1=beta1,
                            beta2=beta2,
                            epsilon=epsilon,
                            grad=g,
                        )

            return adam
        case plain:

            def sgd(gradients: Any) -> None:
                for w, g in zip(variables, gradients, strict=True):
                    w.assign_sub(plain.rate * g)

            return sgd


def _encoder(w: Encoder, weights: list[dict[str, Any]], x: Any) -> Any:
    (n, s, d), heads = x.shape, w.heads

    def dense(x: Any, matrix: Any, shift: Any) -> Any:
        return tf.nn.bias_add(tf.matmul(x, matrix), shift)

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + w.epsilon) * scale + shift

    x = tf.reshape(x, (n * s, d))
    for q in weights:
        parts = tf.reshape(dense(x, q["wqkv"], q["bqkv"]), (n, s, 3, heads, d // heads))
        parts = tf.transpose(parts, (2, 0, 3, 1, 4))
        scores = tf.matmul(parts[0], parts[1], transpose_b=True) * (d // heads) ** -0.5
        seen = tf.matmul(tf.nn.softmax(scores), parts[2])
        seen = tf.reshape(tf.transpose(seen, (0, 2, 1, 3)), (n * s, d))
        x = norm(x + dense(seen, q["wo"], q["bo"]), q["g1"], q["b1"])
        u = tf.nn.gelu(dense(x, q["w1"], q["c1"]), approximate=False)
        x = norm(x + dense(u, q["w2"], q["c2"]), q["g2"], q["b2"])
    return tf.reshape(x, (n, s, d))


def _chain(workload: Chain, wrap: Callable[..., Any]) -> Job:
    numbers = [tf.constant(v) for v in workload.data()]

    def chain(x: Any, a: Any, b: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch((x, a))
            y = x
            for _ in range(workload.rounds):
                y = y * a + b
        return (y, *tape.gradient(y, (x, a)))

    run = wrap(chain)
    return Calls(lambda: run(*numbers), scalars, _wait)
