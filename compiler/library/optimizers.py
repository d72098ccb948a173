"""Update rules: pure functions from a parameter, its gradient and its slots to their new values.

Where TensorFlow 1.15 and PyTorch compute the same thing there is one rule; where they differ (mostly in where epsilon
stands) the names say whose rule it is. Hyperparameters are numbers, or scalars of the parameter's type.
"""

from __future__ import annotations

from ..ir.dtypes import DType, float64
from ..ops import (
    TensorLike,
    absolute,
    add,
    cast,
    constant,
    div,
    eq,
    gt,
    maximum,
    mul,
    neg,
    pow,
    rsqrt,
    sign,
    sqrt,
    sub,
    where,
)
from .common import Number
from .normalization import moving_average
from .statistics import square

__all__ = [
    "adadelta", "adam_scales", "decay_weights", "effective_gradient", "momentum", "sgd",
    "tf2_adagrad", "tf2_momentum", "tf_adagrad", "tf_adam", "tf_ftrl", "tf_rmsprop", "torch_adagrad",
    "torch_adagrad_rate", "torch_adam", "torch_adamax", "torch_rmsprop",
]  # fmt: skip


def effective_gradient(
    p: TensorLike, g: TensorLike, weight_decay: float = 0.0, maximize: bool = False
) -> TensorLike:
    """The gradient that PyTorch's rules start from: negated to maximize, plus ``weight_decay`` times the parameter."""
    if maximize:
        g = neg(g)
    return add(g, mul(p, weight_decay)) if weight_decay else g


def decay_weights(p: TensorLike, lr: Number, weight_decay: float) -> TensorLike:
    """The parameter after AdamW's decoupled weight decay: ``p (1 - lr * weight_decay)`` (arXiv:1711.05101)."""
    if not weight_decay:
        return p
    if isinstance(lr, (int, float)):
        return mul(p, 1 - lr * weight_decay)
    return mul(p, sub(1, mul(lr, weight_decay)))


def _average(old: TensorLike, new: TensorLike, decay: Number) -> TensorLike:
    """The exponential moving average ``decay * old + (1 - decay) * new``."""
    rate = 1 - decay if isinstance(decay, (int, float)) else sub(1, decay)
    return moving_average(old, new, rate)


def sgd(p: TensorLike, g: TensorLike, lr: Number) -> TensorLike:
    """``p - g * lr``: TensorFlow's GradientDescentOptimizer and PyTorch's SGD."""
    return sub(p, mul(g, lr))


def momentum(
    p: TensorLike,
    g: TensorLike,
    velocity: TensorLike,
    lr: Number,
    momentum: Number,
    nesterov: bool = False,
    dampening: float = 0.0,
    step: TensorLike | None = None,
) -> tuple[TensorLike, TensorLike]:
    """``v = momentum * v + g; p -= lr * v``: TensorFlow's MomentumOptimizer and PyTorch's SGD with momentum.

    Args:
        velocity: the slot, zeros at first.
        nesterov: step along ``g + momentum * v`` instead.
        dampening: PyTorch's: gradients after the first count by ``1 - dampening`` only.
        step: needed with dampening: how many steps were taken before.

    Returns:
        New parameter and velocity.
    """
    grown = mul(velocity, momentum)
    if dampening:
        assert step is not None
        first = eq(step, 0)
        factor = where(first, constant(1, g.dtype), constant(1 - dampening, g.dtype))
        velocity = add(grown, mul(g, factor))
    else:
        velocity = add(grown, g)
    along = add(g, mul(velocity, momentum)) if nesterov else velocity
    return sgd(p, along, lr), velocity


def tf2_momentum(
    p: TensorLike,
    g: TensorLike,
    velocity: TensorLike,
    lr: Number,
    momentum: Number,
    nesterov: bool = False,
) -> tuple[TensorLike, TensorLike]:
    """``v = momentum * v - g * lr; p += v``: TensorFlow 2's SGD, whose velocity has the learning rate in it.

    Args:
        velocity: the slot, zeros at first.
        nesterov: step by ``momentum * v - g * lr`` instead.

    Returns:
        New parameter and velocity.
    """
    down = mul(g, lr)
    velocity = sub(mul(velocity, momentum), down)
    along = sub(mul(velocity, momentum), down) if nesterov else velocity
    return add(p, along), velocity


