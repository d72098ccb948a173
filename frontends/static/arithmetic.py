"""Elementwise arithmetic and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ir import unify
from ...compiler.ops import TensorLike
from .build import apply, scoped
from .casting import cast
from .convert import convert, convert_pair, require_same_dtype
from .dtypes import float32, float64
from .tensor import Tensor

__all__ = [
    "abs", "add", "add_n", "accumulate_n", "acos", "asin", "atan", "atan2", "ceil",
    "clip_by_value", "cos", "cosh", "div", "div_no_nan", "divide", "erf", "erfc", "exp", "expm1",
    "floor", "floor_div", "floordiv", "floormod", "is_finite", "is_inf", "is_nan", "log", "log1p",
    "log_sigmoid", "maximum", "minimum", "mod", "mul", "multiply", "neg", "negative", "pow",
    "realdiv", "reciprocal", "rint", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "square", "squared_difference", "sub", "subtract", "tan", "tanh", "truediv",
]  # fmt: skip


def _unary(type: str, function: Callable[[TensorLike], TensorLike], x: object, name: str | None) -> Tensor:  # fmt: skip
    return apply(type, function, convert(x, name=f"{type}/x"), name=name)


def _binary(
    type: str,
    function: Callable[[TensorLike, TensorLike], TensorLike],
    x: object,
    y: object,
    name: str | None,
) -> Tensor:
    return apply(type, function, *convert_pair(x, y), name=name)


# Two operands


@scoped("Add")
def add(x: object, y: object, name: str | None = None) -> Tensor:
    """``x + y``."""
    return _binary("Add", ops.add, x, y, name)


@scoped("Sub")
def subtract(x: object, y: object, name: str | None = None) -> Tensor:
    """``x - y``."""
    return _binary("Sub", ops.sub, x, y, name)


@scoped("Mul")
def multiply(x: object, y: object, name: str | None = None) -> Tensor:
    """``x * y``, elementwise."""
    return _binary("Mul", ops.mul, x, y, name)


sub = subtract
mul = multiply


@scoped("truediv")
def truediv(x: object, y: object, name: str | None = None) -> Tensor:
    """``x / y``; integers are converted to float64 (those up to 16 bits to float32), as in Python 3."""
    a, b = convert_pair(x, y)
    if a.dtype.is_integer:
        wide = float32 if a.dtype.size <= 2 else float64
        a, b = cast(a, wide), cast(b, wide)
    return apply("RealDiv", ops.div, a, b, name=name)


def divide(x: object, y: object, name: str | None = None) -> Tensor:
    """``x / y``, as Python 3 does it."""
    return truediv(x, y, name=name)


realdiv = divide


@scoped("div")
def div(x: object, y: object, name: str | None = None) -> Tensor:
    """``x / y`` as Python 2 does it: integers are divided downwards."""
    a, b = convert_pair(x, y)
    if a.dtype.is_integer:
        return apply("FloorDiv", ops.floordiv, a, b, name=name)
    return apply("RealDiv", ops.div, a, b, name=name)


@scoped("div_no_nan")
def div_no_nan(x: object, y: object, name: str | None = None) -> Tensor:
    """``x / y``, and 0 where ``y`` is 0."""

    def recipe(a: TensorLike, b: TensorLike) -> TensorLike:
        zero = ops.eq(b, 0)
        return ops.where(zero, ops.zeros_like(b), ops.div(a, ops.where(zero, ops.ones_like(b), b)))

    return _binary("DivNoNan", recipe, x, y, name)


@scoped("floordiv")
def floordiv(x: object, y: object, name: str | None = None) -> Tensor:
    """``x // y``."""
    return _binary("FloorDiv", ops.floordiv, x, y, name)


floor_div = floordiv


@scoped("FloorMod")
def mod(x: object, y: object, name: str | None = None) -> Tensor:
    """``x % y`` with the sign of ``y``."""
    return _binary("FloorMod", ops.mod, x, y, name)


floormod = mod


@scoped("Pow")
def pow(x: object, y: object, name: str | None = None) -> Tensor:
    """``x ** y``."""
    return _binary("Pow", ops.pow, x, y, name)


@scoped("Maximum")
def maximum(x: object, y: object, name: str | None = None) -> Tensor:
    """The larger of ``x`` and ``y``, elementwise."""
    return _binary("Maximum", ops.maximum, x, y, name)


