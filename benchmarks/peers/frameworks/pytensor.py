"""PyTensor: ``pytensor.function`` with shared variables and updates; modes ``numba`` (its default) and ``c``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from ..jobs import Calls, Job, Steps, Unsupported, for_network
from ..workloads import Adam, Add, Elementwise, Encoder, Recurrent, Training, Workload

pytensor.config.floatX = "float32"

LINKERS = {"numba": "NUMBA", "c": "CVM"}
f32 = np.float32


def versions() -> Mapping[str, str]:
    return {"pytensor": pytensor.__version__}


def build(workload: Workload, mode: str) -> Job:
    linker = LINKERS[mode]
    match workload:
        case Training():
            return _training(workload, linker)
        case Elementwise():
            x, z = (pytensor.shared(a, borrow=True) for a in workload.data())
            y = pt.tanh(x) * pt.sigmoid(z) + pt.exp(-x * x) * z / (f32(1) + abs(x))
            result = pytensor.Out(y.mean() if workload.mean else y, borrow=True)
            run = pytensor.function([], result, mode=linker)
            return Calls(run, lambda y: workload.checked(np.array(y)))
        case Encoder():
            x = pt.tensor3("x", dtype="float32")
            encode = pytensor.function([x], _encoder(workload, x), mode=linker, trust_input=True)
            value = workload.data()
            return Calls(lambda: encode(value))
        case Add() if workload.compiled:
            a, b = pt.fvector(), pt.fvector()
            add = pytensor.function([a, b], a + b, mode=linker, trust_input=True)
            pair = workload.data()
            return Calls(lambda: add(*pair))
    raise Unsupported(workload.name)


def _cross_entropy(z: Any, y: Any) -> Any:
    return -pt.special.log_softmax(z, axis=1)[pt.arange(y.shape[0]), y].mean()


def _loss(workload: Training) -> Callable[..., Any]:
    def dense(p: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(p), 2):
            x = pt.dot(x, p[i]) + p[i + 1]
            if i < len(p) - 2:
                x = pt.maximum(x, f32(0))
        return _cross_entropy(x, y)

    def recurrent(p: list[Any], xs: Any, mask: Any, y: Any) -> Any:
        wx, wh, b, wo, bo = p
        masked = isinstance(workload, Recurrent) and workload.masked

        def cell(x: Any, m: Any, h: Any, wx: Any, wh: Any, b: Any) -> Any:
            new = pt.tanh(pt.dot(x, wx) + pt.dot(h, wh) + b)
            return pt.switch(m[:, None] > 0, new, h) if masked else new

        first = pt.zeros((xs.shape[1], wo.get_value().shape[0]), dtype="float32")
        states = pytensor.scan(
            cell,
            sequences=[xs, mask],
            outputs_info=[first],
            non_sequences=[wx, wh, b],
            return_updates=False,
        )
        return _cross_entropy(pt.dot(states[-1], wo) + bo, y)

    # It has no convolution of several channels.
    return for_network(workload, dense, recurrent=recurrent)


def _training(workload: Training, linker: str) -> Job:
    loss_of, batches = _loss(workload), workload.batches()
    weights = [pytensor.shared(w.copy()) for w in workload.weights()]
    inputs = [pt.TensorType(str(a.dtype), shape=(None,) * a.ndim)() for a in batches[0]]
    loss = loss_of(weights, *inputs)
    gradients = pytensor.grad(loss, weights)
    updates: list[tuple[Any, Any]] = []
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            beta1, beta2 = f32(beta1), f32(beta2)
            t = pytensor.shared(f32(0))
            now = t + f32(1)
            updates.append((t, now))
            for w, g in zip(weights, gradients, strict=True):
                m, v = (pytensor.shared(0 * w.get_value()) for _ in range(2))
                mean, square = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
                root = pt.sqrt(square / (f32(1) - beta2**now)) + f32(epsilon)
                step = f32(rate) * (mean / (f32(1) - beta1**now)) / root
                updates += [(m, mean), (v, square), (w, w - step)]
        case plain:
            rate = f32(plain.rate)
            updates = [(w, w - rate * g) for w, g in zip(weights, gradients, strict=True)]
    run = pytensor.function(
        inputs, loss, updates=updates, mode=linker, on_unused_input="ignore", trust_input=True
    )
    return Steps(workload, batches, run, lambda: [w.get_value() for w in weights])


def _encoder(w: Encoder, x: Any) -> Any:
    n, s, d, heads = w.batch, w.length, w.width, w.heads

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x / pt.sqrt(pt.sqr(x).mean(-1, keepdims=True) + f32(w.epsilon)) * scale + shift

    x = x.reshape((n * s, d))
    for layer in w.parameters():
        q = {k: pytensor.shared(v) for k, v in layer.items()}
        parts = (pt.dot(x, q["wqkv"]) + q["bqkv"]).reshape((n, s, 3, heads, d // heads))
        parts = parts.transpose(2, 0, 3, 1, 4)
        scores = pt.matmul(parts[0], parts[1].transpose(0, 1, 3, 2)) * f32((d // heads) ** -0.5)
        seen = pt.matmul(pt.special.softmax(scores, axis=-1), parts[2])
        seen = seen.transpose(0, 2, 1, 3).reshape((n * s, d))
        x = norm(x + pt.dot(seen, q["wo"]) + q["bo"], q["g1"], q["b1"])
        u = pt.dot(x, q["w1"]) + q["c1"]
        u = f32(0.5) * u * (f32(1) + pt.erf(u * f32(0.5**0.5)))
        x = norm(x + pt.dot(u, q["w2"]) + q["c2"], q["g2"], q["b2"])
    return x.reshape((n, s, d))
