"""Memory that is read before anything was written to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.dispatch import Array, Damaged
from .border import Event, Unset
from .check import Check

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op

_PATTERNS: dict[int, np.unsignedinteger] = {
    4: np.uint32(0x7FC5A5A5),
    8: np.uint64(0x7FF85A5A5A5A5A5A),
}
"""By size of element: a nan that no computation begins with."""


class Uninitialized(Check):
    """A value that comes from ``empty`` and was never written.

    Found: floats of ``torch.empty`` and its kind, parameters included, that an operation reads in eager code. While the
    check is on, that memory holds a nan of a certain pattern, which tells what was written since from what was not.
    Not found: integers, and what only compiled code reads.
    """

    name = "uninitialized"
    _handed_out = False

    def told(self, event: Event) -> None:
        if isinstance(event, Unset) and event.data.dtype.kind == "f":
            pattern = _PATTERNS.get(event.data.dtype.itemsize)
            if pattern is not None:
                event.data[...] = pattern.view(event.data.dtype)
                self._handed_out = True

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if not self._handed_out:
            return
        for operand in inputs:
            if isinstance(operand, Array) and operand.op is None and _unwritten(operand.data):
                self.report(
                    f"{op.name} reads {operand.type} of which {_count(operand.data)} were never written",
                    operand.location,
                    "fill it first (torch.zeros, nn.init), or copy values into all of it",
                )


def _count(data: np.ndarray) -> str:
    size = int(_mask(data).sum())
    return f"{size} value{'' if size == 1 else 's'}"


def _mask(data: np.ndarray) -> np.ndarray:
    pattern = _PATTERNS[data.dtype.itemsize]
    found: np.ndarray = np.ascontiguousarray(data).view(pattern.dtype) == pattern
    return found


def _unwritten(data: np.ndarray) -> bool:
    if isinstance(data, Damaged) or data.dtype.kind != "f" or data.dtype.itemsize not in _PATTERNS:
        return False
    return bool(_mask(data).any())
