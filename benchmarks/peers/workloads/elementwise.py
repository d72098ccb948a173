"""A chain of elementwise operations on two long vectors, with and without the mean of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .definition import Arrays, Workload

EVERY = 4097
"""Of the array that is written, each so manieth element is checked."""


@dataclass(frozen=True, kw_only=True)
class Elementwise(Workload):
    """``tanh(x) * sigmoid(z) + exp(-x * x) * z / (1 + |x|)``, in float32."""

    size: int
    mean: bool

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        x = rng.standard_normal(self.size, dtype=np.float32)
        return x, rng.standard_normal(self.size, dtype=np.float32)

    def reference(self) -> Arrays:
        blocks = zip(*(np.array_split(a, 64) for a in self.data()), strict=True)
        y = np.concatenate([formula(a.astype(np.float64), b.astype(np.float64)) for a, b in blocks])
        return [np.array([y.mean()])] if self.mean else [y[::EVERY].copy()]

    def checked(self, result: np.ndarray) -> Arrays:
        """What of a result is held against the reference."""
        return [np.atleast_1d(result)] if self.mean else [np.asarray(result)[::EVERY]]

    def moved(self) -> int:
        return self.size * 4 * (2 if self.mean else 3)


def formula(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    value: np.ndarray = np.tanh(x) / (1 + np.exp(-z)) + np.exp(-x * x) * z / (1 + np.abs(x))
    return value
