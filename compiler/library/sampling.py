"""Random numbers of many distributions, each a function of an explicit key."""

from __future__ import annotations

from ..errors import AttributeValueError
from ..ir.dims import Dim, Expr
from ..ir.dtypes import DType, float32, int64
from ..ir.types import Shape
from ..ops import (
    TensorLike,
    add,
    argsort,
    cast,
    clip,
    cumsum,
    div,
    expand_dims,
    gather,
    ge,
    log,
    log1p,
    lt,
    mod,
    mul,
    neg,
    random_bits,
    random_normal,
    random_truncated_normal,
    random_uniform,
    reduce_sum,
    slice_,
    sub,
)
from .activations import softmax
from .common import Number

__all__ = [
    "bernoulli", "categorical", "exponential", "gumbel", "multinomial", "normal", "permutation",
    "random_integers", "shuffle", "truncated_normal", "uniform",
]  # fmt: skip


def uniform(
    key: TensorLike, shape: Shape, low: Number = 0.0, high: Number = 1.0, dtype: DType = float32
) -> TensorLike:
    """Uniform in ``[low, high)``."""
    # No name is given to what is drawn: evaluated at once, it is gone as soon as it is scaled.
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return _scaled(random_uniform(key, shape, dtype), high - low, low)
    return add(mul(random_uniform(key, shape, dtype), sub(high, low)), low)


def normal(
    key: TensorLike, shape: Shape, mean: Number = 0.0, std: Number = 1.0, dtype: DType = float32
) -> TensorLike:
    """Normal with the given mean and standard deviation, which broadcast to ``shape``."""
    return _scaled(random_normal(key, shape, dtype), std, mean)


def truncated_normal(
    key: TensorLike, shape: Shape, mean: Number = 0.0, std: Number = 1.0, dtype: DType = float32
) -> TensorLike:
    """Normal, on condition that it lies within two standard deviations of the mean."""
    return _scaled(random_truncated_normal(key, shape, dtype), std, mean)


def _scaled(x: TensorLike, scale: Number, shift: Number) -> TensorLike:
    """``x * scale + shift``, without the parts that change nothing."""
    if not (isinstance(scale, (int, float)) and scale == 1):
        x = mul(x, scale)
    if not (isinstance(shift, (int, float)) and shift == 0):
        x = add(x, shift)
    return x


def random_integers(
    key: TensorLike, shape: Shape, low: int, high: int, dtype: DType = int64
) -> TensorLike:
    """Integers from ``low`` to ``high - 1``; the bias of taking 63 random bits by the range is below 1e-9 for 32 bits.

    Raises:
        AttributeValueError: there is no number between.
    """
    if high <= low:
        raise AttributeValueError(f"no integers lie between {low} and {high} (exclusive)")
    drawn = mod(random_bits(key, shape), high - low)
    return cast(add(drawn, low) if low else drawn, dtype)


def bernoulli(key: TensorLike, probability: TensorLike, dtype: DType | None = None) -> TensorLike:
    """1 with the probability given for each element, else 0."""
    u = random_uniform(key, probability.shape, probability.dtype)
    return cast(lt(u, probability), dtype or probability.dtype)


def exponential(
    key: TensorLike, shape: Shape, rate: Number = 1.0, dtype: DType = float32
) -> TensorLike:
    """Exponential with the given rate."""
    drawn = neg(log1p(neg(random_uniform(key, shape, dtype))))
    return drawn if isinstance(rate, (int, float)) and rate == 1 else div(drawn, rate)


def gumbel(key: TensorLike, shape: Shape, dtype: DType = float32) -> TensorLike:
    """Standard Gumbel: its sum with logits has its maximum where a categorical draw would be."""
    # The smallest uniform is 0; its exponential 0 would give infinity.
    tiny = 2.0**-24
    drawn = neg(log1p(neg(clip(random_uniform(key, shape, dtype), tiny, None))))
    return neg(log(drawn))


def permutation(key: TensorLike, size: Dim) -> TensorLike:
    """The integers below ``size`` in random order."""
    return argsort(random_bits(key, (size,)), 0)


def shuffle(key: TensorLike, x: TensorLike, axis: int = 0) -> TensorLike:
    """The slices of ``x`` along the axis in random order."""
    return gather(x, permutation(key, x.shape[axis]), axis)


def categorical(key: TensorLike, logits: TensorLike, count: Dim) -> TensorLike:
    """Classes drawn with probabilities ``softmax(logits)``: ``[..., classes]`` to int64 ``[..., count]``."""
    return multinomial(key, softmax(logits), count)


def multinomial(
    key: TensorLike, weights: TensorLike, count: Dim, replacement: bool = True
) -> TensorLike:
    """Classes drawn with probabilities proportional to weights: ``[..., classes]`` to int64 ``[..., count]``.

    Args:
        replacement: False: no class twice in a row of draws.

    Raises:
        AttributeValueError: more draws without replacement than there are classes.
    """
    *lead, classes = weights.shape
    if replacement:
        # The inverse of the distribution function: how many of its steps lie below a uniform number.
        steps = cumsum(weights, -1)
        last = slice_(steps, [None] * len(lead) + [-1], [None] * weights.ndim)
        u = mul(random_uniform(key, (*lead, count), weights.dtype), last)
        below = cast(ge(expand_dims(u, -1), expand_dims(steps, -2)), int64)
        found = reduce_sum(below, -1)
        # Rounding may carry a number up to the very last step.
        return found if isinstance(classes, Expr) else clip(found, None, classes - 1)
    if isinstance(classes, int) and isinstance(count, int) and count > classes:
        raise AttributeValueError(f"cannot draw {count} of {classes} classes without replacement")
    scores = add(log(weights), gumbel(key, weights.shape, weights.dtype))
    ranked = argsort(scores, -1, descending=True)
    return slice_(ranked, [None] * weights.ndim, [None] * len(lead) + [count])
