"""Random numbers as pure functions of a key.

A key is int64[2]: a seed and the number of the call. The same key gives the same numbers everywhere, to the last bit:
`philox` says how bits follow from a key, `quantile` how normal numbers follow from bits, and this module which bits
each element takes. Whoever draws twice from one seed counts the calls (`next_key`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from ..dispatch.current import current
from ..errors import DTypeError, ShapeError
from ..ir.dims import Dim
from ..ir.dtypes import DType, float16, float32, float64, int64
from ..ir.types import Shape, TensorType, unify
from .arithmetic import add
from .constant import constant
from .op import Kind, Op, Sample, TensorLike, define
from .philox import pieces
from .quantile import normal_quantile

__all__ = [
    "RANDOM_BITS", "RANDOM_NORMAL", "RANDOM_TRUNCATED_NORMAL", "RANDOM_UNIFORM",
    "next_key", "random_bits", "random_normal", "random_truncated_normal", "random_uniform",
]  # fmt: skip

BELOW_MINUS_TWO = 0.022750131948179195
"""The probability that a standard normal variable is below -2."""


def _key(key: TensorType) -> None:
    if key.dtype is not int64:
        raise DTypeError(f"a key is int64[2], not {key}")
    if key.rank != 1 or unify(key.shape[0], 2) is None:
        raise ShapeError(f"a key is int64[2] (seed, number of the call), not {key}")


def _infer_bits(key: TensorType, *, shape: Shape) -> TensorType:
    _key(key)
    return TensorType(int64, shape)


def _infer_floats(key: TensorType, *, shape: Shape, dtype: DType) -> TensorType:
    _key(key)
    if not dtype.is_float:
        raise DTypeError(
            f"random numbers are floats, not {dtype}", hint="draw floats and cast them"
        )
    return TensorType(dtype, shape)


def _draw(
    key: np.ndarray,
    shape: tuple[int, ...],
    dtype: np.dtype,
    each: int,
    made_of: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """An array of which each element is made of ``each`` words, a piece of it at a time."""
    drawn = np.empty(prod(shape), dtype)
    for first, part in pieces(key, each * drawn.size):
        start = first // each
        drawn[start : start + len(part) // each] = made_of(part)
    return drawn.reshape(shape)


def _wide(words: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers of up to 64 bits, each from two words, the first of which is the lower half."""
    pairs = words.astype(np.uint64).reshape(-1, 2)
    return (pairs[:, 0] | pairs[:, 1] << np.uint64(32)) >> np.uint64(64 - bits)


def _words_of(dtype: DType) -> int:
    """The words that a number is made of."""
    return 2 if dtype is float64 else 1


def _evaluate_bits(key: np.ndarray, *, shape: tuple[int, ...]) -> np.ndarray:
    return _draw(key, shape, int64.numpy, 2, lambda words: _wide(words, 63))


def _evaluate_uniform(key: np.ndarray, *, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    def uniform(words: np.ndarray) -> np.ndarray:
        if dtype is float64:
            return _wide(words, 53) * 2.0**-53
        digits = 24 if dtype is float32 else 11
        whole = words >> np.uint32(32 - digits)
        return np.multiply(whole.astype(dtype.numpy), dtype.numpy.type(2.0**-digits))

    return _draw(key, shape, dtype.numpy, _words_of(dtype), uniform)


def _probabilities(words: np.ndarray, dtype: DType) -> np.ndarray:
    """float64 strictly between 0 and 1, in the middle of 2**32 (for float64: 2**52) equal parts."""
    if dtype is float64:
        return (_wide(words, 52) + 0.5) * 2.0**-52
    return (words + 0.5) * 2.0**-32


def _evaluate_normal(key: np.ndarray, *, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    def normal(words: np.ndarray) -> np.ndarray:
        return normal_quantile(_probabilities(words, dtype))

    return _draw(key, shape, dtype.numpy, _words_of(dtype), normal)


def _evaluate_truncated(key: np.ndarray, *, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    def truncated(words: np.ndarray) -> np.ndarray:
        p = _probabilities(words, dtype)
        return normal_quantile(BELOW_MINUS_TWO + p * (1.0 - 2.0 * BELOW_MINUS_TWO))

    return _draw(key, shape, dtype.numpy, _words_of(dtype), truncated)


def _samples_of_bits(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([7, 0]),), {"shape": (2, 3)})
    yield Sample((np.array([-1, 2**40]),), {"shape": ()})
    yield Sample((np.array([7, 1]),), {"shape": (0, 2)})


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([7, 0]),), {"shape": (5, 3), "dtype": float32})
    yield Sample((np.array([-1, 2**40]),), {"shape": (7,), "dtype": float64})
    yield Sample((np.array([7, 1]),), {"shape": (), "dtype": float32})
    yield Sample((np.array([7, 1]),), {"shape": (4,), "dtype": float16})
    yield Sample((np.array([7, 1]),), {"shape": (0, 2), "dtype": float32})


def _floats(name: str, evaluate: Callable[..., np.ndarray], doc: str) -> Op:
    return define(Op(name, Kind.RANDOM, _infer_floats, evaluate, None, None, _samples, doc))


RANDOM_BITS = define(
    Op(
        name="random_bits",
        kind=Kind.RANDOM,
        infer=_infer_bits,
        evaluate=_evaluate_bits,
        vjp=None,
        jvp=None,
        samples=_samples_of_bits,
        doc="int64 of `shape`, uniform from 0 to 2**63 - 1",
    )
)
RANDOM_UNIFORM = _floats(
    "random_uniform", _evaluate_uniform, "floats of `shape`, uniform in [0, 1)"
)
RANDOM_NORMAL = _floats(
    "random_normal", _evaluate_normal, "floats of `shape` with mean 0 and variance 1, normal"
)
RANDOM_TRUNCATED_NORMAL = _floats(
    "random_truncated_normal",
    _evaluate_truncated,
    "floats of `shape`, normal with mean 0 and variance 1 under the condition of lying within [-2, 2]",
)


def next_key(key: TensorLike) -> TensorLike:
    """The key for the next call with the same seed."""
    return add(key, constant(np.array([0, 1]), int64))


def random_bits(key: TensorLike, shape: tuple[Dim, ...]) -> TensorLike:
    """int64 of the given shape, uniform from 0 to 2**63 - 1."""
    return current().apply(RANDOM_BITS, (key,), {"shape": shape})


def random_uniform(key: TensorLike, shape: tuple[Dim, ...], dtype: DType) -> TensorLike:
    """Floats of the given shape, uniform in [0, 1): multiples of 2**-11, 2**-24 or 2**-53, by their precision."""
    return current().apply(RANDOM_UNIFORM, (key,), {"shape": shape, "dtype": dtype})


def random_normal(key: TensorLike, shape: tuple[Dim, ...], dtype: DType) -> TensorLike:
    """Floats of the given shape, normal with mean 0 and variance 1."""
    return current().apply(RANDOM_NORMAL, (key,), {"shape": shape, "dtype": dtype})


def random_truncated_normal(key: TensorLike, shape: tuple[Dim, ...], dtype: DType) -> TensorLike:
    """Floats of the given shape, normal with mean 0 and variance 1 before what lies beyond 2 is excluded."""
    return current().apply(RANDOM_TRUNCATED_NORMAL, (key,), {"shape": shape, "dtype": dtype})
