"""A small convolutional network on the digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import digits
from .definition import Arrays, Batch, Product, Training, cross_entropy, normal

SIDE, KERNEL, CLASSES = 8, 3, 10


@dataclass(frozen=True, kw_only=True)
class Images(Training):
    """Two convolutions of 3 x 3 without padding, a ReLU behind each, and a dense layer.

    Weights are [K1 (c1, 1, 3, 3), b1, K2 (c2, c1, 3, 3), b2, W (c2 * 16, 10), b], W's rows in the order (channel, row,
    column). A batch is x (batch, 1, 8, 8) and labels.
    """

    channels: tuple[int, int] = (16, 32)
    batch: int

    @property
    def flat(self) -> int:
        return self.channels[1] * (SIDE - 2 * KERNEL + 2) ** 2

    def weights(self) -> Arrays:
        rng = np.random.default_rng(0)
        a, b = self.channels
        return [
            normal(rng, a, 1, KERNEL, KERNEL, scale=(2 / 9) ** 0.5),
            np.zeros(a, np.float32),
            normal(rng, b, a, KERNEL, KERNEL, scale=(2 / (9 * a)) ** 0.5),
            np.zeros(b, np.float32),
            normal(rng, self.flat, CLASSES, scale=(2 / self.flat) ** 0.5),
            np.zeros(CLASSES, np.float32),
        ]

    def batches(self) -> list[Batch]:
        return [(x.reshape(-1, 1, SIDE, SIDE), y) for x, y in digits.batches(self.batch)]

    def batches_channels_last(self) -> list[Batch]:
        return [(x.transpose(0, 2, 3, 1).copy(), y) for x, y in self.batches()]

    def channels_last(self, weights: Arrays) -> Arrays:
        """Kernels as (row, column, in, out), and the dense rows in the order (row, column, channel)."""
        k1, b1, k2, b2, w, b = weights
        c, side = self.channels[1], SIDE - 2 * KERNEL + 2
        rows = w.reshape(c, side, side, CLASSES).transpose(1, 2, 0, 3).reshape(self.flat, CLASSES)
        kernels = (k.transpose(2, 3, 1, 0).copy() for k in (k1, k2))
        return [next(kernels), b1, next(kernels), b2, rows.copy(), b]

    def channels_first(self, weights: Arrays) -> Arrays:
        k1, b1, k2, b2, w, b = (np.asarray(a) for a in weights)
        c, side = self.channels[1], SIDE - 2 * KERNEL + 2
        rows = w.reshape(side, side, c, CLASSES).transpose(2, 0, 1, 3).reshape(self.flat, CLASSES)
        return [k1.transpose(3, 2, 0, 1), b1, k2.transpose(3, 2, 0, 1), b2, rows, b]

    def gradients(self, weights: Arrays, batch: Batch) -> tuple[float, Arrays]:
        k1, b1, k2, b2, w, b = weights
        x, labels = batch
        n = len(x)
        first, second = self.channels
        c1 = _patches(x)
        a1 = np.maximum(c1 @ k1.reshape(first, -1).T + b1, 0)
        c2 = _patches(a1.transpose(0, 3, 1, 2))
        a2 = np.maximum(c2 @ k2.reshape(second, -1).T + b2, 0)
        flat = a2.transpose(0, 3, 1, 2).reshape(n, -1)
        loss, g = cross_entropy(flat @ w + b, labels)
        gw, gb = flat.T @ g, g.sum(0)
        side = a2.shape[1]
        g = (g @ w.T).reshape(n, second, side, side).transpose(0, 2, 3, 1) * (a2 > 0)
        g = g.reshape(-1, second)
        gk2, gb2 = (g.T @ c2.reshape(-1, c2.shape[-1])).reshape(k2.shape), g.sum(0)
        spread = (g @ k2.reshape(second, -1)).reshape(n, side, side, first, KERNEL, KERNEL)
        g1 = np.zeros_like(a1)
        for i in range(KERNEL):
            for j in range(KERNEL):
                g1[:, i : i + side, j : j + side] += spread[..., i, j]
        g1 = (g1 * (a1 > 0)).reshape(-1, first)
        gk1, gb1 = (g1.T @ c1.reshape(-1, c1.shape[-1])).reshape(k1.shape), g1.sum(0)
        return loss, [gk1, gb1, gk2, gb2, gw, gb]

    def products(self) -> list[Product]:
        """As products of patches, without the copies that make patches."""
        a, b = self.channels
        m1, m2 = self.batch * (SIDE - 2) ** 2, self.batch * (SIDE - 4) ** 2
        return [
            Product(m1, 9, a),
            Product(m2, 9 * a, b),
            Product(self.batch, self.flat, CLASSES),
            Product(self.flat, self.batch, CLASSES, transposed=(True, False)),
            Product(self.batch, CLASSES, self.flat, transposed=(False, True)),
            Product(9 * a, m2, b, transposed=(True, False)),
            Product(m2, b, 9 * a, transposed=(False, True)),
            Product(9, m1, a, transposed=(True, False)),
        ]


def _patches(x: np.ndarray) -> np.ndarray:
    """(n, c, h, w) -> (n, h', w', c * 9)"""
    view = np.lib.stride_tricks.sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))
    n, c, h, w = view.shape[:4]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * KERNEL * KERNEL)
