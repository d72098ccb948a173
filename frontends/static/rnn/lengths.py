"""Rows that have come to their end keep their state."""

from __future__ import annotations

from ..control_flow.nest import flatten, pack
from ..convert import convert
from ..logic import where
from ..tensor import Tensor
from .cells import State


def held(goes_on: Tensor, new: State, old: State) -> State:
    """``new`` in the rows that go on (``[batch]``), ``old`` in the others; scalars among the states are all new."""
    leaves = [
        convert(a) if convert(a).shape.ndims == 0 else where(goes_on, a, b)
        for a, b in zip(flatten(new), flatten(old), strict=True)
    ]
    return pack(new, leaves)  # type: ignore[return-value]
