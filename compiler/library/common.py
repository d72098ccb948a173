"""Types of arguments, and numbers as tensors, for all of the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ..ops import TensorLike, constant

Axes: TypeAlias = "int | Sequence[int] | None"
"""Axes to work over; None means all of them."""
Number: TypeAlias = "float | TensorLike"
"""A hyperparameter: a number known when the program is written, or a scalar tensor."""


def number(value: float, like: TensorLike) -> TensorLike:
    """A constant of another tensor's type."""
    return constant(value, like.dtype)
