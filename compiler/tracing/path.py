"""One way through a program: what it computed, in program order, and the values that it went on by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir import Node, State, Value
from ..location import Location

__all__ = ["Check", "Path"]


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """The program went on as it did because a value was so.

    Attributes:
        at: how many nodes of the path stand before the look at the value.
        value: what was looked at.
        expected: the value that it had, compared by bytes.
        location: the user's line.
    """

    at: int
    value: Value
    expected: np.ndarray
    location: Location | None


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One run of a program.

    Attributes:
        name: what the program is called.
        inputs: what it was called with.
        states: parameters, buffers, slots and random keys that it read or wrote, with their last values.
        nodes: what it computed, in the program's order: operands before users.
        checks: the values that it looked at, in the program's order.
        outputs: what it returned.
    """

    name: str
    inputs: tuple[Value, ...]
    states: tuple[State, ...]
    nodes: tuple[Node, ...]
    checks: tuple[Check, ...]
    outputs: tuple[Value, ...]