@scoped("Minimum")
def minimum(x: object, y: object, name: str | None = None) -> Tensor:
    """The smaller of ``x`` and ``y``, elementwise."""
    return _binary("Minimum", ops.minimum, x, y, name)


@scoped("SquaredDifference")
def squared_difference(x: object, y: object, name: str | None = None) -> Tensor:
    """``(x - y) ** 2``."""
    return _binary("SquaredDifference", library.squared_error, x, y, name)


@scoped("Atan2")
def atan2(y: object, x: object, name: str | None = None) -> Tensor:
    """The angle of the point (x, y)."""
    return _binary("Atan2", ops.arctan2, y, x, name)


# Many operands


@scoped("AddN")
def add_n(inputs: Iterable[object], name: str | None = None) -> Tensor:
    """The sum of all ``inputs``, which have one shape and type."""
    values = [inputs] if hasattr(inputs, "_as_tensor") else list(inputs)
    tensors = [convert(x) for x in values]
    if not tensors:
        raise AttributeValueError(
            "inputs must be a list of at least one Tensor with the same dtype and shape"
        )
    require_same_dtype(*tensors)

    def recipe(first: TensorLike, *rest: TensorLike) -> TensorLike:
        for x in rest:
            if x.ndim != first.ndim or None in map(unify, x.shape, first.shape):
                raise ShapeError(f"add_n needs tensors of one shape, got {first.type} and {x.type}")
            first = ops.add(first, x)
        return first

    return apply("AddN", recipe, *tensors, name=name)


