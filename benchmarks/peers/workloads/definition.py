"""What a workload is: data, sizes, the answer in float64, and how far from it an answer may be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Arrays = list[np.ndarray]
Batch = tuple[np.ndarray, ...]
TOLERANCE = 1e-4
SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


@dataclass(frozen=True)
class Goal:
    """What bifront is to reach: a ratio to the best of some peers, or a time.

    Attributes:
        ratio: the peer's time over bifront's.
        peers: contenders (``framework:mode``) it is measured against; all of them if empty.
        own: bifront's contenders, each of which is to reach it.
        seconds: an absolute time, where that is the goal.
    """

    ratio: float | None = None
    peers: tuple[str, ...] = ()
    own: tuple[str, ...] = ("bifront:static", "bifront:imperative")
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Workload(ABC):
    """One thing to compute.

    Attributes:
        name: the short name, of which a prefix selects it on the command line.
        title: one line for tables.
        unit: of the figures in tables: s, ms, us or ns.
        per: what one figure is the time of.
        goal: what is to be reached.
        floor: the least norm that a difference is taken relative to; 1 makes it absolute where the answer is tiny.
    """

    name: str
    title: str
    unit: str
    per: str = "call"
    goal: Goal | None = None
    floor: float = 1e-12

    @abstractmethod
    def reference(self) -> Arrays:
        """The answer in float64."""

    def units(self) -> float:
        """How many times what `per` says happens in one call."""
        return 1.0

    def cycle(self) -> int:
        """Calls are timed in multiples of this, so that each batch is met equally often."""
        return 1

    def products(self) -> list[Product]:
        """The matrix products of one unit."""
        return []

    def moved(self) -> int:
        """Bytes that one call has to read and write, where that may bound it; else 0."""
        return 0

    def error(self, answer: Sequence[np.ndarray], reference: Sequence[np.ndarray]) -> float:
        """The worst relative difference, in the L2 norm, of any array of the answer.

        Raises:
            ValueError: the answer has another number of arrays or other sizes.
        """
        if len(answer) != len(reference):
            raise ValueError(f"{len(answer)} arrays instead of {len(reference)}")
        return max(_difference(a, b, self.floor) for a, b in zip(answer, reference, strict=True))


@dataclass(frozen=True)
class Product:
    """``count`` float32 matrix products ``[m, k] @ [k, n]``, the operands stored transposed if so said."""

    m: int
    k: int
    n: int
    count: float = 1
    transposed: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class SGD:
    rate: float


@dataclass(frozen=True)
class Adam:
    rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


@dataclass(frozen=True, kw_only=True)
class Training(Workload):
    """A training step: forward, backward, update, with the loss as its result.

    Its answer is the losses of the first `steps` steps, and the weights after them.
    """

    per: str = "step"
    optimizer: SGD | Adam
    steps: int

    @abstractmethod
    def weights(self) -> Arrays:
        """The weights at the start, in float32."""

    @abstractmethod
    def batches(self) -> list[Batch]:
        """What the steps are fed, in turn."""

    def batches_channels_last(self) -> list[Batch]:
        """The batches for frameworks that keep the channels of images last."""
        return self.batches()

    def channels_last(self, weights: Arrays) -> Arrays:
        """The weights for such a framework; only those of images differ."""
        return weights

    def channels_first(self, weights: Arrays) -> Arrays:
        """The other way round."""
        return weights

    @abstractmethod
    def gradients(self, weights: Arrays, batch: Batch) -> tuple[float, Arrays]:
        """The loss and its gradient by the weights, in the weights' own type."""

    def reference(self) -> Arrays:
        now = [w.astype(np.float64) for w in self.weights()]
        first = [np.zeros_like(w) for w in now]
        second = [np.zeros_like(w) for w in now]
        batches = self.batches()
        losses = []
        for t in range(1, self.steps + 1):
            batch = tuple(_wide(a) for a in batches[(t - 1) % len(batches)])
            loss, gradients = self.gradients(now, batch)
            losses.append(loss)
            match self.optimizer:
                case SGD(rate):
                    now = [w - rate * g for w, g in zip(now, gradients, strict=True)]
                case Adam(rate, beta1, beta2, epsilon):
                    for i, g in enumerate(gradients):
                        first[i] = beta1 * first[i] + (1 - beta1) * g
                        second[i] = beta2 * second[i] + (1 - beta2) * g * g
                        mean, square = first[i] / (1 - beta1**t), second[i] / (1 - beta2**t)
                        now[i] = now[i] - rate * mean / (np.sqrt(square) + epsilon)
        return [np.array(losses), *now]


def normal(rng: np.random.Generator, *shape: int, scale: float) -> np.ndarray:
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean loss, and its gradient by the logits."""
    shifted = logits - logits.max(1, keepdims=True)
    powers = np.exp(shifted)
    sums = powers.sum(1, keepdims=True)
    rows = np.arange(len(labels))
    loss = float((np.log(sums[:, 0]) - shifted[rows, labels]).mean())
    gradient = powers / sums
    gradient[rows, labels] -= 1
    return loss, gradient / len(labels)


def _wide(a: np.ndarray) -> np.ndarray:
    return a.astype(np.float64) if a.dtype.kind == "f" else a


def _difference(a: np.ndarray, b: np.ndarray, floor: float) -> float:
    a, b = np.asarray(a, np.float64).ravel(), np.asarray(b, np.float64).ravel()
    if a.shape != b.shape:
        raise ValueError(f"an array of {a.size} elements instead of {b.size}")
    return float(np.linalg.norm(a - b) / max(float(np.linalg.norm(b)), floor))
