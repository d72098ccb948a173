"""Learning rates that change with the step."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler import ops
from ....compiler.errors import AttributeValueError
from ....compiler.ir import Value, dtypes
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert
from ..tensor import Tensor

__all__ = [
    "cosine_decay", "exponential_decay", "inverse_time_decay", "natural_exp_decay",
    "piecewise_constant", "piecewise_constant_decay", "polynomial_decay",
]  # fmt: skip


def _progress(step: TensorLike, decay_steps: float, staircase: bool) -> TensorLike:
    """``step / decay_steps``, only whole numbers of it with ``staircase``."""
    part = ops.div(ops.cast(step, dtypes.float32), float(decay_steps))
    return ops.floor(part) if staircase else part


@scoped("ExponentialDecay")
def exponential_decay(
    learning_rate: object, global_step: object, decay_steps: float, decay_rate: float,
    staircase: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``learning_rate * decay_rate ** (global_step / decay_steps)``."""
    return apply(
        "ExponentialDecay",
        lambda lr, step: ops.mul(
            lr, ops.pow(float(decay_rate), _progress(step, decay_steps, staircase))
        ),
        _rate(learning_rate), convert(global_step), name=name,
    )  # fmt: skip


def _rate(learning_rate: object) -> Tensor:
    given = float(learning_rate) if isinstance(learning_rate, int) else learning_rate
    return convert(given, name="learning_rate")


@scoped("NaturalExpDecay")
def natural_exp_decay(
    learning_rate: object, global_step: object, decay_steps: float, decay_rate: float,
    staircase: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``learning_rate * exp(-decay_rate * global_step / decay_steps)``."""
    return apply(
        "NaturalExpDecay",
        lambda lr, step: ops.mul(
            lr, ops.exp(ops.mul(_progress(step, decay_steps, staircase), -float(decay_rate)))
        ),
        _rate(learning_rate), convert(global_step), name=name,
    )  # fmt: skip


@scoped("InverseTimeDecay")
def inverse_time_decay(
    learning_rate: object, global_step: object, decay_steps: float, decay_rate: float,
    staircase: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``learning_rate / (1 + decay_rate * global_step / decay_steps)``."""
    return apply(
        "InverseTimeDecay",
        lambda lr, step: ops.div(
            lr, ops.add(ops.mul(_progress(step, decay_steps, staircase), float(decay_rate)), 1.0)
        ),
        _rate(learning_rate), convert(global_step), name=name,
    )  # fmt: skip


@scoped("PolynomialDecay")
def polynomial_decay(
    learning_rate: object, global_step: object, decay_steps: float,
    end_learning_rate: float = 0.0001, power: float = 1.0, cycle: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """From the learning rate to ``end_learning_rate`` in ``decay_steps``, by ``(1 - progress) ** power``."""

    def recipe(lr: Value, step: Value) -> TensorLike:
        now = ops.cast(step, dtypes.float32)
        span: TensorLike | float = float(decay_steps)
        if cycle:
            rounds = ops.maximum(ops.ceil(ops.div(now, span)), 1.0)
            span = ops.mul(rounds, span)
        else:
            now = ops.minimum(now, span)
        left = ops.sub(1.0, ops.div(now, span))
        return ops.add(
            ops.mul(ops.sub(lr, end_learning_rate), ops.pow(left, float(power))), end_learning_rate
        )

    return apply("PolynomialDecay", recipe, _rate(learning_rate), convert(global_step), name=name)


@scoped("CosineDecay")
def cosine_decay(
    learning_rate: object, global_step: object, decay_steps: float, alpha: float = 0.0,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """From the learning rate to ``alpha`` times it along half a cosine."""

    def recipe(lr: Value, step: Value) -> TensorLike:
        now = ops.minimum(ops.cast(step, dtypes.float32), float(decay_steps))
        angle = ops.mul(ops.div(now, float(decay_steps)), 3.141592653589793)
        share = ops.mul(ops.add(ops.cos(angle), 1.0), 0.5)
        return ops.mul(lr, ops.add(ops.mul(share, 1 - alpha), alpha))

    return apply("CosineDecay", recipe, _rate(learning_rate), convert(global_step), name=name)


@scoped("PiecewiseConstant")
def piecewise_constant(
    x: object, boundaries: Sequence[float], values: Sequence[float], name: str | None = None
) -> Tensor:
    """``values[0]`` up to ``boundaries[0]``, ``values[1]`` up to ``boundaries[1]``, ..., then the last."""
    if len(boundaries) != len(values) - 1:
        raise AttributeValueError(
            "The length of boundaries should be 1 less than the length of values"
        )

    def recipe(step: Value, *rates: Value) -> TensorLike:
        chosen: TensorLike = rates[-1]
        for bound, rate in zip(boundaries[::-1], rates[-2::-1], strict=True):
            chosen = ops.where(ops.le(step, bound), rate, chosen)
        return chosen

    rates = [convert(v) for v in values]
    return apply("PiecewiseConstant", recipe, convert(x), *rates, name=name)


piecewise_constant_decay = piecewise_constant
