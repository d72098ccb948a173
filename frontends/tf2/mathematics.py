"""Elementwise functions, comparisons, reductions and products."""

from __future__ import annotations

from typing import Any

from ...compiler import ops
from ..static import arithmetic, casting, linear, logic, reduction
from ..static.build import apply
from ..static.convert import convert, convert_pair
from ..static.dtypes import int64
from ..static.nn import ranking
from .evaluation import eager

__all__ = [
    "abs", "acos", "add", "add_n", "argmax", "argmin", "argsort", "asin", "atan", "atan2", "cast",
    "clip_by_global_norm", "clip_by_norm", "clip_by_value", "cos", "cosh", "cumsum", "divide", "einsum", "equal", "exp",
    "floor", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "matmul", "maximum", "minimum", "multiply", "negative", "norm", "not_equal", "pow", "reduce_all", "reduce_any",
    "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "round",
    "saturate_cast", "sigmoid", "sign", "sin", "sinh", "sort", "sqrt", "square", "subtract", "tan", "tanh",
    "tensordot", "truediv", "where",
]  # fmt: skip

# Two operands

add = eager(arithmetic.add)
subtract = eager(arithmetic.subtract)
multiply = eager(arithmetic.multiply)
divide = eager(arithmetic.divide)
truediv = eager(arithmetic.truediv)
divide_no_nan = eager(arithmetic.div_no_nan)
floordiv = eager(arithmetic.floordiv)
floormod = mod = eager(arithmetic.mod)
pow = eager(arithmetic.pow)
maximum = eager(arithmetic.maximum)
minimum = eager(arithmetic.minimum)
squared_difference = eager(arithmetic.squared_difference)
atan2 = eager(arithmetic.atan2)
add_n = eager(arithmetic.add_n)

# One operand

negative = eager(arithmetic.negative)
abs = eager(arithmetic.abs)
sign = eager(arithmetic.sign)
exp = eager(arithmetic.exp)
expm1 = eager(arithmetic.expm1)
log = eager(arithmetic.log)
log1p = eager(arithmetic.log1p)
log_sigmoid = eager(arithmetic.log_sigmoid)
sqrt = eager(arithmetic.sqrt)
rsqrt = eager(arithmetic.rsqrt)
square = eager(arithmetic.square)
reciprocal = eager(arithmetic.reciprocal)
sin = eager(arithmetic.sin)
cos = eager(arithmetic.cos)
tan = eager(arithmetic.tan)
asin = eager(arithmetic.asin)
acos = eager(arithmetic.acos)
atan = eager(arithmetic.atan)
sinh = eager(arithmetic.sinh)
cosh = eager(arithmetic.cosh)
tanh = eager(arithmetic.tanh)
sigmoid = eager(arithmetic.sigmoid)
erf = eager(arithmetic.erf)
erfc = eager(arithmetic.erfc)
floor = eager(arithmetic.floor)
ceil = eager(arithmetic.ceil)
round = eager(arithmetic.round)
rint = eager(arithmetic.rint)
is_nan = eager(arithmetic.is_nan)
is_inf = eager(arithmetic.is_inf)
is_finite = eager(arithmetic.is_finite)
clip_by_value = eager(arithmetic.clip_by_value)
cast = eager(casting.cast)
saturate_cast = eager(casting.saturate_cast)

# Comparisons and logic

equal = eager(logic.equal)
not_equal = eager(logic.not_equal)
less = eager(logic.less)
less_equal = eager(logic.less_equal)
greater = eager(logic.greater)
greater_equal = eager(logic.greater_equal)
logical_and = eager(logic.logical_and)
logical_or = eager(logic.logical_or)
logical_xor = eager(logic.logical_xor)
logical_not = eager(logic.logical_not)


@eager
def where(condition: object, x: object = None, y: object = None, name: str | None = None) -> Any:
    """``x`` where the condition holds and ``y`` elsewhere, all broadcast; with the condition alone, the indices."""
    if x is None or y is None:
        return logic.where(condition, x, y, name)
    return apply("Select", ops.where, convert(condition, "bool"), *convert_pair(x, y), name=name)


# Reductions

reduce_sum = eager(reduction.reduce_sum)
reduce_mean = eager(reduction.reduce_mean)
reduce_max = eager(reduction.reduce_max)
reduce_min = eager(reduction.reduce_min)
reduce_prod = eager(reduction.reduce_prod)
reduce_all = eager(reduction.reduce_all)
reduce_any = eager(reduction.reduce_any)
reduce_logsumexp = eager(reduction.reduce_logsumexp)
reduce_variance = eager(reduction.reduce_variance)
reduce_std = eager(reduction.reduce_std)
count_nonzero = eager(reduction.count_nonzero)
cumsum = eager(reduction.cumsum)
cumprod = eager(reduction.cumprod)


@eager
def argmax(
    input: object, axis: object = None, output_type: object = int64, name: str | None = None
) -> Any:
    """The position of the largest element along the axis (default: the first); of equal ones, the first."""
    return reduction.argmax(input, axis, name, output_type=output_type)


@eager
def argmin(
    input: object, axis: object = None, output_type: object = int64, name: str | None = None
) -> Any:
    """The position of the smallest element along the axis (default: the first); of equal ones, the first."""
    return reduction.argmin(input, axis, name, output_type=output_type)


# Order


def _descending(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            f"Argument `direction` should be one of 'ASCENDING' or 'DESCENDING'. Received: {direction}"
        )
    return direction == "DESCENDING"


@eager
def sort(
    values: object, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Any:
    """The elements along the axis in order."""
    down = _descending(direction)
    return apply("Sort", lambda x: ops.sort(x, axis, down), convert(values), name=name)


@eager
def argsort(
    values: object, axis: int = -1, direction: str = "ASCENDING", stable: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Where the elements in order stand along the axis (int32)."""
    down = _descending(direction)
    return casting.cast(
        apply("ArgSort", lambda x: ops.argsort(x, axis, down), convert(values), name=name), "int32"
    )


top_k = eager(ranking.top_k)


@eager
def in_top_k(targets: object, predictions: object, k: int, name: str | None = None) -> Any:
    """Whether fewer than ``k`` classes score higher than the target: ``[batch]``, ``[batch, classes]`` to bool."""
    return ranking.in_top_k(predictions, targets, k, name)


# Products and norms

matmul = eager(linear.matmul)
tensordot = eager(linear.tensordot)
einsum = eager(linear.einsum)
norm = eager(linear.norm)
trace = eager(linear.trace)
matrix_transpose = eager(linear.matrix_transpose)
global_norm = eager(linear.global_norm)
clip_by_norm = eager(linear.clip_by_norm)
clip_by_global_norm = eager(linear.clip_by_global_norm)
