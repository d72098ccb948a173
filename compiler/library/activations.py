"""Activation functions. At a kink the derivative is the one from the left, as both mirrored frameworks have it."""

from __future__ import annotations

from math import pi, sqrt

from ..errors import ShapeError
from ..ops import (
    TensorLike,
    absolute,
    add,
    clip,
    concatenate,
    div,
    erf,
    exp,
    expm1,
    gt,
    isfinite,
    log,
    log1p,
    lt,
    mul,
    neg,
    reduce_max,
    reduce_sum,
    relu,
    reshape,
    sigmoid,
    slice_,
    squeeze,
    stop_gradient,
    sub,
    tanh,
    where,
)
from ..ops.shapes import normalize_axes, normalize_axis
from .common import number

__all__ = [
    "celu", "crelu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log_sigmoid", "log_softmax", "logsumexp", "mish", "relu", "relu6", "selu",
    "sigmoid", "silu", "softmax", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold",
]  # fmt: skip

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def leaky_relu(x: TensorLike, slope: TensorLike | float = 0.01) -> TensorLike:
    """``x`` where it is positive, else ``slope * x``; a tensor of slopes broadcasts (PReLU)."""
    return where(gt(x, 0), x, mul(x, slope))


def relu6(x: TensorLike) -> TensorLike:
    """``min(max(x, 0), 6)``; no gradient flows at 0 and 6."""
    return where(lt(x, 6), relu(x), number(6, x))


def hardtanh(x: TensorLike, low: float = -1.0, high: float = 1.0) -> TensorLike:
    """``x`` held between the bounds; no gradient flows at the bounds (unlike `clip`)."""
    return where(gt(x, low), where(lt(x, high), x, number(high, x)), number(low, x))


def hardsigmoid(x: TensorLike) -> TensorLike:
    """``relu6(x + 3) / 6``."""
    return div(relu6(add(x, 3)), 6)


def hardswish(x: TensorLike) -> TensorLike:
    """``x relu6(x + 3) / 6``."""
    return mul(x, hardsigmoid(x))


def elu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """``x`` where it is positive, else ``alpha (exp(x) - 1)``."""
    return celu(x, alpha, scaled=False)


def celu(x: TensorLike, alpha: float = 1.0, scaled: bool = True) -> TensorLike:
    """``x`` where it is positive, else ``alpha (exp(x / alpha) - 1)``; not ``scaled``: ``alpha (exp(x) - 1)``."""
    positive = gt(x, 0)
    # The branch not taken must stay finite: its derivative is multiplied by 0.
    below = where(positive, number(0, x), x)
    if scaled and alpha != 1:
        below = div(below, alpha)
    below = expm1(below)
    return where(positive, x, below if alpha == 1 else mul(below, alpha))


def selu(x: TensorLike) -> TensorLike:
    """``scale * elu(x, alpha)`` with the constants that keep mean 0 and variance 1 (arXiv:1706.02515)."""
    return mul(elu(x, SELU_ALPHA), SELU_SCALE)


def gelu(x: TensorLike, approximate: bool = False) -> TensorLike:
    """``x`` times the normal distribution function at ``x``; ``approximate``: through tanh (arXiv:1606.08415)."""
    if approximate:
        cubed = mul(mul(x, x), x)
        inner = mul(add(x, mul(cubed, 0.044715)), sqrt(2 / pi))
        return mul(mul(x, 0.5), add(tanh(inner), 1))
    return mul(mul(x, 0.5), add(erf(mul(x, sqrt(0.5))), 1))


def silu(x: TensorLike) -> TensorLike:
    """``x sigmoid(x)``, also called swish."""
    return mul(x, sigmoid(x))


def softplus(x: TensorLike, beta: float = 1.0) -> TensorLike:
    """``log(1 + exp(beta x)) / beta``, exact and with exact derivatives for arguments of any size."""
    if beta != 1:
        return div(softplus(mul(x, beta)), beta)
    positive = gt(x, 0)
    decay = log1p(exp(where(positive, neg(x), x)))
    return add(where(positive, x, number(0, x)), decay)


def log_sigmoid(x: TensorLike) -> TensorLike:
    """``log(sigmoid(x))``."""
    return neg(softplus(neg(x)))


def mish(x: TensorLike) -> TensorLike:
    """``x tanh(softplus(x))``."""
    return mul(x, tanh(softplus(x)))


def softsign(x: TensorLike) -> TensorLike:
    """``x / (1 + |x|)``."""
    return div(x, add(absolute(x), 1))


def tanhshrink(x: TensorLike) -> TensorLike:
    """``x - tanh(x)``."""
    return sub(x, tanh(x))


def softshrink(x: TensorLike, lambd: float = 0.5) -> TensorLike:
    """``x`` moved towards 0 by ``lambd``, and 0 where it would change its sign."""
    return sub(x, clip(x, -lambd, lambd))


def hardshrink(x: TensorLike, lambd: float = 0.5) -> TensorLike:
    """``x`` where its magnitude exceeds ``lambd``, else 0."""
    return where(gt(absolute(x), lambd), x, number(0, x))


def threshold(x: TensorLike, limit: float, value: float) -> TensorLike:
    """``x`` where it exceeds ``limit``, else ``value``."""
    return where(gt(x, limit), x, number(value, x))


def crelu(x: TensorLike, axis: int = -1) -> TensorLike:
    """``relu(x)`` and ``relu(-x)`` one after the other along the axis (arXiv:1603.05201)."""
    return relu(concatenate([x, neg(x)], axis))


def glu(x: TensorLike, axis: int = -1) -> TensorLike:
    """The first half along the axis times the sigmoid of the second.

    Raises:
        ShapeError: the extent of the axis is odd.
    """
    axis = normalize_axis(axis, x.ndim)
    size = x.shape[axis]
    if isinstance(size, int) and size % 2:
        raise ShapeError(f"glu halves axis {axis}, whose extent {size} is odd")
    middle = [size // 2 if a == axis else None for a in range(x.ndim)]
    none = [None] * x.ndim
    return mul(slice_(x, none, middle), sigmoid(slice_(x, middle, none)))


def softmax(x: TensorLike, axis: int = -1) -> TensorLike:
    """``exp(x)`` divided by its sum along the axis."""
    e = exp(sub(x, stop_gradient(reduce_max(x, axis, keepdims=True))))
    return div(e, reduce_sum(e, axis, keepdims=True))


def log_softmax(x: TensorLike, axis: int = -1) -> TensorLike:
    """``log(softmax(x))``, exact where the softmax is tiny."""
    shifted = sub(x, stop_gradient(reduce_max(x, axis, keepdims=True)))
    return sub(shifted, log(reduce_sum(exp(shifted), axis, keepdims=True)))


def logsumexp(
    x: TensorLike, axes: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> TensorLike:
    """``log(sum(exp(x)))`` over the axes, without overflow."""
    top = stop_gradient(reduce_max(x, axes, keepdims=True))
    # Where all are -inf, or one is inf, the shift itself would make NaN.
    top = where(isfinite(top), top, number(0, x))
    total = log(reduce_sum(exp(sub(x, top)), axes, keepdims=keepdims))
    if keepdims:
        return add(total, top)
    over = normalize_axes(axes, x.ndim)
    return add(total, squeeze(top, over) if over else reshape(top, total.shape))
