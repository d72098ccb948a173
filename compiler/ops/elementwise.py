"""Elementwise arithmetic, rounding and choice. Two tensors have one element type and broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..dispatch.array import EMPTY
from ..dispatch.current import current
from ..errors import DivisionByZero, DTypeError
from ..ir.dtypes import DType, bool_, float32, float64, int32
from ..ir.types import TensorType, broadcast
from .constant import constant, zeros_like
from .logic import eq, ge, gt, le, logical_and
from .op import Kind, Op, Sample, TensorLike, define
from .rules import (
    Partial,
    booleans,
    infer_float,
    infer_floats,
    infer_number,
    infer_numbers,
    pulling,
    pushing,
    samples_of_pairs,
    samples_within,
)
from .shapes import same_dtype

__all__ = [
    "ABSOLUTE", "ADD", "CAST", "CEIL", "CLIP", "DIV", "FLOOR", "FLOORDIV", "MAXIMUM", "MINIMUM", "MOD",
    "MUL", "NEG", "RELU", "ROUND", "SIGN", "STOP_GRADIENT", "SUB", "WHERE",
    "absolute", "add", "cast", "ceil", "clip", "div", "floor", "floordiv", "maximum", "minimum", "mod",
    "mul", "neg", "relu", "round_", "sign", "stop_gradient", "sub", "where",
]  # fmt: skip


def _unary(
    name: str,
    evaluate: Callable[..., np.ndarray],
    partial: Partial,
    doc: str,
    infer: Callable[..., TensorType] = infer_number,
    kinks: tuple[float, ...] = (),
) -> Op:
    samples = samples_within(-3, 3, integers=infer is infer_number, kinks=kinks)
    # The Jacobian is diagonal: one rule pulls back and pushes forward.
    rules = (partial,)
    return define(Op(name, Kind.ELEMENTWISE, infer, evaluate, rules, rules, samples, doc))


def _binary(
    name: str,
    evaluate: Callable[..., np.ndarray],
    partials: tuple[Partial, Partial] | None,
    doc: str,
    *,
    infer: Callable[..., TensorType] = infer_numbers,
    low: float = -3.0,
    ties: bool = False,
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
        )
    )


def _zero(g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
    """The derivative of a staircase. PyTorch's choice; TensorFlow lets no gradient through some of these."""
    return zeros_like(x)


# One tensor.

NEG = _unary("neg", np.negative, lambda g, y, x: neg(g), "-x")
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


def _evaluate_relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)  # type: ignore[no-any-return]


RELU = _unary(
    "relu",
    _evaluate_relu,
    lambda g, y, x: where(gt(y, 0), g, constant(0, g.dtype)),
    "max(x, 0); the derivative at 0 is 0",
    kinks=(0.0,),
)


def _identity(x: np.ndarray) -> np.ndarray:
    return x


STOP_GRADIENT = define(
    Op(
        name="stop_gradient",
        kind=Kind.ELEMENTWISE,
        infer=lambda x: x,
        evaluate=_identity,
        vjp=None,
        jvp=None,
        samples=samples_within(-3, 3, integers=True),
        doc="x itself, through which no gradient flows",
        view=True,
    )
)


def _infer_cast(x: TensorType, *, dtype: DType) -> TensorType:
    return x.with_dtype(dtype)


def _evaluate_cast(x: np.ndarray, *, dtype: DType) -> np.ndarray:
    return x.astype(dtype.numpy)


def _cast_back(g: TensorLike, y: TensorLike, x: TensorLike, *, dtype: DType) -> TensorLike:
    return cast(g, x.dtype)


def _cast_along(t: TensorLike, y: TensorLike, x: TensorLike, *, dtype: DType) -> TensorLike:
    return cast(t, dtype)


def _cast_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.uniform(-3, 3, (2, 3))
    yield Sample((x,), {"dtype": float64})
    yield Sample((x.astype(np.float32),), {"dtype": float64})
    # A gradient through float32 is rounded too coarsely for finite differences.
    yield Sample((x,), {"dtype": float32}, differentiable=False)
    yield Sample((x,), {"dtype": int32}, differentiable=False)
    yield Sample((np.rint(x),), {"dtype": bool_}, differentiable=False)
    yield Sample((np.array([True, False]),), {"dtype": float32})
    yield Sample((np.asarray(7),), {"dtype": float64})
    yield Sample((np.zeros((0, 2), np.int32),), {"dtype": float32})


CAST = define(
    Op(
        name="cast",
        kind=Kind.ELEMENTWISE,
        infer=_infer_cast,
        evaluate=_evaluate_cast,
        vjp=(_cast_back,),
        jvp=(_cast_along,),
        samples=_cast_samples,
        doc="x as `dtype`: floats to integers toward zero, numbers to bool as x != 0",
    )
)


def _infer_clip(x: TensorType, *, low: float | None, high: float | None) -> TensorType:
    if not x.dtype.is_float and (isinstance(low, float) or isinstance(high, float)):
        raise DTypeError(
            f"bounds of {x} must be whole numbers, not {low} and {high}",
            hint="cast the tensor to a float type, or round the bounds",
        )
    return infer_number(x)


