"""NumPy, as a careful user writes it: the least that one can do without a framework, with gradients by hand.

Mode ``plain``: the formulas of the references in float32; the elementwise chain in blocks that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..jobs import Calls, Job, Steps, Unsupported
from ..workloads import SGD, Adam, Add, Elementwise, Training, Workload

BLOCK = 1 << 15


def versions() -> Mapping[str, str]:
    return {"numpy": np.__version__}


def build(workload: Workload, mode: str) -> Job:
    match workload:
        case Training():
            return _training(workload)
        case Elementwise():
            return _elementwise(workload)
        case Add() if not workload.compiled:
            a, b = workload.data()
            return Calls(lambda: a + b)
    raise Unsupported(workload.name)


def _training(workload: Training) -> Job:
    weights = [w.copy() for w in workload.weights()]
    first, second = ([np.zeros_like(w) for w in weights] for _ in range(2))
    count = 0

    def step(*batch: np.ndarray) -> float:
        nonlocal count
        count += 1
        loss, gradients = workload.gradients(weights, batch)
        match workload.optimizer:
            case SGD(rate):
                for w, g in zip(weights, gradients, strict=True):
                    w -= np.float32(rate) * g.astype(np.float32)
            case Adam(rate, beta1, beta2, epsilon):
                scale1, scale2 = 1 / (1 - beta1**count), 1 / (1 - beta2**count)
                for w, g, m, v in zip(weights, gradients, first, second, strict=True):
                    m += np.float32(1 - beta1) * (g - m)
                    v += np.float32(1 - beta2) * (g * g - v)
                    root = np.sqrt(v * np.float32(scale2)) + np.float32(epsilon)
                    w -= np.float32(rate * scale1) * m / root
        return loss

    return Steps(workload, workload.batches(), step, lambda: weights)


def _elementwise(workload: Elementwise) -> Job:
    x, z = workload.data()
    result = np.empty_like(x)
    one = np.float32(1)

    def blocks() -> object:
        total = 0.0
        for start in range(0, workload.size, BLOCK):
            a, b = x[start : start + BLOCK], z[start : start + BLOCK]
            y = np.tanh(a) / (one + np.exp(-b)) + np.exp(-a * a) * b / (one + np.abs(a))
            if workload.mean:
                total += float(y.sum(dtype=np.float64))
            else:
                result[start : start + BLOCK] = y
        return total / workload.size if workload.mean else result

    return Calls(blocks, workload.checked)
