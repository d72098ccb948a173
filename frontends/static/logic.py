"""Comparisons, logic, and choosing by a condition."""

from __future__ import annotations

from collections.abc import Callable

from ...compiler import ops
from ...compiler.errors import AttributeValueError
from ...compiler.ops import TensorLike
from .build import apply, scoped
from .convert import convert, convert_pair
from .dtypes import bool as bool_
from .tensor import Tensor

__all__ = [
    "equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "logical_xor", "not_equal", "where",
]  # fmt: skip


def _compare(
    type: str,
    function: Callable[[TensorLike, TensorLike], TensorLike],
    x: object,
    y: object,
    name: str | None,
) -> Tensor:
    return apply(type, function, *convert_pair(x, y), name=name)


@scoped("Equal")
def equal(x: object, y: object, name: str | None = None) -> Tensor:
    """``x == y``, elementwise."""
    return _compare("Equal", ops.eq, x, y, name)


@scoped("NotEqual")
def not_equal(x: object, y: object, name: str | None = None) -> Tensor:
    """``x != y``, elementwise."""
    return _compare("NotEqual", ops.ne, x, y, name)


@scoped("Less")
def less(x: object, y: object, name: str | None = None) -> Tensor:
    """``x < y``, elementwise."""
    return _compare("Less", ops.lt, x, y, name)


@scoped("LessEqual")
def less_equal(x: object, y: object, name: str | None = None) -> Tensor:
    """``x <= y``, elementwise."""
    return _compare("LessEqual", ops.le, x, y, name)


@scoped("Greater")
def greater(x: object, y: object, name: str | None = None) -> Tensor:
    """``x > y``, elementwise."""
    return _compare("Greater", ops.gt, x, y, name)


@scoped("GreaterEqual")
def greater_equal(x: object, y: object, name: str | None = None) -> Tensor:
    """``x >= y``, elementwise."""
    return _compare("GreaterEqual", ops.ge, x, y, name)


def _logical(
    type: str, function: Callable[..., TensorLike], name: str | None, *operands: object
) -> Tensor:
    return apply(type, function, *(convert(x, bool_) for x in operands), name=name)


@scoped("LogicalAnd")
def logical_and(x: object, y: object, name: str | None = None) -> Tensor:
    """``x and y``, elementwise."""
    return _logical("LogicalAnd", ops.logical_and, name, x, y)


@scoped("LogicalOr")
def logical_or(x: object, y: object, name: str | None = None) -> Tensor:
    """``x or y``, elementwise."""
    return _logical("LogicalOr", ops.logical_or, name, x, y)


@scoped("LogicalXor")
def logical_xor(x: object, y: object, name: str = "LogicalXor") -> Tensor:
    """Either ``x`` or ``y``, elementwise."""
    return _logical("LogicalXor", ops.logical_xor, name, x, y)


@scoped("LogicalNot")
def logical_not(x: object, name: str | None = None) -> Tensor:
    """``not x``, elementwise."""
    return _logical("LogicalNot", ops.logical_not, name, x)


def where(condition: object, x: object = None, y: object = None, name: str | None = None) -> Tensor:
    """``x`` where the condition holds and ``y`` elsewhere; with the condition alone, the indices where it holds.

    Args:
        condition: of the shape of ``x`` and ``y``; a vector chooses whole rows.

    Returns:
        A tensor like ``x``; or int64 ``[number of true elements, rank]``.
    """
    if x is None and y is None:
        return _places(condition, name=name)
    if x is None or y is None:
        raise AttributeValueError("x and y must both be non-None or both be None.")
    return _select(condition, x, y, name=name)


@scoped("Where")
def _places(condition: object, name: str | None = None) -> Tensor:
    return apply("Where", ops.nonzero, convert(condition, bool_), name=name)


@scoped("Select")
def _select(condition: object, x: object, y: object, name: str | None = None) -> Tensor:
    def recipe(c: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        if c.ndim == 1 and a.ndim > 1:
            c = ops.reshape(c, (*c.shape, *[1] * (a.ndim - 1)))
        return ops.where(c, a, b)

    return apply("Select", recipe, convert(condition, bool_), *convert_pair(x, y), name=name)


# What Python's operators make, with the names that they give

OPERATORS: dict[str, Callable[..., Tensor]] = {
    "less": less,
    "less_equal": less_equal,
    "greater": greater,
    "greater_equal": greater_equal,
    "and": lambda x, y: logical_and(x, y, name="and"),
    "or": lambda x, y: logical_or(x, y, name="or"),
    "xor": lambda x, y: logical_xor(x, y, name="xor"),
    "logical_not": logical_not,
}
