"""How far a backend's result may lie from the exact one: what each operation promises, and what that is in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .op import Op

__all__ = ["EXACT", "EXTREME", "PRODUCT", "SUM", "Accuracy", "Terms", "allowed", "ulps"]


class Terms(Enum):
    """What is rounded again and again on the way to a result."""

    NONE = "none"
    """Nothing: one rounding, or none."""
    SUM = "sum"
    """Terms, each a product of elements of the operands, are added up in any order."""
    PRODUCT = "product"
    """Factors are multiplied in any order; the operation has one operand."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The promise of an operation on floats; integers and bool are always exact.

    Attributes:
        ulps: units in the last place of the result. 0: the result is that of the NumPy reference to the last bit.
        terms: what else is rounded. A sum of n terms may be off by ``sqrt(n) eps sum |terms|``, a product of n factors
            by ``sqrt(n) eps |product|``: rounding errors add up as a random walk (N. J. Higham and T. Mary, A new
            approach to probabilistic rounding error analysis, SIAM J. Sci. Comput. 41, 2019), and ``eps`` is twice the
            most that one rounding costs.
        signed_zeros: False: a result that is zero may have either sign, as the order decides which of 0.0 and -0.0 is
            met first.
    """

    ulps: float = 0.0
    terms: Terms = Terms.NONE
    signed_zeros: bool = True

    def __str__(self) -> str:
        if self.terms is not Terms.NONE:
            return f"{self.terms.value} of n in any order"
        return f"{self.ulps:g} ulp" if self.ulps else "exact"


EXACT = Accuracy()
"""Movement, integers, comparisons, and arithmetic that IEEE 754 rounds correctly."""
EXTREME = Accuracy(signed_zeros=False)
"""Exact, but that 0.0 and -0.0 count as equal."""
SUM = Accuracy(terms=Terms.SUM)
PRODUCT = Accuracy(terms=Terms.PRODUCT)


def ulps(count: float) -> Accuracy:
    """An elementary function within so many units in the last place."""
    return Accuracy(count)


def allowed(
    op: Op, y: np.ndarray, inputs: Sequence[np.ndarray], attrs: Mapping[str, object]
) -> np.ndarray:
    """How far each element of a result may lie from the exact one.

    Args:
        y: the result, of the element type in which it is computed (that is what an ulp is measured in).
        inputs, attrs: what it was computed from.

    Returns:
        float64, of the shape of y; 0 where the operation is exact, inf where a partial result may overflow.
    """
    if y.dtype.kind != "f" or op.accuracy == EXACT:
        return np.zeros(y.shape)
    with np.errstate(all="ignore"):
        unit = np.spacing(np.abs(y)).astype(np.float64)
        if not op.accuracy.signed_zeros:
            return np.where(y == 0, float(np.finfo(y.dtype).smallest_subnormal), 0.0)
        if op.accuracy.terms is Terms.NONE:
            return np.asarray(op.accuracy.ulps * unit)
        info = np.finfo(y.dtype)
        sizes = [np.abs(x.astype(np.float64)) if x.dtype.kind == "f" else x for x in inputs]

        def of(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
            changed = [change(x) if x.dtype.kind == "f" else x for x in sizes]
            return np.asarray(op.evaluate(*changed, **attrs), np.float64)

        size = of(np.positive)
        if op.accuracy.terms is Terms.SUM:
            count, largest, least = of(np.ones_like), size, np.ones(y.shape)
        else:
            count = np.log(of(lambda x: np.full_like(x, np.exp(2.0**-10)))) * 2.0**10
            # In another order the large factors, or the small ones, may come first.
            largest, least = of(lambda x: np.maximum(x, 1)), of(lambda x: np.minimum(x, 1))
        found = np.sqrt(np.maximum(count, 1)) * (
            float(info.eps) * size + float(info.smallest_subnormal)
        )
        return np.where((largest < float(info.max)) & (least > float(info.tiny)), found, np.inf)
