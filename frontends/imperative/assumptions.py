"""What functions make sure of before they compute, said in a form that a trace can make sure of again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...compiler.dispatch import Array
from ...compiler.dispatch.current import current

__all__ = ["Above", "Labels", "Within", "Without", "holds"]

_UNSIGNED = {
    np.dtype(f"i{size}"): (np.dtype(f"u{size}"), 1 << (8 * size - 1)) for size in (1, 2, 4, 8)
}
"""By signed types: the unsigned one of the size, and what negative numbers begin with there."""


@dataclass(frozen=True, slots=True)
class Within:
    """No element is below ``low``, and all are below ``high``."""

    low: float
    high: float = float("inf")

    def __call__(self, data: np.ndarray) -> bool:
        if not data.size:
            return True
        unsigned = _UNSIGNED.get(data.dtype)
        if unsigned is not None and self.low == 0:
            # Negative numbers are large there: one look tells both bounds. Guards ask this of a few labels before each
            # call, where `argmax` takes a third of the time of `max`.
            kind, negative = unsigned
            found = data.view(kind)
            return bool(found.item(found.argmax()) < min(self.high, negative))
        return bool(data.min() >= self.low and data.max() < self.high)


@dataclass(frozen=True, slots=True)
class Above:
    """Every element is larger than a number."""

    number: float

    def __call__(self, data: np.ndarray) -> bool:
        return bool((data > self.number).all())


@dataclass(frozen=True, slots=True)
class Without:
    """No element is a certain number."""

    number: int

    def __call__(self, data: np.ndarray) -> bool:
        return not (data == self.number).any()


@dataclass(frozen=True, slots=True)
class Labels:
    """Every element is a class, or the one number that stands for none."""

    classes: int
    ignored: int

    def __call__(self, data: np.ndarray) -> bool:
        return bool((((data >= 0) & (data < self.classes)) | (data == self.ignored)).all())


def holds(array: Array, condition: Within | Above | Without | Labels) -> bool:
    """Whether a condition holds for a value; whoever listens learns that the program went on by it."""
    outcome = condition(np.asarray(array.data))
    current().assumed(array, condition, outcome)
    return outcome
