"""Elementwise functions of two tensors, or of a tensor and a number, with PyTorch's type promotion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array
from ...compiler.errors import AttributeValueError, DTypeError
from ...compiler.ir.dtypes import BY_NUMPY, bool_
from .api import METHODS, export
from .promotion import Operand, as_array, joint_type, operand, pair
from .tensor import Tensor, give, wrap

Binary = Callable[[Any, Any], Any]


def _scaled(other: Any, alpha: float) -> Any:
    return other if alpha == 1 else mul(other, alpha)


@export("add", inplace=True, out=True)
def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """``input + alpha * other``."""
    a, b = pair(input, _scaled(other, alpha), "add")
    if (a if isinstance(a, Array) else b).dtype is bool_:  # type: ignore[union-attr]
        return wrap(ops.logical_or(a, b))  # type: ignore[arg-type]
    return wrap(ops.add(a, b))  # type: ignore[arg-type]


@export("sub", "subtract", inplace=True, out=True)
def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """``input - alpha * other``."""
    a, b = pair(input, _scaled(other, alpha), "sub")
    if (a if isinstance(a, Array) else b).dtype is bool_:  # type: ignore[union-attr]
        raise DTypeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported.",
            hint="use the `^` or `logical_xor()` operator instead",
        )
    return wrap(ops.sub(a, b))  # type: ignore[arg-type]


@export("rsub")
def rsub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    return sub(other, _scaled(input, alpha))


@export("mul", "multiply", inplace=True, out=True)
def mul(input: Any, other: Any) -> Tensor:
    """``input * other``."""
    a, b = pair(input, other, "mul")
    if (a if isinstance(a, Array) else b).dtype is bool_:  # type: ignore[union-attr]
        return wrap(ops.logical_and(a, b))  # type: ignore[arg-type]
    return wrap(ops.mul(a, b))  # type: ignore[arg-type]


@export("div", "divide", "true_divide", inplace=True, out=True)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """``input / other``; ``rounding_mode`` is None, ``"floor"`` or ``"trunc"``."""
    if rounding_mode is None:
        a, b = pair(input, other, "div", floats=True)
        return wrap(ops.div(a, b))  # type: ignore[arg-type]
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode != "trunc":
        raise AttributeValueError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )
    a, b = pair(input, other, "div", floats=True)
    quotient = _toward_zero(ops.div(a, b))
    return wrap(ops.cast(quotient, joint_type([operand(input, "div"), operand(other, "div")])))  # type: ignore[arg-type]


def _toward_zero(x: Any) -> Any:
    return ops.where(ops.lt(x, 0), ops.ceil(x), ops.floor(x))


def _plain(name: str, function: Binary) -> Callable[[Any, Any], Tensor]:
    def apply(input: Any, other: Any) -> Tensor:
        a, b = pair(input, other, name)
        return wrap(function(a, b))

    apply.__name__ = name
    return apply


floor_divide = export("floor_divide", inplace=True, out=True)(_plain("floor_divide", ops.floordiv))
remainder = export("remainder", inplace=True, out=True)(_plain("remainder", ops.mod))
maximum = export("maximum", out=True)(_plain("maximum", ops.maximum))
minimum = export("minimum", out=True)(_plain("minimum", ops.minimum))
export("fmax")(maximum)
export("fmin")(minimum)


@export("fmod", inplace=True)
def fmod(input: Any, other: Any) -> Tensor:
    """The remainder with the sign of ``input``."""
    a, b = pair(input, other, "fmod", floats=True)
    whole = _toward_zero(ops.div(a, b))
    kind = joint_type([operand(input, "fmod"), operand(other, "fmod")])
    return wrap(ops.cast(ops.sub(a, ops.mul(whole, b)), kind))  # type: ignore[arg-type]


@export("pow", inplace=True, out=True)
def pow(input: Any, exponent: Any) -> Tensor:
    """``input ** exponent``."""
    a, b = pair(input, exponent, "pow")
    return wrap(ops.pow(a, b))  # type: ignore[arg-type]


@export("atan2", "arctan2", inplace=True)
def atan2(input: Any, other: Any) -> Tensor:
    """The angle of the point (other, input)."""
    a, b = pair(input, other, "atan2", floats=True)
    return wrap(ops.arctan2(a, b))  # type: ignore[arg-type]


@export("logaddexp")
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """``log(exp(input) + exp(other))`` without overflow."""
    top = maximum(input, other).detach()
    return (input - top).exp().add((other - top).exp()).log() + top  # type: ignore[no-any-return]


@export("hypot")
def hypot(input: Tensor, other: Tensor) -> Tensor:
    return (input * input + other * other).sqrt()  # type: ignore[no-any-return]


@export("addcmul", inplace=True)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``."""
    return add(input, mul(tensor1, tensor2), alpha=value)


