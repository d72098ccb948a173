"""Errors under TensorFlow's names.

What TensorFlow's kernels refuse is a ``tf.errors.InvalidArgumentError`` there, which is no built-in exception. Here such
an error is both: what bifront calls it, and that.
"""

from __future__ import annotations

from typing import TypeVar

from ...compiler.errors import (
    AttributeValueError,
    BifrontError,
    DivisionByZero,
    DTypeError,
    IndexOutOfRange,
    ShapeError,
)
from ..static.errors import InvalidArgumentError

__all__ = ["as_invalid"]

E = TypeVar("E", bound=BifrontError)

_KINDS: tuple[type[BifrontError], ...] = (
    ShapeError, DTypeError, AttributeValueError, IndexOutOfRange, DivisionByZero,
)  # fmt: skip
_BOTH: dict[type[BifrontError], type[BifrontError]] = {
    kind: type(kind.__name__, (kind, InvalidArgumentError), {"__module__": kind.__module__})
    for kind in _KINDS
}


def as_invalid(error: E) -> E:
    """The error; one of an operand that an operation refuses is an `InvalidArgumentError` as well."""
    both = _BOTH.get(type(error))
    if both is not None:
        error.__class__ = both
    return error
