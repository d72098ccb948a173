"""Elementwise functions of one tensor."""

from __future__ import annotations

from collections.abc import Callable
from math import log as ln
from math import pi
from typing import Any

import numpy as np

from ...compiler import library, ops
from ...compiler.dispatch.current import current
from ...compiler.errors import AttributeValueError, DTypeError, Place
from ...compiler.location import Location
from ...compiler.ops import Op
from .api import export
from .dtypes import default
from .promotion import to_float
from .tensor import Tensor, new, wrap

Unary = Callable[[Any], Any]


def _float(function: Unary, *names: str) -> None:
    """A function of floats; integers are converted."""

    def apply(input: Tensor) -> Tensor:
        return wrap(function(to_float(input)))

    apply.__name__ = names[0]
    export(*names, inplace=True, out=True)(apply)


def _operation(op: Op, *names: str, floats: bool = True) -> None:
    """A function that is one operation, of floats only or of all numbers. Written out, because it is often called."""

    def apply(input: Tensor) -> Tensor:
        array = input.array
        if floats and array.data.dtype.kind != "f":
            array = to_float(input)
        t: Tensor = new(Tensor)
        t.array = current().apply1(op, array)  # type: ignore[assignment]
        t.shared = None
        return t

    apply.__name__ = names[0]
    export(*names, inplace=True, out=True)(apply)


def _number(function: Unary, whole: Unary, *names: str) -> None:
    """A function of floats and, in another way, of integers."""

    def apply(input: Tensor) -> Tensor:
        array = input.array
        return wrap((function if array.data.dtype.kind == "f" else whole)(array))

    apply.__name__ = names[0]
    export(*names, inplace=True, out=True)(apply)


def _same(x: Any) -> Any:
    return ops.add(x, 0)


for _op, *_names in (
    (ops.EXP, "exp"), (ops.EXPM1, "expm1"), (ops.LOG, "log"), (ops.LOG1P, "log1p"),
    (ops.SQRT, "sqrt"), (ops.RSQRT, "rsqrt"), (ops.TANH, "tanh"), (ops.SIGMOID, "sigmoid"),
    (ops.ERF, "erf"), (ops.SIN, "sin"), (ops.COS, "cos"), (ops.TAN, "tan"),
    (ops.ARCTAN, "atan", "arctan"),
):  # fmt: skip
    _operation(_op, *_names)

for _op, *_names in (
    (ops.ABSOLUTE, "abs", "absolute"), (ops.NEG, "neg", "negative"), (ops.SIGN, "sign", "sgn"),
    (ops.RELU, "relu"),
):  # fmt: skip
    _operation(_op, *_names, floats=False)

for _function, *_names in (
    (lambda x: ops.div(ops.log(x), ln(2)), "log2"),
    (lambda x: ops.div(ops.log(x), ln(10)), "log10"),
    (lambda x: ops.exp(ops.mul(x, ln(2))), "exp2"),
    (lambda x: ops.mul(ops.sub(ops.exp(x), ops.exp(ops.neg(x))), 0.5), "sinh"),
    (lambda x: ops.mul(ops.add(ops.exp(x), ops.exp(ops.neg(x))), 0.5), "cosh"),
    (lambda x: ops.arctan2(x, ops.sqrt(ops.sub(1.0, ops.mul(x, x)))), "asin", "arcsin"),
    (lambda x: ops.arctan2(ops.sqrt(ops.sub(1.0, ops.mul(x, x))), x), "acos", "arccos"),
    (lambda x: ops.mul(ops.log(ops.div(ops.add(x, 1.0), ops.sub(1.0, x))), 0.5), "atanh", "arctanh"),
    (lambda x: ops.log(ops.div(x, ops.sub(1.0, x))), "logit"),
    (lambda x: ops.div(1.0, x), "reciprocal"),
    (lambda x: ops.log(ops.add(x, ops.sqrt(ops.add(ops.mul(x, x), 1.0)))), "asinh", "arcsinh"),
    (lambda x: ops.log(ops.add(x, ops.sqrt(ops.sub(ops.mul(x, x), 1.0)))), "acosh", "arccosh"),
    (lambda x: ops.mul(x, pi / 180), "deg2rad"), (lambda x: ops.mul(x, 180 / pi), "rad2deg"),
):  # fmt: skip
    _float(_function, *_names)

