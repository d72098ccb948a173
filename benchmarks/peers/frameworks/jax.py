"""JAX on the CPU.

* ``jit``: the whole step in one ``jax.jit`` with donated weights; a recurrent network is a ``lax.scan``, compiled once
  for each length, which is not timed.
* ``jit-pad``: the recurrent network compiled once, every batch padded to the longest sequence (a time is per real
  step).
* ``eager``: no ``jit``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..jobs import Calls, Job, Steps, Unsupported, for_network, scalars
from ..workloads import Adam, Add, Chain, Elementwise, Encoder, Recurrent, Training, Workload


def versions() -> Mapping[str, str]:
    return {"jax": jax.__version__}


def build(workload: Workload, mode: str) -> Job:
    jit: Callable[..., Any] = (lambda f, **_: f) if mode == "eager" else jax.jit
    wait = jax.block_until_ready
    match workload:
        case Training() if mode == "jit" or (mode == "jit-pad" and isinstance(workload, Recurrent)):
            return _training(workload, mode == "jit-pad")
        case Elementwise() if mode == "jit":
            x, z = (jnp.asarray(a) for a in workload.data())

            @jit
            def formula(x: Any, z: Any) -> Any:
                y = jnp.tanh(x) * jax.nn.sigmoid(z) + jnp.exp(-x * x) * z / (1 + jnp.abs(x))
                return y.mean() if workload.mean else y

            return Calls(lambda: formula(x, z), lambda y: workload.checked(np.asarray(y)), wait)
        case Encoder() if mode == "jit":
            weights = [{k: jnp.asarray(v) for k, v in q.items()} for q in workload.parameters()]
            value = jnp.asarray(workload.data())
            encode = jit(lambda weights, x: _encoder(workload, weights, x))
            return Calls(lambda: encode(weights, value), None, wait)
        case Add() if workload.compiled == (mode == "jit"):
            a, b = (jnp.asarray(v) for v in workload.data())
            add = jit(lambda a, b: a + b)
            return Calls(lambda: add(a, b), None, wait)
        case Chain() if workload.compiled == (mode == "jit"):
            return _chain(workload, jit)
    raise Unsupported(workload.name)


def _cross_entropy(z: Any, y: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1).mean()


def _loss(workload: Training, padded: bool) -> Callable[..., Any]:
    """(weights, *batch) -> loss"""

    def dense(p: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(p), 2):
            x = x @ p[i] + p[i + 1]
            if i < len(p) - 2:
                x = jax.nn.relu(x)
        return _cross_entropy(x, y)

    def images(p: list[Any], x: Any, y: Any) -> Any:
        for k, b in (p[:2], p[2:4]):
            x = jax.lax.conv_general_dilated(
                x, k, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x = jax.nn.relu(x + b)
        return _cross_entropy(x.reshape(x.shape[0], -1) @ p[4] + p[5], y)

    def recurrent(p: list[Any], xs: Any, mask: Any, y: Any) -> Any:
        wx, wh, b, wo, bo = p
        masked = padded or xs.shape[1] > 1

        def cell(h: Any, now: Any) -> Any:
            x, m = now
            new = jnp.tanh(x @ wx + h @ wh + b)
            return (jnp.where(m[:, None] > 0, new, h) if masked else new), None

        h, _ = jax.lax.scan(cell, jnp.zeros((xs.shape[1], wh.shape[0])), (xs, mask))
        return _cross_entropy(h @ wo + bo, y)

    return for_network(workload, dense, images, recurrent)


def _training(workload: Training, padded: bool) -> Job:
    gradients = jax.value_and_grad(_loss(workload, padded))
    weights = workload.channels_last(workload.weights())
    batches = workload.batches_channels_last()
    if isinstance(workload, Recurrent) and padded:
        batches = [workload.padded(batch) for batch in batches]

    def update(state: Any, *batch: Any) -> Any:
        p, m, v, t = state
        loss, g = gradients(p, *batch)
        match workload.optimizer:
            case Adam(rate, beta1, beta2, epsilon):
                t = t + 1
                scale1, scale2 = 1 - beta1**t, 1 - beta2**t
                m = [beta1 * a + (1 - beta1) * d for a, d in zip(m, g, strict=True)]
                v = [beta2 * a + (1 - beta2) * d * d for a, d in zip(v, g, strict=True)]
                p = [
                    w - rate * (a / scale1) / (jnp.sqrt(b / scale2) + epsilon)
                    for w, a, b in zip(p, m, v, strict=True)
                ]
            case plain:
                p = [w - plain.rate * d for w, d in zip(p, g, strict=True)]
        return (p, m, v, t), loss

    run = jax.jit(update, donate_argnums=0)
    slots = weights if isinstance(workload.optimizer, Adam) else []
    state: Any = (
        [jnp.array(w) for w in weights],
        *([jnp.zeros(w.shape, jnp.float32) for w in slots] for _ in range(2)),
        jnp.float32(0),
    )

    def step(*batch: Any) -> Any:
        nonlocal state
        state, loss = run(state, *batch)
        return loss

    def wait(loss: Any) -> float:
        jax.block_until_ready(state)
        return float(loss)

    def now() -> list[np.ndarray]:
        return workload.channels_first([np.asarray(w) for w in state[0]])

    held = [tuple(jnp.asarray(a) for a in batch) for batch in batches]
    return Steps(workload, held, step, now, wait)


def _encoder(w: Encoder, weights: list[dict[str, Any]], x: Any) -> Any:
    n, s, d = x.shape

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + w.epsilon) * scale + shift

    for q in weights:
        parts = (x @ q["wqkv"] + q["bqkv"]).reshape(n, s, 3, w.heads, d // w.heads)
        query, key, value = parts.transpose(2, 0, 3, 1, 4)
        scores = jax.nn.softmax(query @ key.swapaxes(-1, -2) * (d // w.heads) ** -0.5)
        seen = (scores @ value).transpose(0, 2, 1, 3).reshape(n, s, d)
        x = norm(x + seen @ q["wo"] + q["bo"], q["g1"], q["b1"])
        u = jax.nn.gelu(x @ q["w1"] + q["c1"], approximate=False)
        x = norm(x + u @ q["w2"] + q["c2"], q["g2"], q["b2"])
    return x


def _chain(workload: Chain, jit: Callable[..., Any]) -> Job:
    def chain(x: Any, a: Any, b: Any) -> Any:
        for _ in range(workload.rounds):
            x = x * a + b
        return x

    numbers = [jnp.asarray(v) for v in workload.data()]
    both = jit(jax.value_and_grad(chain, (0, 1)))
    return Calls(lambda: both(*numbers), lambda r: scalars([r[0], *r[1]]), jax.block_until_ready)