def accumulate_n(
    inputs: Iterable[object], shape: object = None, tensor_dtype: object = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The sum of all ``inputs``."""
    return add_n(inputs, name=name or "AccumulateN")


# One operand


def negative(x: object, name: str | None = None) -> Tensor:
    """``-x``."""
    return _unary("Neg", ops.neg, x, name)


neg = negative


def abs(x: object, name: str | None = None) -> Tensor:
    """``|x|``."""
    return _unary("Abs", ops.absolute, x, name)


def sign(x: object, name: str | None = None) -> Tensor:
    """-1, 0 or 1."""
    return _unary("Sign", ops.sign, x, name)


def exp(x: object, name: str | None = None) -> Tensor:
    """``e ** x``."""
    return _unary("Exp", ops.exp, x, name)


def expm1(x: object, name: str | None = None) -> Tensor:
    """``e ** x - 1``, exact near 0."""
    return _unary("Expm1", ops.expm1, x, name)


def log(x: object, name: str | None = None) -> Tensor:
    """The natural logarithm."""
    return _unary("Log", ops.log, x, name)


def log1p(x: object, name: str | None = None) -> Tensor:
    """``log(1 + x)``, exact near 0."""
    return _unary("Log1p", ops.log1p, x, name)


def sqrt(x: object, name: str | None = None) -> Tensor:
    """The square root."""
    return _unary("Sqrt", ops.sqrt, x, name)


def rsqrt(x: object, name: str | None = None) -> Tensor:
    """``1 / sqrt(x)``."""
    return _unary("Rsqrt", ops.rsqrt, x, name)


def square(x: object, name: str | None = None) -> Tensor:
    """``x * x``."""
    return _unary("Square", library.square, x, name)


def reciprocal(x: object, name: str | None = None) -> Tensor:
    """``1 / x``."""
    return _unary("Reciprocal", lambda v: ops.div(1.0, v), x, name)


def sin(x: object, name: str | None = None) -> Tensor:
    """The sine."""
    return _unary("Sin", ops.sin, x, name)


def cos(x: object, name: str | None = None) -> Tensor:
    """The cosine."""
    return _unary("Cos", ops.cos, x, name)


def tan(x: object, name: str | None = None) -> Tensor:
    """The tangent."""
    return _unary("Tan", ops.tan, x, name)


def atan(x: object, name: str | None = None) -> Tensor:
    """The angle with this tangent."""
    return _unary("Atan", ops.arctan, x, name)


def asin(x: object, name: str | None = None) -> Tensor:
    """The angle with this sine."""
    return _unary("Asin", lambda v: ops.arctan2(v, _leg(v)), x, name)


def acos(x: object, name: str | None = None) -> Tensor:
    """The angle with this cosine."""
    return _unary("Acos", lambda v: ops.arctan2(_leg(v), v), x, name)


def _leg(x: TensorLike) -> TensorLike:
    """The other leg of the right triangle with hypotenuse 1."""
    return ops.sqrt(ops.mul(ops.sub(1.0, x), ops.add(x, 1.0)))


def sinh(x: object, name: str | None = None) -> Tensor:
    """The hyperbolic sine."""
    return _unary("Sinh", lambda v: ops.mul(ops.sub(ops.exp(v), ops.exp(ops.neg(v))), 0.5), x, name)


def cosh(x: object, name: str | None = None) -> Tensor:
    """The hyperbolic cosine."""
    return _unary("Cosh", lambda v: ops.mul(ops.add(ops.exp(v), ops.exp(ops.neg(v))), 0.5), x, name)


def tanh(x: object, name: str | None = None) -> Tensor:
    """The hyperbolic tangent."""
    return _unary("Tanh", ops.tanh, x, name)


def sigmoid(x: object, name: str | None = None) -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return _unary("Sigmoid", ops.sigmoid, x, name)


def log_sigmoid(x: object, name: str | None = None) -> Tensor:
    """``log(sigmoid(x))``, without overflow."""
    return _unary("LogSigmoid", library.log_sigmoid, x, name)


def erf(x: object, name: str | None = None) -> Tensor:
    """The error function."""
    return _unary("Erf", ops.erf, x, name)


def erfc(x: object, name: str | None = None) -> Tensor:
    """``1 - erf(x)``."""
    return _unary("Erfc", lambda v: ops.sub(1.0, ops.erf(v)), x, name)


def floor(x: object, name: str | None = None) -> Tensor:
    """The largest whole number up to ``x``."""
    return _unary("Floor", ops.floor, x, name)


def ceil(x: object, name: str | None = None) -> Tensor:
    """The smallest whole number from ``x`` on."""
    return _unary("Ceil", ops.ceil, x, name)


def round(x: object, name: str | None = None) -> Tensor:
    """The nearest whole number; of two, the even one."""
    return _unary("Round", lambda v: v if v.dtype.is_integer else ops.round_(v), x, name)


def rint(x: object, name: str | None = None) -> Tensor:
    """The nearest whole number; of two, the even one."""
    return _unary("Rint", ops.round_, x, name)


def is_nan(x: object, name: str | None = None) -> Tensor:
    """Whether elements are NaN."""
    return _unary("IsNan", ops.isnan, x, name)


def is_inf(x: object, name: str | None = None) -> Tensor:
    """Whether elements are infinite."""
    return _unary("IsInf", ops.isinf, x, name)


def is_finite(x: object, name: str | None = None) -> Tensor:
    """Whether elements are neither infinite nor NaN."""
    return _unary("IsFinite", ops.isfinite, x, name)


@scoped("clip_by_value")
def clip_by_value(
    t: object, clip_value_min: object, clip_value_max: object, name: str | None = None
) -> Tensor:
    """Elements below the minimum or above the maximum are replaced by it; the bounds may be tensors."""
    x = convert(t)
    if isinstance(clip_value_min, (int, float)) and isinstance(clip_value_max, (int, float)):
        low, high = clip_value_min, clip_value_max
        return apply("ClipByValue", lambda v: ops.clip(v, low, high), x, name=name)
    bounds = convert(clip_value_min, x.dtype), convert(clip_value_max, x.dtype)
    return apply(
        "ClipByValue",
        lambda v, low, high: ops.maximum(ops.minimum(v, high), low),
        x, *bounds, name=name,
    )  # fmt: skip


# What Python's operators make, with the names that they give

OPERATORS: dict[str, Callable[..., Tensor]] = {
    "add": lambda x, y: add(x, y, name="add"),
    "sub": lambda x, y: subtract(x, y, name="sub"),
    "mul": lambda x, y: multiply(x, y, name="mul"),
    "truediv": truediv,
    "floordiv": floordiv,
    "mod": lambda x, y: mod(x, y, name="mod"),
    "pow": lambda x, y: pow(x, y, name="pow"),
    "negative": negative,
    "abs": abs,
}
