"""Optimizers that scale each element's step by the gradients that it had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....compiler import ops
from ....compiler.library import optimizers as rules
from ....compiler.ops import TensorLike
from .optimizer import Optimizer, Rate

__all__ = ["Adadelta", "Adagrad", "Adam", "AdamW", "RMSprop"]


class Adam(Optimizer):
    """Adam (arXiv:1412.6980) in the form just before section 2.1: epsilon is not corrected for bias."""

    def __init__(
        self, learning_rate: Rate = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
        epsilon: float = 1e-7, amsgrad: bool = False, name: str = "Adam", **options: Any,
    ) -> None:  # fmt: skip
        if amsgrad:
            raise NotImplementedError("bifront has TensorFlow 2's Adam without amsgrad only")
        super().__init__(learning_rate, name, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _kept(self) -> dict[str, float]:
        return {"m": 0.0, "v": 0.0}

    def _common(self, step: TensorLike) -> Sequence[TensorLike]:
        return ops.pow(self.beta_1, step), ops.pow(self.beta_2, step)

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        (m, v), (power1, power2) = slots, common
        return rules.tf_adam(p, g, m, v, power1, power2, lr, self.beta_1, self.beta_2, self.epsilon)


class AdamW(Adam):
    """`Adam` with decoupled weight decay (arXiv:1711.05101)."""

    def __init__(
        self, learning_rate: Rate = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, name: str = "AdamW",
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            name,
            weight_decay=weight_decay,
            **options,
        )


class RMSprop(Optimizer):
    """The gradient divided by the root of its running mean square; epsilon stands under the root."""

    def __init__(
        self, learning_rate: Rate = 0.001, rho: float = 0.9, momentum: float = 0.0,
        epsilon: float = 1e-7, centered: bool = False, name: str = "RMSprop", **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, name, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def _kept(self) -> dict[str, float]:
        kept = {"velocity": 0.0, "momentum": 0.0}
        return {**kept, "average_gradient": 0.0} if self.centered else kept

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        ms, velocity, *mean = slots
        made = rules.tf_rmsprop(
            p, g, ms, velocity, lr, self.rho, self.momentum, self.epsilon, *mean
        )
        return [x for x in made if x is not None]


class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of all its squares so far."""

    def __init__(
        self, learning_rate: Rate = 0.001, initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7, name: str = "Adagrad", **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, name, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def _kept(self) -> dict[str, float]:
        return {"accumulator": self.initial_accumulator_value}

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        return rules.tf2_adagrad(p, g, slots[0], lr, self.epsilon)


class Adadelta(Optimizer):
    """Adadelta (arXiv:1212.5701)."""

    def __init__(
        self, learning_rate: Rate = 0.001, rho: float = 0.95, epsilon: float = 1e-7,
        name: str = "Adadelta", **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, name, **options)
        self.rho, self.epsilon = rho, epsilon

    def _kept(self) -> dict[str, float]:
        return {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        total, moved = slots
        return rules.adadelta(p, g, total, moved, lr, self.rho, self.epsilon)
