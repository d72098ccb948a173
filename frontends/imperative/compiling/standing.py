"""Values of another frontend: objects that stand for an `Array` as a tensor does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....compiler.dispatch import Array
from ..tensor import Tensor

__all__ = ["HOLDING", "PURE", "SHOWING", "STANDING", "Standing", "stands"]


@dataclass(frozen=True)
class Standing:
    """What a compiled function has to know of objects that have their value as ``array``, and keep it.

    Attributes:
        make: makes what is returned in the place of one.
        value: the value that leaves the function where one is returned.
    """

    make: Callable[[Array], Any]
    value: Callable[[Any], Array]


STANDING: dict[type, Standing] = {}
HOLDING: dict[type, Callable[[Any], Tensor]] = {}
"""Objects that hold a tensor, by which a run knows them: they are returned as they are."""
SHOWING: list[Callable[..., None]] = []
"""Functions of other frontends that print values."""
PURE: set[object] = set()
"""Functions of other frontends that only compute: they may stand in what is printed."""


def stands(x: object) -> bool:
    """Whether an object of another frontend stands for one value."""
    return x.__class__ in STANDING
