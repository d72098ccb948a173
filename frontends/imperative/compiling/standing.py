"""Values of another frontend: objects that stand for an `Array` as a tensor does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....compiler.dispatch import Array

__all__ = ["PURE", "SHOWING", "STANDING", "Standing", "stands"]


@dataclass(frozen=True)
class Standing:
    """What a compiled function has to know of such objects.

    Attributes:
        make: makes what is returned in the place of one.
        value: the value that leaves the function where one is returned.
        constant: whether each has one value, as ``array``, and keeps it: then it is an argument, as a tensor is.
    """

    make: Callable[[Array], Any]
    value: Callable[[Any], Array]
    constant: bool


STANDING: dict[type, Standing] = {}
SHOWING: list[Callable[..., None]] = []
"""Functions of other frontends that print values."""
PURE: set[object] = set()
"""Functions of other frontends that only compute: they may stand in what is printed."""


def stands(x: object) -> bool:
    """Whether an object of another frontend stands for one value."""
    kind = STANDING.get(x.__class__)
    return kind is not None and kind.constant
