"""``tf.random``: numbers from streams, or from seeds alone (``stateless_``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ...compiler import library
from ...compiler.ir import Value
from ...compiler.ops import TensorLike
from ..imperative.random import Generator as Stream
from ..names import missing_name
from ..static import random_ops
from ..static.build import apply
from ..static.convert import convert
from ..static.dims import DimsArgument
from ..static.dtypes import as_dtype, float32, int64
from .evaluation import eager
from .keys import set_seed, start
from .tensor import EagerTensor

__all__ = [
    "Generator", "categorical", "normal", "set_seed", "shuffle", "stateless_normal", "stateless_uniform",
    "truncated_normal", "uniform",
]  # fmt: skip

normal = eager(random_ops.random_normal)
uniform = eager(random_ops.random_uniform)
truncated_normal = eager(random_ops.truncated_normal)
shuffle = eager(random_ops.random_shuffle)


@eager
def categorical(
    logits: object, num_samples: int, dtype: object = None, seed: int | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Classes drawn with probabilities ``softmax(logits)``: ``[batch, classes]`` to ``[batch, num_samples]``."""
    return random_ops.multinomial(logits, num_samples, seed, name, dtype or int64)


@eager
def stateless_normal(
    shape: object, seed: object, mean: float = 0.0, stddev: float = 1.0, dtype: object = float32,
    name: str | None = None, alg: str = "auto_select",
) -> Any:  # fmt: skip
    """Normal numbers that follow from ``seed``, two integers."""
    return _drawn(library.normal, shape, _key(seed), mean, stddev, dtype)


@eager
def stateless_uniform(
    shape: object, seed: object, minval: float = 0, maxval: float | None = None,
    dtype: object = float32, name: str | None = None, alg: str = "auto_select",
) -> Any:  # fmt: skip
    """Numbers in ``[minval, maxval)`` that follow from ``seed``, two integers."""
    high = 1.0 if maxval is None else maxval
    return _drawn(library.uniform, shape, _key(seed), minval, high, dtype)


def _key(seed: object) -> Any:
    return convert(np.asarray(seed, np.int64) if isinstance(seed, (list, tuple)) else seed, int64)


def _drawn(
    draw: Callable[..., TensorLike],
    shape: object,
    key: Any,
    first: float,
    second: float,
    dtype: object,
) -> Any:
    wanted, kind = DimsArgument(shape), as_dtype(dtype).ir

    def recipe(k: Value, *sizes: Value) -> TensorLike:
        return draw(k, wanted.dims(sizes), float(first), float(second), kind)

    return apply("Stateless", recipe, key, *wanted.tensors)


class Generator:
    """A stream of random numbers of its own."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @classmethod
    def from_seed(cls, seed: int, alg: object = None) -> Generator:
        """The stream that begins with a seed."""
        return cls(start(int(seed)))

    @classmethod
    def from_non_deterministic_state(cls, alg: object = None) -> Generator:
        """A stream that begins anywhere."""
        stream = Stream()
        stream.seed()
        return cls(stream)

    @eager
    def normal(
        self, shape: object, mean: float = 0.0, stddev: float = 1.0, dtype: object = float32,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Normal numbers of the given shape."""
        return _drawn(library.normal, shape, self._next(), mean, stddev, dtype)

    @eager
    def uniform(
        self, shape: object, minval: float = 0, maxval: float | None = None, dtype: object = float32,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Numbers in ``[minval, maxval)``."""
        high = 1.0 if maxval is None else maxval
        return _drawn(library.uniform, shape, self._next(), minval, high, dtype)

    def _next(self) -> Any:
        return EagerTensor(self._stream.next())


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.random", name, __all__)
