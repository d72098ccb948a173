"""``tf.optimizers.schedules``: learning rates that change with the number of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from ...names import missing_name
from ...static.train import schedules
from ..evaluation import eager

__all__ = [
    "CosineDecay", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule", "PiecewiseConstantDecay",
    "PolynomialDecay",
]  # fmt: skip


class LearningRateSchedule:
    """Base of schedules: called with the number of the step, it gives the learning rate."""

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError


class ExponentialDecay(LearningRateSchedule):
    """``rate * decay_rate ** (step / decay_steps)``."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, decay_rate: float,
        staircase: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self._given: tuple[Any, ...] = initial_learning_rate, decay_steps, decay_rate, staircase

    @eager
    def __call__(self, step: Any) -> Any:
        rate, *given = self._given
        return schedules.exponential_decay(rate, step, *given)


class InverseTimeDecay(LearningRateSchedule):
    """``rate / (1 + decay_rate * step / decay_steps)``."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, decay_rate: float,
        staircase: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self._given: tuple[Any, ...] = initial_learning_rate, decay_steps, decay_rate, staircase

    @eager
    def __call__(self, step: Any) -> Any:
        rate, *given = self._given
        return schedules.inverse_time_decay(rate, step, *given)


class PolynomialDecay(LearningRateSchedule):
    """From one rate to another along a power of the step's number."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float,
        end_learning_rate: float = 0.0001, power: float = 1.0, cycle: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self._given: tuple[Any, ...] = (
            initial_learning_rate,
            decay_steps,
            end_learning_rate,
            power,
            cycle,
        )

    @eager
    def __call__(self, step: Any) -> Any:
        rate, *given = self._given
        return schedules.polynomial_decay(rate, step, *given)


class CosineDecay(LearningRateSchedule):
    """Half a wave of the cosine from the rate to ``alpha`` times it."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, alpha: float = 0.0,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self._given: tuple[Any, ...] = initial_learning_rate, decay_steps, alpha

    @eager
    def __call__(self, step: Any) -> Any:
        rate, *given = self._given
        return schedules.cosine_decay(rate, step, *given)


class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate up to each boundary, and the last one after them."""

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str | None = None
    ) -> None:
        self._given = boundaries, values

    @eager
    def __call__(self, step: Any) -> Any:
        return schedules.piecewise_constant(step, *self._given)


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.optimizers.schedules", name, __all__)