for _function, _whole, *_names in (
    (ops.floor, _same, "floor"), (ops.ceil, _same, "ceil"),
    (lambda x: ops.where(ops.lt(x, 0), ops.ceil(x), ops.floor(x)), _same, "trunc", "fix"),
    (lambda x: ops.mul(x, x), lambda x: ops.mul(x, x), "square"),
    (lambda x: ops.sub(x, ops.where(ops.lt(x, 0), ops.ceil(x), ops.floor(x))), _same, "frac"),
):  # fmt: skip
    _number(_function, _whole, *_names)


@export("round", inplace=True)
def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest whole number (of ``10**-decimals``), ties to even."""
    array = input.array
    if array.data.dtype.kind != "f":
        return wrap(_same(array))
    if decimals == 0:
        return wrap(ops.round_(array))  # type: ignore[arg-type]
    scale = 10.0**decimals
    return wrap(ops.div(ops.round_(ops.mul(array, scale)), scale))  # type: ignore[arg-type]


@export("clamp", "clip", inplace=True, out=True)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The numbers moved into ``[min, max]``; bounds are numbers or tensors.

    Raises:
        AttributeValueError: neither bound is given.
    """
    if min is None and max is None:
        raise AttributeValueError(
            "torch.clamp: At least one of 'min' or 'max' must not be None",
            places=(Place("here", Location.here(1)),),
        )
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        from .arithmetic import maximum, minimum

        if min is not None:
            input = maximum(input, min)
        return input if max is None else minimum(input, max)
    array = input.array
    if array.data.dtype.kind in "iu" and (isinstance(min, float) or isinstance(max, float)):
        array = ops.cast(array, default.type)  # type: ignore[assignment]
    return wrap(ops.clip(array, min, max))  # type: ignore[arg-type]


@export("clamp_min", inplace=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    return clamp(input, min=min)


@export("clamp_max", inplace=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    return clamp(input, max=max)


def _test(function: Unary, name: str, whole: bool) -> None:
    def apply(input: Tensor) -> Tensor:
        array = input.array
        if array.data.dtype.kind == "f":
            return wrap(function(array))
        answer = ops.eq(array, array)
        return wrap(answer if whole else ops.logical_not(answer))  # type: ignore[arg-type]

    apply.__name__ = name
    export(name)(apply)


_test(ops.isnan, "isnan", False)
_test(ops.isinf, "isinf", False)
_test(ops.isfinite, "isfinite", True)


@export("nan_to_num", inplace=True)
def nan_to_num(
    input: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Not-a-number and the infinities replaced; by default with 0 and the largest finite numbers."""
    array = input.array
    if array.data.dtype.kind != "f":
        return wrap(_same(array))
    limits = np.finfo(array.data.dtype)
    low = float(limits.min) if neginf is None else neginf
    high = float(limits.max) if posinf is None else posinf
    inside = ops.where(ops.isnan(array), ops.full(array.shape, nan, array.dtype), array)
    above = ops.logical_and(ops.isinf(array), ops.gt(array, 0))
    below = ops.logical_and(ops.isinf(array), ops.lt(array, 0))
    inside = ops.where(above, ops.full(array.shape, high, array.dtype), inside)
    return wrap(ops.where(below, ops.full(array.shape, low, array.dtype), inside))  # type: ignore[arg-type]


@export("erfc")
def erfc(input: Tensor) -> Tensor:
    return wrap(ops.sub(1.0, ops.erf(to_float(input))))  # type: ignore[arg-type]


# --- over one axis: what networks end in ---


def _axis_function(name: str, function: Callable[..., Any]) -> None:
    def apply(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
        from .arguments import axis_of

        if dim is None:
            dim = 0 if input.array.data.ndim in (0, 1, 3) else 1
        source = input if dtype is None else input.to(dtype)
        array = source.array
        if array.data.dtype.kind != "f":
            raise DTypeError(
                f'"{name}" not implemented for {array.type}',
                places=(Place("here", Location.here(1)),),
            )
        if not array.data.ndim:
            return source.reshape(1).softmax(0).reshape(()) if name == "softmax" else source * 0.0
        return wrap(function(array, axis_of(source, dim)))

    apply.__name__ = name
    export(name)(apply)


_axis_function("softmax", library.softmax)
_axis_function("log_softmax", library.log_softmax)