def tf_adam(
    p: TensorLike,
    g: TensorLike,
    m: TensorLike,
    v: TensorLike,
    beta1_power: TensorLike,
    beta2_power: TensorLike,
    lr: Number,
    beta1: Number,
    beta2: Number,
    epsilon: Number,
) -> tuple[TensorLike, TensorLike, TensorLike]:
    """TensorFlow's AdamOptimizer: epsilon is added to the square root of the uncorrected ``v``.

    Args:
        m, v: the slots, zeros at first.
        beta1_power, beta2_power: ``beta ** t`` in step t, counted from 1; the caller multiplies them after each step.

    Returns:
        New parameter, m and v.
    """
    rate = div(mul(sqrt(sub(1, beta2_power)), lr), sub(1, beta1_power))
    m = _average(m, g, beta1)
    v = _average(v, square(g), beta2)
    return sub(p, div(mul(m, rate), add(sqrt(v), epsilon))), m, v


def adam_scales(
    step: TensorLike, lr: Number, beta1: float, beta2: float, dtype: DType
) -> tuple[TensorLike, TensorLike]:
    """What PyTorch's Adam needs of the step number, once for all parameters: computed in float64, as PyTorch does.

    Args:
        step: the number of the step, counted from 1.

    Returns:
        ``lr / (1 - beta1 ** step)`` and ``sqrt(1 - beta2 ** step)`` as scalars of ``dtype``.
    """
    count = cast(step, float64)
    rate = lr if isinstance(lr, (int, float)) else cast(lr, float64)
    size = div(rate, sub(1, pow(beta1, count)))
    root = sqrt(sub(1, pow(beta2, count)))
    return cast(size, dtype), cast(root, dtype)


def torch_adam(
    p: TensorLike,
    g: TensorLike,
    m: TensorLike,
    v: TensorLike,
    size: TensorLike,
    root: TensorLike,
    beta1: float,
    beta2: float,
    epsilon: float,
    largest: TensorLike | None = None,
) -> tuple[TensorLike, TensorLike, TensorLike, TensorLike | None]:
    """PyTorch's Adam (and AdamW after `decay_weights`): epsilon is added to the corrected ``sqrt(v)``.

    Args:
        m, v: the slots, zeros at first.
        size, root: from `adam_scales`.
        largest: the slot of AMSGrad, zeros at first; None: not AMSGrad.

    Returns:
        New parameter, m, v and largest.
    """
    m = _average(m, g, beta1)
    v = _average(v, square(g), beta2)
    if largest is not None:
        largest = maximum(largest, v)
    below = add(div(sqrt(v if largest is None else largest), root), epsilon)
    return sub(p, div(mul(m, size), below)), m, v, largest


