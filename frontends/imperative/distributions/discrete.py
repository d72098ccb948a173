"""Distributions over numbers that count: categories, yes and no."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....compiler import library
from ..assumptions import Within, holds
from ..nn.functional import binary_cross_entropy_with_logits, log_softmax, one_hot
from ..random import multinomial, next_key
from ..tensor import Tensor, wrap
from .distribution import Distribution, broadcast, value_tensor

__all__ = ["Bernoulli", "Categorical", "OneHotCategorical"]

Shape = Sequence[int]


def _only_one(probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class Categorical(Distribution):
    """Categories 0 to n - 1 with probabilities in proportion to ``probs``, or to ``exp(logits)``.

    Args:
        probs, logits: ``[*batch, n]``.

    Raises:
        ValueError: negative or no probabilities, or both arguments or none given.
    """

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        _only_one(probs, logits)
        self._probs: Tensor | None = None
        self._logits: Tensor | None = None
        if probs is not None:
            data = probs.array.data
            if data.ndim < 1:
                raise ValueError("`probs` parameter must be at least one-dimensional.")
            if validate_args is not False and not holds(probs.array, Within(0)):
                raise ValueError(
                    f"Expected parameter probs (Tensor of shape {tuple(data.shape)}) of "
                    f"distribution Categorical to satisfy the constraint Simplex(), but found "
                    f"invalid values:\n{probs}"
                )
            self._probs = probs / probs.sum(-1, keepdim=True)
            shape = data.shape
        else:
            assert logits is not None
            if logits.array.data.ndim < 1:
                raise ValueError("`logits` parameter must be at least one-dimensional.")
            self._logits = log_softmax(logits, -1)
            shape = logits.array.data.shape
        super().__init__(shape[:-1])
        self._events = shape[-1]

    @property
    def probs(self) -> Tensor:
        if self._probs is None:
            assert self._logits is not None
            self._probs = self._logits.exp()
        return self._probs

    @property
    def logits(self) -> Tensor:
        """Log probabilities."""
        if self._logits is None:
            assert self._probs is not None
            # PyTorch holds probabilities off 0 and 1 by the type's epsilon before it takes the logarithm.
            eps = _epsilon(self._probs)
            self._logits = self._probs.clamp(eps, 1 - eps).log()
        return self._logits

    @property
    def param_shape(self) -> Any:
        return (self._probs if self._probs is not None else self.logits).shape

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._extended(sample_shape)
        count = math.prod(sample_shape)
        rows = self.probs.detach().reshape(-1, self._events)
        drawn = multinomial(rows, count, True)
        return drawn.t().reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        value = value_tensor(value, self.logits).long().unsqueeze(-1)
        shape = (*_common(tuple(value.shape[:-1]), tuple(self._batch_shape)),)
        logits = self.logits.expand(*shape, self._events)
        return logits.gather(-1, value.expand(*shape, 1)).squeeze(-1)

    def entropy(self) -> Tensor:
        least = -3.4028234663852886e38
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def __repr__(self) -> str:
        # As PyTorch's: the form that was given, and the other once it was needed.
        known = [("probs", self._probs), ("logits", self._logits)]
        shown = [
            f"{name}: {x if x.array.data.size == 1 else x.shape}"
            for name, x in known
            if x is not None
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return np.broadcast_shapes(a, b)


def _epsilon(x: Tensor) -> float:
    return float(np.finfo(x.array.data.dtype).eps)


class OneHotCategorical(Categorical):
    """`Categorical` whose events are one-hot vectors."""

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return one_hot(super().sample(sample_shape), self._events).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        return super().log_prob(value.argmax(-1))


class Bernoulli(Distribution):
    """1 with probability ``probs`` (or ``sigmoid(logits)``), else 0."""

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        _only_one(probs, logits)
        (given,) = broadcast(probs if probs is not None else logits)
        self._probs = given if probs is not None else None
        self._logits = given if probs is None else None
        super().__init__(given.shape)

    @property
    def probs(self) -> Tensor:
        if self._probs is None:
            assert self._logits is not None
            self._probs = self._logits.sigmoid()
        return self._probs

    @property
    def logits(self) -> Tensor:
        if self._logits is None:
            assert self._probs is not None
            eps = _epsilon(self._probs)
            p = self._probs.clamp(eps, 1 - eps)
            self._logits = p.log() - (-p).log1p()
        return self._logits

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        p = self.probs.detach().expand(*self._extended(sample_shape))
        return wrap(library.bernoulli(next_key(None), p.array))  # type: ignore[arg-type]

    def log_prob(self, value: Any) -> Tensor:
        value = value_tensor(value, self.logits)
        shape = _common(tuple(value.shape), tuple(self._batch_shape))
        logits, target = self.logits.expand(*shape), value.expand(*shape)
        return -binary_cross_entropy_with_logits(logits, target, reduction="none")

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
