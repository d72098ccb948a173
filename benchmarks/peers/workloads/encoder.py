"""A transformer encoder of the size of all-MiniLM-L6, read forwards only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .definition import Arrays, Product, Workload, normal

Layer = dict[str, np.ndarray]
SPREAD = 0.05


@dataclass(frozen=True, kw_only=True)
class Encoder(Workload):
    """Layers with the norm behind the sum, GELU by erf, no mask; the input is (batch, length, width)."""

    width: int = 384
    heads: int = 12
    inner: int = 1536
    layers: int = 6
    length: int = 128
    epsilon: float = 1e-5
    batch: int

    def parameters(self) -> list[Layer]:
        """Matrices are (in, out): wqkv (d, 3 d), wo (d, d), w1 (d, f), w2 (f, d); bqkv, bo, c1, c2 are added behind
        them; g1, b1 and g2, b2 scale and shift the norms."""
        rng = np.random.default_rng(0)
        d, f = self.width, self.inner
        shapes = {
            **{"wqkv": (d, 3 * d), "bqkv": (3 * d,), "wo": (d, d), "bo": (d,)},
            **{"g1": (d,), "b1": (d,), "w1": (d, f), "c1": (f,)},
            **{"w2": (f, d), "c2": (d,), "g2": (d,), "b2": (d,)},
        }
        return [
            {
                name: normal(rng, *shape, scale=SPREAD) + np.float32(name in ("g1", "g2"))
                for name, shape in shapes.items()
            }
            for _ in range(self.layers)
        ]

    def data(self) -> np.ndarray:
        shape = self.batch, self.length, self.width
        return np.random.default_rng(2).standard_normal(shape, dtype=np.float32)

    def reference(self) -> Arrays:
        from scipy.special import erf

        x = self.data().astype(np.float64)
        for layer in self.parameters():
            x = self._layer({k: v.astype(np.float64) for k, v in layer.items()}, x, erf)
        return [x]

    def _layer(self, q: Layer, x: np.ndarray, erf: np.ufunc) -> np.ndarray:
        n, s, d = x.shape
        split = n, s, 3, self.heads, d // self.heads
        query, key, value = (x @ q["wqkv"] + q["bqkv"]).reshape(split).transpose(2, 0, 3, 1, 4)
        scores = query @ key.swapaxes(-1, -2) / (d // self.heads) ** 0.5
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ value).transpose(0, 2, 1, 3).reshape(n, s, d)
        x = self._norm(x + seen @ q["wo"] + q["bo"], q["g1"], q["b1"])
        u = x @ q["w1"] + q["c1"]
        u = 0.5 * u * (1 + erf(u * 0.5**0.5))
        return self._norm(x + u @ q["w2"] + q["c2"], q["g2"], q["b2"])

    def _norm(self, x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
        x = x - x.mean(-1, keepdims=True)
        normed: np.ndarray = x / np.sqrt((x**2).mean(-1, keepdims=True) + self.epsilon)
        return normed * scale + shift

    def products(self) -> list[Product]:
        d, f, s, rows = self.width, self.inner, self.length, self.length * self.batch
        pairs, head = self.layers * self.batch * self.heads, self.width // self.heads
        dense = [(d, 3 * d), (d, d), (d, f), (f, d)]
        return [
            *(Product(rows, k, n, self.layers) for k, n in dense),
            Product(s, head, s, pairs, (False, True)),
            Product(s, s, head, pairs),
        ]
