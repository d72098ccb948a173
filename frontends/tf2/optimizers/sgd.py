"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....compiler.library import optimizers as rules
from ....compiler.ops import TensorLike
from .optimizer import Optimizer, Rate

__all__ = ["SGD"]


class SGD(Optimizer):
    """``p -= lr * g``; with momentum, ``v = momentum * v - lr * g`` and ``p += v``."""

    def __init__(
        self, learning_rate: Rate = 0.01, momentum: float = 0.0, nesterov: bool = False,
        name: str = "SGD", **options: Any,
    ) -> None:  # fmt: skip
        if not 0 <= momentum <= 1:
            raise ValueError("`momentum` must be between [0, 1].")
        super().__init__(learning_rate, name, **options)
        self.momentum = momentum
        self.nesterov = nesterov

    def _kept(self) -> dict[str, float]:
        return {"m": 0.0} if self.momentum else {}

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        if not slots:
            return [rules.sgd(p, g, lr)]
        return rules.tf2_momentum(p, g, slots[0], lr, self.momentum, self.nesterov)
