"""An Elman network that reads sequences of many lengths and says their class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .definition import Arrays, Batch, Product, Training, cross_entropy, normal


@dataclass(frozen=True, kw_only=True)
class Recurrent(Training):
    """``h = tanh(x @ Wx + h @ Wh + b)`` where the mask is 1, as it was where it is 0; the last ``h`` is classified.

    Weights are [Wx, Wh, b, Wo, bo]. A batch is x (time, batch, width), mask (time, batch), labels (batch); its time is
    that of its longest sequence. With one sequence a batch the mask is all ones, and programs may leave it out.
    """

    per: str = "time step"
    width: int = 32
    hidden: int = 64
    classes: int = 10
    count: int = 64
    shortest: int = 5
    longest: int = 60
    batch: int

    @property
    def masked(self) -> bool:
        return self.batch > 1

    def weights(self) -> Arrays:
        rng = np.random.default_rng(0)
        return [
            normal(rng, self.width, self.hidden, scale=self.width**-0.5),
            normal(rng, self.hidden, self.hidden, scale=self.hidden**-0.5),
            np.zeros(self.hidden, np.float32),
            normal(rng, self.hidden, self.classes, scale=self.hidden**-0.5),
            np.zeros(self.classes, np.float32),
        ]

    def batches(self) -> list[Batch]:
        lengths = np.random.default_rng(0).integers(self.shortest, self.longest + 1, self.count)
        rng = np.random.default_rng(1)
        sequences = [rng.standard_normal((n, self.width), dtype=np.float32) for n in lengths]
        labels = rng.integers(0, self.classes, self.count)
        made = []
        for i in range(0, self.count, self.batch):
            members = sequences[i : i + self.batch]
            time = max(map(len, members))
            x = np.zeros((time, len(members), self.width), np.float32)
            mask = np.zeros((time, len(members)), np.float32)
            for j, sequence in enumerate(members):
                x[: len(sequence), j], mask[: len(sequence), j] = sequence, 1.0
            made.append((x, mask, labels[i : i + self.batch].astype(np.int64)))
        return made

    def padded(self, batch: Batch) -> Batch:
        """The same batch with the time of the longest of all, for frameworks that want one shape."""
        x, mask, labels = batch
        more = self.longest - len(x)
        return np.pad(x, ((0, more), (0, 0), (0, 0))), np.pad(mask, ((0, more), (0, 0))), labels

    def units(self) -> float:
        batches = self.batches()
        return sum(len(x) for x, *_ in batches) / len(batches)

    def cycle(self) -> int:
        return self.count // self.batch

    def gradients(self, weights: Arrays, batch: Batch) -> tuple[float, Arrays]:
        wx, wh, b, wo, bo = weights
        x, mask, labels = batch
        states, updates = [np.zeros((x.shape[1], self.hidden), wx.dtype)], []
        for now, m in zip(x, mask[..., None], strict=True):
            updates.append(np.tanh(now @ wx + states[-1] @ wh + b))
            states.append(m * updates[-1] + (1 - m) * states[-1])
        loss, g = cross_entropy(states[-1] @ wo + bo, labels)
        made = [np.zeros_like(w) for w in weights]
        made[3], made[4] = states[-1].T @ g, g.sum(0)
        g = g @ wo.T
        for t in range(len(x) - 1, -1, -1):
            m = mask[t][:, None]
            inner = g * m * (1 - updates[t] ** 2)
            made[0] += x[t].T @ inner
            made[1] += states[t].T @ inner
            made[2] += inner.sum(0)
            g = g * (1 - m) + inner @ wh.T
        return loss, made

    def products(self) -> list[Product]:
        """Of one time step: those that have to wait for the step before."""
        forward = Product(self.batch, self.hidden, self.hidden)
        return [forward, Product(*_sizes(forward), transposed=(False, True))]


def _sizes(product: Product) -> tuple[int, int, int]:
    return product.m, product.k, product.n
