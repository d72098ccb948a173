"""tinygrad on its CPU device: ``jit`` (``TinyJit``, no search) and ``eager`` (realized after every operation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn import optim

from ..jobs import Calls, Job, Steps, Unsupported, for_network
from ..workloads import Adam, Add, Elementwise, Encoder, Training, Workload


def versions() -> Mapping[str, str]:
    return {"tinygrad": version("tinygrad")}


def build(workload: Workload, mode: str) -> Job:
    match workload:
        case Training() if mode == "jit":
            return _training(workload)
        case Elementwise() if mode == "jit":
            x, z = (_held(a) for a in workload.data())

            @TinyJit
            def formula(x: Any, z: Any) -> Any:
                y = x.tanh() * z.sigmoid() + (-x * x).exp() * z / (1 + x.abs())
                return (y.mean() if workload.mean else y).realize()

            return Calls(lambda: formula(x, z), lambda y: workload.checked(y.numpy()), _wait)
        case Encoder() if mode == "jit":
            weights = [{k: _held(v) for k, v in q.items()} for q in workload.parameters()]
            value = _held(workload.data())
            encode = TinyJit(lambda x: _encoder(workload, weights, x).realize())
            return Calls(lambda: encode(value), lambda y: [y.numpy()], _wait)
        case Add() if workload.compiled == (mode == "jit"):
            a, b = (_held(v) for v in workload.data())
            add = TinyJit(lambda a, b: (a + b).realize()) if workload.compiled else None
            call = (lambda: add(a, b)) if add else (lambda: (a + b).realize())
            return Calls(call, lambda y: [y.numpy()], _wait)
    raise Unsupported(workload.name)


def _held(a: np.ndarray) -> Any:
    a = a.astype(np.int32) if a.dtype.kind == "i" else np.ascontiguousarray(a)
    return Tensor(a).contiguous().realize()


def _wait(tensor: Any) -> None:
    tensor.realize()


def _loss(workload: Training) -> Callable[..., Any]:
    def dense(p: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(p), 2):
            x = x @ p[i] + p[i + 1]
            if i < len(p) - 2:
                x = x.relu()
        return x.sparse_categorical_crossentropy(y)

    def images(p: list[Any], x: Any, y: Any) -> Any:
        x = x.conv2d(p[0], p[1]).relu().conv2d(p[2], p[3]).relu()
        return (x.flatten(1) @ p[4] + p[5]).sparse_categorical_crossentropy(y)

    # A loop over time would have to be unrolled.
    return for_network(workload, dense, images)


def _training(workload: Training) -> Job:
    loss_of = _loss(workload)
    weights = [_held(w) for w in workload.weights()]
    match workload.optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            optimizer: Any = optim.Adam(weights, lr=rate, b1=beta1, b2=beta2, eps=epsilon)
        case plain:
            optimizer = optim.SGD(weights, lr=plain.rate)

    @TinyJit
    def step(*batch: Any) -> Any:
        with Context(TRAINING=1):
            optimizer.zero_grad()
            loss = loss_of(weights, *batch).backward()
            return loss.realize(*optimizer.schedule_step())

    batches = [tuple(_held(a) for a in batch) for batch in workload.batches()]
    return Steps(
        workload, batches, step, lambda: [w.numpy() for w in weights], lambda loss: loss.item()
    )


def _encoder(w: Encoder, weights: list[dict[str, Any]], x: Any) -> Any:
    n, s, d = x.shape
    for q in weights:
        parts = (x @ q["wqkv"] + q["bqkv"]).reshape(n, s, 3, w.heads, d // w.heads)
        parts = parts.permute(2, 0, 3, 1, 4)
        scores = (parts[0] @ parts[1].transpose(-1, -2) * (d // w.heads) ** -0.5).softmax(-1)
        seen = (scores @ parts[2]).transpose(1, 2).reshape(n, s, d)
        x = (x + seen @ q["wo"] + q["bo"]).layernorm(eps=w.epsilon) * q["g1"] + q["b1"]
        u = x @ q["w1"] + q["c1"]
        u = 0.5 * u * (1 + (u * 0.5**0.5).erf())
        x = (x + u @ q["w2"] + q["c2"]).layernorm(eps=w.epsilon) * q["g2"] + q["b2"]
    return x
