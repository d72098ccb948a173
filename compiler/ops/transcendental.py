"""Powers, exponentials, logarithms and trigonometry, elementwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import pi
from math import sqrt as root

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, DTypeError
from ..ir.dtypes import float16, float32
from ..ir.types import TensorType
from .accuracy import EXACT, Accuracy, ulps
from .arithmetic import add, div, mul, neg, sub
from .constant import constant
from .error_function import error_function
from .logic import eq, ge, logical_and
from .op import Kind, Op, Sample, TensorLike, define
from .rules import (
    Partial,
    infer_float,
    infer_floats,
    infer_numbers,
    pulling,
    pushing,
    samples_of_pairs,
    samples_within,
)
from .selection import cast, where

__all__ = [
    "ARCTAN", "ARCTAN2", "COS", "ERF", "EXP", "EXPM1", "LOG", "LOG1P", "POW", "RSQRT", "SIGMOID", "SIN",
    "SQRT", "TAN", "TANH",
    "arctan", "arctan2", "cos", "erf", "exp", "expm1", "log", "log1p", "pow", "rsqrt", "sigmoid", "sin",
    "sqrt", "tan", "tanh",
]  # fmt: skip


FUNCTION = ulps(2)
"""What elementary functions promise."""


def _function(
    name: str,
    evaluate: Callable[..., np.ndarray],
    partial: Partial,
    doc: str,
    low: float = -3.0,
    infer: Callable[..., TensorType] = infer_float,
    accuracy: Accuracy = FUNCTION,
) -> Op:
    # The Jacobian is diagonal: one rule pulls back and pushes forward.
    rules = (partial,)
    samples = samples_within(low, 3)
    return define(
        Op(name, Kind.ELEMENTWISE, infer, evaluate, rules, rules, samples, doc, accuracy=accuracy)
    )


def _evaluate_sigmoid(x: np.ndarray) -> np.ndarray:
    # exp(-x) overflows to infinity where x is very negative; its reciprocal, 0, is right.
    y: np.ndarray = np.exp(np.negative(x))
    y += 1
    return np.reciprocal(y)  # type: ignore[no-any-return]


def _evaluate_rsqrt(x: np.ndarray) -> np.ndarray:
    return np.reciprocal(np.sqrt(x))  # type: ignore[no-any-return]


def _infer_erf(x: TensorType) -> TensorType:
    if x.dtype is float16:
        raise DTypeError(f"needs float32 or float64, not {x}", hint="cast it to float32 first")
    return infer_float(x)


EXP = _function("exp", np.exp, lambda g, y, x: mul(g, y), "e to the power x")
EXPM1 = _function(
    "expm1", np.expm1, lambda g, y, x: mul(g, add(y, 1.0)), "exp(x) - 1, accurate near 0"
)
LOG = _function("log", np.log, lambda g, y, x: div(g, x), "natural logarithm", low=0.5)
LOG1P = _function(
    "log1p", np.log1p, lambda g, y, x: div(g, add(x, 1.0)), "log(1 + x), accurate near 0", low=-0.5
)
SQRT = _function(
    "sqrt", np.sqrt, lambda g, y, x: div(mul(g, 0.5), y), "square root", low=0.5, accuracy=EXACT
)
RSQRT = _function(
    "rsqrt",
    _evaluate_rsqrt,
    lambda g, y, x: mul(mul(g, -0.5), mul(y, mul(y, y))),
    "1 / sqrt(x)",
    low=0.5,
)
TANH = _function("tanh", np.tanh, lambda g, y, x: mul(g, sub(1.0, mul(y, y))), "hyperbolic tangent")
SIGMOID = _function(
    "sigmoid",
    _evaluate_sigmoid,
    lambda g, y, x: mul(g, mul(y, sub(1.0, y))),
    "1 / (1 + exp(-x))",
)
ERF = _function(
    "erf",
    error_function,
    lambda g, y, x: mul(g, mul(exp(neg(mul(x, x))), 2 / root(pi))),
    "error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x",
    infer=_infer_erf,
)
SIN = _function("sin", np.sin, lambda g, y, x: mul(g, cos(x)), "sine of x radians")
COS = _function("cos", np.cos, lambda g, y, x: neg(mul(g, sin(x))), "cosine of x radians")
TAN = _function("tan", np.tan, lambda g, y, x: mul(g, add(mul(y, y), 1.0)), "tangent of x radians")
ARCTAN = _function(
    "arctan",
    np.arctan,
    lambda g, y, x: div(g, add(mul(x, x), 1.0)),
    "angle in (-pi/2, pi/2) whose tangent is x",
)


def _evaluate_pow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    try:
        return np.power(a, b)  # type: ignore[no-any-return]
    except ValueError:
        raise AttributeValueError(
            "integers have no negative integer powers",
            hint="cast to float first: x to the power -1 is then 1 / x",
        ) from None


def _pow_base(g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
    """b a^(b-1), which at 0^0 is 0 and not 0 times infinity."""
    origin = logical_and(eq(b, 0), eq(a, 0))
    exponent = where(origin, constant(1, b.dtype), b)
    return mul(g, mul(b, pow(a, sub(exponent, 1))))


def _pow_exponent(g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
    """a^b log(a), which is 0 for a base of 0 (and, for a negative base, NaN): PyTorch's rule."""
    flat = logical_and(eq(a, 0), ge(b, 0))
    return mul(g, mul(y, log(where(flat, constant(1, a.dtype), a))))