def torch_adamax(
    p: TensorLike,
    g: TensorLike,
    m: TensorLike,
    u: TensorLike,
    size: TensorLike,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[TensorLike, TensorLike, TensorLike]:
    """PyTorch's Adamax: Adam with the largest decayed gradient ``u`` in place of ``sqrt(v)``.

    Args:
        size: the first of `adam_scales`.

    Returns:
        New parameter, m and u.
    """
    m = _average(m, g, beta1)
    u = maximum(mul(u, beta2), add(absolute(g), epsilon))
    return sub(p, div(mul(m, size), u)), m, u


def tf_rmsprop(
    p: TensorLike,
    g: TensorLike,
    ms: TensorLike,
    velocity: TensorLike,
    lr: Number,
    decay: Number,
    momentum: Number,
    epsilon: Number,
    mg: TensorLike | None = None,
) -> tuple[TensorLike, TensorLike, TensorLike, TensorLike | None]:
    """TensorFlow's RMSPropOptimizer: epsilon stands under the root.

    Args:
        ms: mean square, ones at first.
        velocity: zeros at first.
        mg: mean gradient, zeros at first, if centered.

    Returns:
        New parameter, ms, velocity and mg.
    """
    ms = _average(ms, square(g), decay)
    spread = ms
    if mg is not None:
        mg = _average(mg, g, decay)
        spread = sub(ms, square(mg))
    along = mul(mul(g, lr), rsqrt(add(spread, epsilon)))
    velocity = add(mul(velocity, momentum), along)
    return sub(p, velocity), ms, velocity, mg


def torch_rmsprop(
    p: TensorLike,
    g: TensorLike,
    ms: TensorLike,
    lr: Number,
    alpha: float,
    epsilon: float,
    velocity: TensorLike | None = None,
    momentum: float = 0.0,
    mg: TensorLike | None = None,
) -> tuple[TensorLike, TensorLike, TensorLike | None, TensorLike | None]:
    """PyTorch's RMSprop: epsilon is added to the root.

    Args:
        ms, velocity, mg: mean square, velocity (with momentum) and mean gradient (if centered), zeros at first.

    Returns:
        New parameter, ms, velocity and mg.
    """
    ms = _average(ms, square(g), alpha)
    spread = ms
    if mg is not None:
        mg = _average(mg, g, alpha)
        spread = sub(ms, square(mg))
    along = div(g, add(sqrt(spread), epsilon))
    if velocity is not None:
        velocity = along = add(mul(velocity, momentum), along)
    return sgd(p, along, lr), ms, velocity, mg


def tf_adagrad(
    p: TensorLike, g: TensorLike, total: TensorLike, lr: Number
) -> tuple[TensorLike, TensorLike]:
    """TensorFlow's AdagradOptimizer: no epsilon, ``total`` starts at 0.1. Returns the new parameter and total."""
    total = add(total, square(g))
    return sub(p, mul(mul(g, lr), rsqrt(total))), total


def tf2_adagrad(
    p: TensorLike, g: TensorLike, total: TensorLike, lr: Number, epsilon: float
) -> tuple[TensorLike, TensorLike]:
    """TensorFlow 2's Adagrad: epsilon stands under the root, ``total`` starts at 0.1."""
    total = add(total, square(g))
    return sub(p, div(mul(g, lr), sqrt(add(total, epsilon)))), total


def torch_adagrad_rate(
    step: TensorLike, lr: Number, lr_decay: float, dtype: DType
) -> TensorLike | float:
    """``lr / (1 + (step - 1) lr_decay)`` for the step's number, counted from 1."""
    if not lr_decay:
        return lr
    rate = lr if isinstance(lr, (int, float)) else cast(lr, float64)
    slower = add(mul(sub(cast(step, float64), 1), lr_decay), 1)
    return cast(div(rate, slower), dtype)


def torch_adagrad(
    p: TensorLike, g: TensorLike, total: TensorLike, rate: Number, epsilon: float
) -> tuple[TensorLike, TensorLike]:
    """PyTorch's Adagrad: ``total`` starts at 0, epsilon is added to its root. Returns the new parameter and total."""
    total = add(total, square(g))
    return sgd(p, div(g, add(sqrt(total), epsilon)), rate), total


def adadelta(
    p: TensorLike,
    g: TensorLike,
    total: TensorLike,
    moved: TensorLike,
    lr: Number,
    rho: Number,
    epsilon: Number,
) -> tuple[TensorLike, TensorLike, TensorLike]:
    """Adadelta (arXiv:1212.5701) of both frameworks.

    Args:
        total, moved: mean squares of gradients and of steps, zeros at first.

    Returns:
        New parameter, total and moved.
    """
    total = _average(total, square(g), rho)
    along = mul(mul(sqrt(add(moved, epsilon)), rsqrt(add(total, epsilon))), g)
    moved = _average(moved, square(along), rho)
    return sgd(p, along, lr), total, moved


def tf_ftrl(
    p: TensorLike,
    g: TensorLike,
    total: TensorLike,
    linear: TensorLike,
    lr: Number,
    power: float = -0.5,
    l1: float = 0.0,
    l2: float = 0.0,
) -> tuple[TensorLike, TensorLike, TensorLike]:
    """TensorFlow's FtrlOptimizer (https://research.google.com/pubs/archive/41159.pdf).

    Args:
        total: sum of squared gradients, 0.1 at first.
        linear: zeros at first.
        power: the learning rate falls with this power of ``total``.

    Returns:
        New parameter, total and linear.
    """

    def slowed(x: TensorLike) -> TensorLike:
        return sqrt(x) if power == -0.5 else pow(x, -power)

    grown = add(total, square(g))
    slow = slowed(grown)
    linear = sub(add(linear, g), mul(div(sub(slow, slowed(total)), lr), p))
    below = div(slow, lr)
    if l2:
        below = add(below, 2 * l2)
    if not l1:
        return div(neg(linear), below), grown, linear
    pulled = div(sub(mul(sign(linear), l1), linear), below)
    return where(gt(absolute(linear), l1), pulled, constant(0, p.dtype)), grown, linear
