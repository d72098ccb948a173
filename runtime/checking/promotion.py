"""Numbers that become float64 without a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ...compiler.dispatch import Array
from ...compiler.errors import Place
from ...compiler.ir.dtypes import float32, float64
from ...compiler.lints import Finding
from ...compiler.ops import CAST
from .check import Check

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op


class Promotion(Check):
    """A float32 value that an operation converts to float64, as another operand is of that type.

    Found: eager operations of the imperative style in which a float32 value with a gradient meets a float64 array,
    mostly one that comes from NumPy: from there on everything takes twice the memory and time.
    Not found: conversions that the program asks for (``double()``, ``to(torch.float64)``). In the declarative style,
    and in matrix products of both, mixed types are an error.
    """

    name = "promotion"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._converted: WeakKeyDictionary[Array, Array] = WeakKeyDictionary()

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if not result.tracked or result.dtype is not float64:
            return
        if op is CAST:
            (given,) = inputs
            if isinstance(given, Array) and given.dtype is float32 and given.ndim:
                self._converted[result] = given
            return
        for operand in inputs:
            source = self._converted.get(operand) if isinstance(operand, Array) else None
            # What the program converts itself is converted by another instruction than computes with it.
            if source is not None and _together(operand, result):  # type: ignore[arg-type]
                others = [x for x in inputs if isinstance(x, Array) and x is not operand]
                self.report(
                    f"{op.name} makes {result.type} of {source.type}: the other operand is of type f64",
                    result.location,
                    "convert the other operand to float32 where it is made (NumPy makes float64)",
                    [Place(f"{x.type}, made here", x.location) for x in others if x.location],
                )


def _together(a: Array, b: Array) -> bool:
    return a.code is b.code and a.lasti == b.lasti