def _evaluate_clip(x: np.ndarray, *, low: float | None, high: float | None) -> np.ndarray:
    # Twice as fast as np.clip on small arrays. The upper bound wins where the bounds cross.
    raised = x if low is None else np.maximum(x, low)
    return raised if high is None else np.minimum(raised, high)


def _clip_partial(
    g: TensorLike, y: TensorLike, x: TensorLike, *, low: float | None, high: float | None
) -> TensorLike:
    if high is None:
        inside = ge(x, low)  # type: ignore[arg-type]
    elif low is None:
        inside = le(x, high)
    else:
        inside = logical_and(ge(x, low), le(x, high))
    return where(inside, g, constant(0, g.dtype))


def _clip_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = np.array([[-2.2, -0.7, 0.1], [0.6, 1.3, 2.8]])
    yield Sample((x,), {"low": -1.0, "high": 1.0})
    yield Sample((x,), {"low": None, "high": 0.5})
    yield Sample((x,), {"low": 0.5, "high": None})
    yield Sample((x.astype(np.float32),), {"low": -0.1, "high": 0.1})
    yield Sample((np.asarray(2.5),), {"low": -1.0, "high": 1.0})
    yield Sample((np.arange(5, dtype=np.int32),), {"low": 1, "high": 3})
    yield Sample((np.zeros((0, 2)),), {"low": 0.0, "high": 6.0})
    yield Sample((np.array([-1.0, 1.0, np.nan]),), {"low": -1.0, "high": 1.0}, differentiable=False)


CLIP = define(
    Op(
        name="clip",
        kind=Kind.ELEMENTWISE,
        infer=_infer_clip,
        evaluate=_evaluate_clip,
        vjp=(_clip_partial,),
        jvp=(_clip_partial,),
        samples=_clip_samples,
        doc="min(max(x, low), high), a bound of None being no bound; the derivative at a bound is 1",
    )
)


# Two tensors.

ADD = _binary("add", np.add, (lambda g, y, a, b: g, lambda g, y, a, b: g), "a + b")
SUB = _binary("sub", np.subtract, (lambda g, y, a, b: g, lambda g, y, a, b: neg(g)), "a - b")
MUL = _binary(
    "mul", np.multiply, (lambda g, y, a, b: mul(g, b), lambda g, y, a, b: mul(g, a)), "a * b"
)
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


# A choice between two tensors.


def _infer_where(condition: TensorType, a: TensorType, b: TensorType) -> TensorType:
    booleans(condition)
    same_dtype(a, b)
    return TensorType(a.dtype, broadcast(condition.shape, broadcast(a.shape, b.shape)))


def _where_a(
    g: TensorLike, y: TensorLike, condition: TensorLike, a: TensorLike, b: TensorLike
) -> TensorLike:
    return where(condition, g, constant(0, g.dtype))


def _where_b(
    g: TensorLike, y: TensorLike, condition: TensorLike, a: TensorLike, b: TensorLike
) -> TensorLike:
    return where(condition, constant(0, g.dtype), g)


def _where_samples(rng: np.random.Generator) -> Iterator[Sample]:
    a, b = rng.standard_normal((2, 2, 3))
    c = rng.random((2, 3)) < 0.5
    yield Sample((c, a, b))
    yield Sample((c, a, np.asarray(0.0)))
    yield Sample((c[:1], a[:, :1], b))
    yield Sample((np.asarray(True), a, b[0]))
    yield Sample((np.asarray(False), np.asarray(1.0), np.asarray(2.0)))
    yield Sample((c, a.astype(np.float32), b.astype(np.float32)))
    yield Sample((c, np.asarray(1), np.asarray(2)))
    yield Sample((np.zeros((0, 1), bool), a[0], b[0]))


_where_rules = (None, _where_a, _where_b)
WHERE = define(
    Op(
        name="where",
        kind=Kind.ELEMENTWISE,
        infer=_infer_where,
        evaluate=np.where,
        vjp=pulling(_where_rules),
        jvp=pushing(_where_rules),
        samples=_where_samples,
        doc="a where the condition holds, else b",
    )
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


def stop_gradient(x: TensorLike) -> TensorLike:
    return current().apply1(STOP_GRADIENT, x)


def cast(x: TensorLike, dtype: DType) -> TensorLike:
    """x as another element type; x itself if it has that type already."""
    if x.dtype is dtype:
        return x
    return current().apply(CAST, (x,), {"dtype": dtype})


def clip(x: TensorLike, low: float | None, high: float | None) -> TensorLike:
    """x with what lies beyond the bounds moved to the bound; a bound of None is no bound."""
    number = float if x.dtype.is_float else int
    bounds = {
        "low": None if low is None else number(low),
        "high": None if high is None else number(high),
    }
    return current().apply(CLIP, (x,), bounds)


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


def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
    return current().apply(WHERE, (condition, a, b), EMPTY)
