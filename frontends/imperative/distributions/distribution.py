"""What all distributions share: batches, samples, expansion of parameters."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..creation import as_tensor, tensor
from ..grad_mode import no_grad
from ..size import Size
from ..tensor import Tensor

__all__ = ["Distribution", "broadcast"]

Shape = Sequence[int]


def broadcast(*values: Any) -> tuple[Tensor, ...]:
    """Parameters, numbers or tensors, in their common shape."""
    like = next((v for v in values if isinstance(v, Tensor)), None)
    tensors = [
        v if isinstance(v, Tensor) else tensor(float(v), dtype=None if like is None else like.dtype)
        for v in values
    ]
    shape = np.broadcast_shapes(*[t.array.data.shape for t in tensors])
    return tuple([t if t.array.data.shape == shape else t.expand(*shape) for t in tensors])


class Distribution:
    """A batch of distributions, each over events of the same shape."""

    has_rsample = False

    def __init__(self, batch_shape: Shape = (), event_shape: Shape = ()) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)

    @property
    def batch_shape(self) -> Size:
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        raise NotImplementedError

    @property
    def variance(self) -> Tensor:
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        return self.variance.sqrt()

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``[*sample_shape, *batch_shape, *event_shape]`` through which gradients flow."""
        raise NotImplementedError

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``[*sample_shape, *batch_shape, *event_shape]``."""
        with no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The log of the density, or probability, of values."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        raise NotImplementedError

    def _extended(self, sample_shape: Shape) -> tuple[int, ...]:
        return (*sample_shape, *self._batch_shape, *self._event_shape)

    def __repr__(self) -> str:
        parts = []
        for name in self.arg_names:
            value = self.__dict__.get(name)
            if value is not None:
                shown = value if value.array.data.size == 1 else value.shape
                parts.append(f"{name}: {shown}")
        return f"{type(self).__name__}({', '.join(parts)})"

    arg_names: tuple[str, ...] = ()
    """The parameters that printing shows."""


def value_tensor(value: Any, like: Tensor) -> Tensor:
    """What a log probability is asked of, as a tensor."""
    return value if isinstance(value, Tensor) else as_tensor(value, dtype=like.dtype)