def _pow_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield from samples_of_pairs(0.3, 2.0, integers=True)(rng)
    yield Sample((np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0])), differentiable=False)
    yield Sample((np.array([-1.5, -2.0]), np.array([2.0, 3.0])), differentiable=False)


_pow_rules = (_pow_base, _pow_exponent)
POW = define(
    Op(
        name="pow",
        kind=Kind.ELEMENTWISE,
        infer=infer_numbers,
        evaluate=_evaluate_pow,
        vjp=pulling(_pow_rules),
        jvp=pushing(_pow_rules),
        samples=_pow_samples,
        doc="a to the power b; of integers, b >= 0",
        accuracy=FUNCTION,
    )
)


def _arctan2_partials() -> tuple[Partial, Partial]:
    def by_y(g: TensorLike, _: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return mul(g, div(x, add(mul(x, x), mul(y, y))))

    def by_x(g: TensorLike, _: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return neg(mul(g, div(y, add(mul(x, x), mul(y, y)))))

    return by_y, by_x


ARCTAN2 = define(
    Op(
        name="arctan2",
        kind=Kind.ELEMENTWISE,
        infer=infer_floats,
        evaluate=np.arctan2,
        vjp=pulling(_arctan2_partials()),
        jvp=pushing(_arctan2_partials()),
        samples=samples_of_pairs(0.3, 3.0),
        doc="angle in [-pi, pi] of the point (x=b, y=a)",
        accuracy=FUNCTION,
    )
)


def exp(x: TensorLike) -> TensorLike:
    return current().apply1(EXP, x)


def expm1(x: TensorLike) -> TensorLike:
    return current().apply1(EXPM1, x)


def log(x: TensorLike) -> TensorLike:
    return current().apply1(LOG, x)


def log1p(x: TensorLike) -> TensorLike:
    return current().apply1(LOG1P, x)


def sqrt(x: TensorLike) -> TensorLike:
    return current().apply1(SQRT, x)


def rsqrt(x: TensorLike) -> TensorLike:
    return current().apply1(RSQRT, x)


def tanh(x: TensorLike) -> TensorLike:
    return current().apply1(TANH, x)


def sigmoid(x: TensorLike) -> TensorLike:
    return current().apply1(SIGMOID, x)


def erf(x: TensorLike) -> TensorLike:
    """The error function; float16 is computed in float32, the smallest type that SciPy has it for."""
    if x.dtype is float16:
        return cast(erf(cast(x, float32)), float16)
    return current().apply1(ERF, x)


def sin(x: TensorLike) -> TensorLike:
    return current().apply1(SIN, x)


def cos(x: TensorLike) -> TensorLike:
    return current().apply1(COS, x)


def tan(x: TensorLike) -> TensorLike:
    return current().apply1(TAN, x)


def arctan(x: TensorLike) -> TensorLike:
    return current().apply1(ARCTAN, x)


def pow(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    """a to the power b. The powers that programs write most are products and roots, which are far faster."""
    if isinstance(b, (int, float)) and not isinstance(a, (int, float)):
        if b == 2:
            return mul(a, a)
        if b == 3:
            return mul(mul(a, a), a)
        if a.dtype.is_float:
            if b == 0.5:
                return sqrt(a)
            if b == -0.5:
                return rsqrt(a)
            if b == -1:
                return div(1.0, a)
    return current().apply2(POW, a, b)


def arctan2(y: TensorLike | float, x: TensorLike | float) -> TensorLike:
    return current().apply2(ARCTAN2, y, x)
