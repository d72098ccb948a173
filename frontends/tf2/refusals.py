"""Errors of operands.

What TensorFlow's kernels refuse is a ``tf.errors.InvalidArgumentError`` there, which is no built-in exception. Here
such an error is both: what bifront calls it, and that.
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

_KINDS = (ShapeError, DTypeError, AttributeValueError, IndexOutOfRange, DivisionByZero)
_BOTH: dict[type[BifrontError], type[BifrontError]] = {}


def as_invalid(error: E) -> E:
    """The error; one of an operand that an operation refuses is an `InvalidArgumentError` as well."""
    if not isinstance(error, _KINDS) or isinstance(error, InvalidArgumentError):
        return error
    kind: type[BifrontError] = type(error)
    if kind not in _BOTH:
        bases = (kind, InvalidArgumentError)
        _BOTH[kind] = type(kind.__name__, bases, {"__module__": kind.__module__})
    error.__class__ = _BOTH[kind]  # type: ignore[assignment]
    return error
