"""What an interpreter notes while a program runs, in the program's order."""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType
from typing import TypeAlias

import numpy as np

from ..dispatch import Array, Look
from ..location import Location

__all__ = ["Event", "Pulled", "Seen"]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The program looked at a value.

    Attributes:
        array: what it looked at.
        data: its numbers then.
        look: what it took of them.
        code, lasti: the user's instruction.
    """

    array: Array
    data: np.ndarray
    look: Look
    code: CodeType
    lasti: int

    @property
    def location(self) -> Location:
        return Location.of_code(self.code, self.lasti)


@dataclass(frozen=True, slots=True, eq=False)
class Pulled:
    """The program asked for cotangents.

    Attributes:
        output, seed: the value that was differentiated, and its cotangent.
        wrt: for what.
        cotangents: what was found, in the order of ``wrt``.
        code, lasti: the user's instruction.
    """

    output: Array
    seed: Array
    wrt: tuple[Array, ...]
    cotangents: tuple[Array, ...]
    code: CodeType
    lasti: int

    @property
    def location(self) -> Location:
        return Location.of_code(self.code, self.lasti)


Event: TypeAlias = "Array | Seen | Pulled"
"""An `Array` stands for the operation that made it."""
