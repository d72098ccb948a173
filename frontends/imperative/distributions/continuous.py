"""Distributions over real numbers."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ....compiler import library
from ..assumptions import Above, holds
from ..random import next_key
from ..tensor import Tensor, wrap
from .distribution import Distribution, broadcast, value_tensor

__all__ = ["Exponential", "Normal", "Uniform"]

Shape = Sequence[int]


class Normal(Distribution):
    """Normal with mean ``loc`` and standard deviation ``scale``.

    Raises:
        ValueError: a scale that is not positive.
    """

    has_rsample = True
    arg_names = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast(loc, scale)
        if validate_args is not False and not holds(self.scale.array, Above(0)):
            raise ValueError(
                f"Expected parameter scale (Tensor of shape {tuple(self.scale.shape)}) of "
                "distribution Normal to satisfy the constraint GreaterThan(lower_bound=0.0), but "
                f"found invalid values:\n{self.scale}"
            )
        super().__init__(self.loc.shape)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended(sample_shape)
        noise = library.normal(next_key(None), shape, dtype=self.loc.array.dtype)
        return self.loc + wrap(noise) * self.scale  # type: ignore[arg-type]

    def log_prob(self, value: Any) -> Tensor:
        value = value_tensor(value, self.loc)
        squared = (value - self.loc) ** 2 / (2 * self.variance)
        return -squared - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    def cdf(self, value: Any) -> Tensor:
        value = value_tensor(value, self.loc)
        return 0.5 * (1 + ((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)).erf())


class Uniform(Distribution):
    """Uniform from ``low`` up to ``high``."""

    has_rsample = True
    arg_names = ("low", "high")

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast(low, high)
        if validate_args is not False and not holds((self.high - self.low).array, Above(0)):
            raise ValueError("Uniform is not defined when low >= high")
        super().__init__(self.low.shape)

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low).pow(2) / 12

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended(sample_shape)
        drawn = library.uniform(next_key(None), shape, dtype=self.low.array.dtype)
        return self.low + wrap(drawn) * (self.high - self.low)  # type: ignore[arg-type]

    def log_prob(self, value: Any) -> Tensor:
        value = value_tensor(value, self.low)
        inside = ((self.low <= value) & (value < self.high)).to(self.low.dtype)
        return inside.log() - (self.high - self.low).log()

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()


class Exponential(Distribution):
    """Exponential with the given rate."""

    has_rsample = True
    arg_names = ("rate",)

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast(rate)
        super().__init__(self.rate.shape)

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended(sample_shape)
        drawn = library.exponential(next_key(None), shape, dtype=self.rate.array.dtype)
        return wrap(drawn) / self.rate  # type: ignore[arg-type]

    def log_prob(self, value: Any) -> Tensor:
        return self.rate.log() - self.rate * value_tensor(value, self.rate)

    def entropy(self) -> Tensor:
        return 1.0 - self.rate.log()
