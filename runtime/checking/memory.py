"""Memory that NumPy changes between a computation and its gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary
from zlib import adler32

import numpy as np

from ...compiler.autodiff import history
from ...compiler.dispatch import Array, Damaged
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Event, Pulled
from .check import Check
from .stack import call_site

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op

LOOKS = 50
"""How many backward passes of one line are looked at."""


class Memory(Check):
    """An operand that has other numbers when its gradient is taken than when it was computed with.

    Found: an array that ``torch.from_numpy`` or ``numpy()`` shares with a tensor, written to by NumPy after an
    operation used it and before the backward pass, whose gradients are then wrong.
    Not found: writes after the backward pass, as of a buffer for batches, and operations whose gradient needs no
    numbers. In-place operations of tensors need no check: where they would spoil a gradient they are an error.
    """

    name = "changed-memory"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._sums: WeakKeyDictionary[Array, int] = WeakKeyDictionary()
        self._looked: Counter[tuple[object, ...]] = Counter()

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if result.tracked and not op.affine:
            for operand in inputs:
                if isinstance(operand, Array) and _is_given(operand):
                    self._sums.setdefault(operand, _sum(operand.data))

    def told(self, event: Event) -> None:
        if not isinstance(event, Pulled):
            return
        site = call_site()
        self._looked[site] += 1
        if self._looked[site] > LOOKS:
            return
        for array in history([root for root in event.roots if root.tracked]):
            if type(array.inputs) is not tuple or array.op is None or array.op.affine:
                continue
            for operand in array.inputs:
                known = self._sums.get(operand) if isinstance(operand, Array) else None
                if known is not None and _has_changed(operand, known):  # type: ignore[arg-type]
                    self._say(array, operand)  # type: ignore[arg-type]

    def _say(self, array: Array, operand: Array) -> None:
        assert array.op is not None
        self.report(
            f"an operand of {array.op.name}, {operand.type}, has other numbers now than when it was computed with",
            array.location,
            "give the tensor memory of its own (torch.tensor instead of from_numpy, clone()), "
            "or write to the array after backward()",
            [
                Place("the operand was made here", operand.location),
                Place("the gradient is taken here", Location.here()),
            ],
        )


def _is_given(operand: Array) -> bool:
    """Whether a value may share memory with an array of the program's."""
    return operand.op is None and operand.origin is None and not isinstance(operand.data, Damaged)


def _has_changed(operand: Array, known: int) -> bool:
    return _is_given(operand) and _sum(operand.data) != known


def _sum(data: np.ndarray) -> int:
    return adler32(np.ascontiguousarray(data).view(np.uint8).reshape(-1).data) if data.size else 0
