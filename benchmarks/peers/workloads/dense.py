"""Networks of dense layers: ``relu(x @ W + b)`` over and over, then a softmax."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from . import digits
from .definition import Arrays, Batch, Product, Training, cross_entropy, normal


@dataclass(frozen=True, kw_only=True)
class Dense(Training):
    """Weights are [W0, b0, W1, b1, ...], W of shape (in, out); the data are digits where 64 wide, else noise."""

    sizes: tuple[int, ...]
    batch: int

    def weights(self) -> Arrays:
        rng = np.random.default_rng(0)
        made = []
        for rows, columns in pairwise(self.sizes):
            made.append(normal(rng, rows, columns, scale=(2.0 / rows) ** 0.5))
            made.append(np.zeros(columns, np.float32))
        return made

    def batches(self) -> list[Batch]:
        if self.sizes[0] == 64:
            return list(digits.batches(self.batch))
        rng = np.random.default_rng(0)
        x = rng.standard_normal((8, self.batch, self.sizes[0]), dtype=np.float32)
        y = rng.integers(0, self.sizes[-1], (8, self.batch))
        return [(x[i].copy(), y[i].copy()) for i in range(8)]

    def gradients(self, weights: Arrays, batch: Batch) -> tuple[float, Arrays]:
        x, labels = batch
        kept = [x]
        for i in range(0, len(weights), 2):
            z = kept[-1] @ weights[i] + weights[i + 1]
            kept.append(z if i == len(weights) - 2 else np.maximum(z, 0))
        loss, g = cross_entropy(kept[-1], labels)
        gradients = list(weights)
        for i in range(len(weights) - 2, -1, -2):
            a = kept[i // 2]
            gradients[i], gradients[i + 1] = a.T @ g, g.sum(0)
            if i:
                g = (g @ weights[i].T) * (a > 0)
        return loss, gradients

    def products(self) -> list[Product]:
        made = []
        for i, (rows, columns) in enumerate(pairwise(self.sizes)):
            made.append(Product(self.batch, rows, columns))
            made.append(Product(rows, self.batch, columns, transposed=(True, False)))
            if i:
                made.append(Product(self.batch, columns, rows, transposed=(False, True)))
        return made
