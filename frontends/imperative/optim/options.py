"""Options of optimizers: checks, and forms that the rules take."""

from __future__ import annotations

from typing import Any

from ....compiler.dispatch import Array
from ..tensor import Tensor

__all__ = ["check", "number"]


def check(lr: Any = 0.0, betas: tuple[Any, ...] = (), **options: Any) -> None:
    """Raises: ValueError: a learning rate, a beta or one of ``options`` is negative (a beta: or 1 and more)."""
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {name} value: {value}")


def number(x: Any) -> float | Array:
    """A hyperparameter as a rule takes it: a Python number, or the value of a tensor."""
    return x.array if isinstance(x, Tensor) else x
