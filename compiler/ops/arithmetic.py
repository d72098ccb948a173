"""Elementwise arithmetic and rounding. Two tensors have one element type and broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dispatch.current import current
from ..errors import DivisionByZero
from ..ir.types import TensorType
from .choice import above_zero
from .constant import constant, zeros_like
from .logic import eq, gt
from .op import Kind, Op, TensorLike, define
from .rules import (
    Partial,
    infer_float,
    infer_floats,
    infer_number,
    infer_numbers,
    pulling,
    pushing,
    samples_of_pairs,
    samples_within,
)
from .selection import where

__all__ = [
    "ABSOLUTE", "ADD", "CEIL", "DIV", "FLOOR", "FLOORDIV", "MAXIMUM", "MINIMUM", "MOD", "MUL", "NEG",
    "RELU", "ROUND", "SIGN", "SUB",
    "absolute", "add", "ceil", "div", "floor", "floordiv", "maximum", "minimum", "mod", "mul", "neg",
    "relu", "round_", "sign", "sub",
]  # fmt: skip


def _unary(
    name: str,
    evaluate: Callable[..., np.ndarray],
    partial: Partial,
    doc: str,
    infer: Callable[..., TensorType] = infer_number,
    kinks: tuple[float, ...] = (),
    affine: bool = False,
) -> Op:
    samples = samples_within(-3, 3, integers=infer is infer_number, kinks=kinks)
    # The Jacobian is diagonal: one rule pulls back and pushes forward.
    rules = (partial,)
    return define(
        Op(name, Kind.ELEMENTWISE, infer, evaluate, rules, rules, samples, doc, affine=affine)
    )


def _binary(
    name: str,
    evaluate: Callable[..., np.ndarray],
    partials: tuple[Partial, Partial] | None,
    doc: str,
    *,
    infer: Callable[..., TensorType] = infer_numbers,
    low: float = -3.0,
    ties: bool = False,
    affine: bool = False,
    commutative: bool = False,
) -> Op:
    return define(
        Op(
            name,
            Kind.ELEMENTWISE,
            infer,
            evaluate,
            pulling(partials) if partials else None,
            pushing(partials) if partials else None,
            samples_of_pairs(low, 3.0, integers=infer is infer_numbers, ties=ties),
            doc,
            affine=affine,
            commutative=commutative,
        )
    )


def _zero(g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
    """The derivative of a staircase. PyTorch's choice; TensorFlow lets no gradient through some of these."""
    return zeros_like(x)


# One tensor.

NEG = _unary("neg", np.negative, lambda g, y, x: neg(g), "-x", affine=True)
ABSOLUTE = _unary(
    "absolute", np.absolute, lambda g, y, x: mul(g, sign(x)), "absolute value", kinks=(0.0,)
)
SIGN = _unary("sign", np.sign, _zero, "-1, 0 or 1; the derivative is 0", kinks=(0.0,))
FLOOR = _unary(
    "floor", np.floor, _zero, "largest whole number not above x; the derivative is 0", infer_float,
    (-1.0, 0.0, 2.0),
)  # fmt: skip
CEIL = _unary(
    "ceil", np.ceil, _zero, "smallest whole number not below x; the derivative is 0", infer_float,
    (-1.0, 0.0, 2.0),
)  # fmt: skip
ROUND = _unary(
    "round", np.rint, _zero, "nearest whole number, halves to even; the derivative is 0", infer_float,
    (-1.5, 0.5, 2.5),
)  # fmt: skip


RELU = _unary(
    "relu",
    above_zero,
    lambda g, y, x: where(gt(y, 0), g, constant(0, g.dtype)),
    "max(x, 0); the derivative at 0 is 0",
    kinks=(0.0,),
)


# Two tensors.

ADD = _binary(
    "add", np.add, (lambda g, y, a, b: g, lambda g, y, a, b: g), "a + b", affine=True,
    commutative=True,
)  # fmt: skip
SUB = _binary(
    "sub", np.subtract, (lambda g, y, a, b: g, lambda g, y, a, b: neg(g)), "a - b", affine=True
)
MUL = _binary(
    "mul", np.multiply, (lambda g, y, a, b: mul(g, b), lambda g, y, a, b: mul(g, a)), "a * b",
    commutative=True,
)  # fmt: skip
DIV = _binary(
    "div",
    np.true_divide,
    (lambda g, y, a, b: div(g, b), lambda g, y, a, b: neg(mul(g, div(y, b)))),
    "a / b of floats",
    infer=infer_floats,
    low=0.5,
)


def _whole(function: np.ufunc) -> Callable[..., np.ndarray]:
    def evaluate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        y = function(a, b)
        # NumPy gives 0 for an integer divided by zero.
        if y.dtype.kind != "f" and not np.all(b):
            raise DivisionByZero(
                "integer division by zero", hint="cast to float first: x / 0 is inf, 0 / 0 is nan"
            )
        return y  # type: ignore[no-any-return]

    return evaluate


FLOORDIV = _binary(
    "floordiv", _whole(np.floor_divide), None, "floor(a / b) in the operands' type", low=0.5
)
MOD = _binary(
    "mod",
    _whole(np.remainder),
    (lambda g, y, a, b: g, lambda g, y, a, b: neg(mul(g, floordiv(a, b)))),
    "a - floor(a / b) * b, which has the sign of b",
    low=0.5,
)


def _to_the_greater(g: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
    """``g`` where a > b, half of it where they are equal (PyTorch's rule; TensorFlow gives all of it to a)."""
    zero = constant(0, g.dtype)
    return where(eq(a, b), mul(g, 0.5), where(gt(a, b), g, zero))


MAXIMUM = _binary(
    "maximum",
    np.maximum,
    (
        lambda g, y, a, b: _to_the_greater(g, a, b),
        lambda g, y, a, b: _to_the_greater(g, b, a),
    ),
    "the greater of a and b, NaN if one is; equal operands share the gradient",
    ties=True,
)
MINIMUM = _binary(
    "minimum",
    np.minimum,
    (
        lambda g, y, a, b: _to_the_greater(g, b, a),
        lambda g, y, a, b: _to_the_greater(g, a, b),
    ),
    "the smaller of a and b, NaN if one is; equal operands share the gradient",
    ties=True,
)


def neg(x: TensorLike) -> TensorLike:
    return current().apply1(NEG, x)


def absolute(x: TensorLike) -> TensorLike:
    return current().apply1(ABSOLUTE, x)


def sign(x: TensorLike) -> TensorLike:
    return current().apply1(SIGN, x)


def floor(x: TensorLike) -> TensorLike:
    return current().apply1(FLOOR, x)


def ceil(x: TensorLike) -> TensorLike:
    return current().apply1(CEIL, x)


def round_(x: TensorLike) -> TensorLike:
    return current().apply1(ROUND, x)


def relu(x: TensorLike) -> TensorLike:
    return current().apply1(RELU, x)


def add(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(ADD, a, b)


def sub(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(SUB, a, b)


def mul(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(MUL, a, b)


def div(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(DIV, a, b)


def floordiv(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(FLOORDIV, a, b)


def mod(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(MOD, a, b)


def maximum(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(MAXIMUM, a, b)


def minimum(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(MINIMUM, a, b)