@export("addcdiv", inplace=True)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``."""
    return add(input, div(tensor1, tensor2), alpha=value)


@export("lerp", inplace=True)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """``input + weight * (end - input)``."""
    return add(input, mul(weight, sub(end, input)))


# --- comparison and logic ---


def _comparison(name: str, function: Binary) -> Callable[[Any, Any], Tensor]:
    def compare(input: Any, other: Any) -> Tensor:
        if name in ("eq", "ne") and not isinstance(
            other, (Tensor, bool, int, float, np.generic, np.ndarray)
        ):
            return NotImplemented  # type: ignore[no-any-return]
        a, b = pair(input, other, name)
        if (a if isinstance(a, Array) else b).dtype is bool_ and name not in ("eq", "ne"):  # type: ignore[union-attr]
            a, b = (ops.cast(x, BY_NUMPY[np.dtype("uint8")]) for x in (a, b))  # type: ignore[arg-type, assignment]
        return wrap(function(a, b))

    compare.__name__ = name
    return compare


eq = export("eq", inplace=True, out=True)(_comparison("eq", ops.eq))
ne = export("ne", "not_equal", inplace=True, out=True)(_comparison("ne", ops.ne))
lt = export("lt", "less", inplace=True, out=True)(_comparison("lt", ops.lt))
le = export("le", "less_equal", inplace=True, out=True)(_comparison("le", ops.le))
gt = export("gt", "greater", inplace=True, out=True)(_comparison("gt", ops.gt))
ge = export("ge", "greater_equal", inplace=True, out=True)(_comparison("ge", ops.ge))


def _logical(name: str, function: Binary) -> Callable[[Any, Any], Tensor]:
    def apply(input: Any, other: Any) -> Tensor:
        a, b = operand(input, name), operand(other, name)
        return wrap(function(truth(a), truth(b)))

    apply.__name__ = name
    return apply


def truth(x: Operand) -> Array:
    """Whether each element is not 0."""
    if isinstance(x, Tensor) and x.array.data.dtype.kind != "b":
        return ops.ne(x.array, 0)  # type: ignore[return-value]
    return as_array(bool(x) if not isinstance(x, Tensor) else x, bool_)


logical_and = export("logical_and", inplace=True)(_logical("logical_and", ops.logical_and))
logical_or = export("logical_or", inplace=True)(_logical("logical_or", ops.logical_or))
logical_xor = export("logical_xor", inplace=True)(_logical("logical_xor", ops.logical_xor))


@export("logical_not", inplace=True)
def logical_not(input: Tensor) -> Tensor:
    return wrap(ops.logical_not(truth(input)))  # type: ignore[arg-type]


def _bitwise(
    name: str, logical: Binary, function: Callable[..., np.ndarray]
) -> Callable[[Any, Any], Tensor]:
    def apply(input: Any, other: Any) -> Tensor:
        a, b = pair(input, other, name)
        kind = (a if isinstance(a, Array) else b).dtype  # type: ignore[union-attr]
        if kind is bool_:
            return wrap(logical(a, b))
        if kind.is_float:
            raise DTypeError(f"'{name}' is not implemented for floating-point tensors")
        from .outside import outside

        return outside(name, function, input, other)  # type: ignore[no-any-return]

    apply.__name__ = name
    return apply


bitwise_and = export("bitwise_and", inplace=True)(
    _bitwise("bitwise_and", ops.logical_and, np.bitwise_and)
)
bitwise_or = export("bitwise_or", inplace=True)(
    _bitwise("bitwise_or", ops.logical_or, np.bitwise_or)
)
bitwise_xor = export("bitwise_xor", inplace=True)(
    _bitwise("bitwise_xor", ops.logical_xor, np.bitwise_xor)
)
bitwise_left_shift = export("bitwise_left_shift", inplace=True)(
    _bitwise("bitwise_left_shift", ops.logical_and, np.left_shift)
)
bitwise_right_shift = export("bitwise_right_shift", inplace=True)(
    _bitwise("bitwise_right_shift", ops.logical_and, np.right_shift)
)


@export("bitwise_not", inplace=True)
def bitwise_not(input: Tensor) -> Tensor:
    if input.array.data.dtype.kind == "b":
        return logical_not(input)
    return sub(-1, input)


# --- the operators that are not hot ---


def _number_first(f: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    return lambda self, other: f(other, self)


def attach() -> None:
    """Give `Tensor` the operators that no fast path is worth."""
    for name, f in {
        "floordiv": floor_divide, "mod": remainder, "pow": pow, "and": bitwise_and, "or": bitwise_or,
        "xor": bitwise_xor, "lshift": bitwise_left_shift, "rshift": bitwise_right_shift,
    }.items():  # fmt: skip
        give(**{f"__{name}__": f, f"__r{name}__": _number_first(f)})
    for name, method in {
        "iadd": "add_", "isub": "sub_", "imul": "mul_", "itruediv": "div_", "ifloordiv": "floor_divide_",
        "imod": "remainder_", "ipow": "pow_", "iand": "bitwise_and_", "ior": "bitwise_or_",
        "ixor": "bitwise_xor_",
    }.items():  # fmt: skip
        give(**{f"__{name}__": METHODS[method]})
    give(
        __neg__=METHODS["neg"],
        __pos__=lambda self: self,
        __abs__=METHODS["abs"],
        __invert__=bitwise_not,
    )
