"""What must hold of sizes for a graph to be what the program does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

from ..ir import Dim, Expr, substitute, symbol, symbols_of
from ..location import Location

__all__ = ["Condition", "always"]


def _divides(number: int, divisor: int) -> bool:
    return divisor != 0 and number % divisor == 0


RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "is a multiple of": _divides,
}


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """``left relation right`` between sizes, or the contrary where ``outcome`` is False.

    Attributes:
        relation: a key of `RELATIONS`.
        location: the user's line that it comes from.
        presumed: whether it is believed only because no run showed the contrary.
    """

    left: Dim
    relation: str
    right: Dim
    outcome: bool = True
    location: Location | None = None
    presumed: bool = False

    def holds(self, sizes: Mapping[str, int]) -> bool:
        """Whether it does, for these sizes of the symbols."""
        try:
            left, right = substitute(self.left, sizes), substitute(self.right, sizes)
        except ZeroDivisionError:
            return False
        if isinstance(left, Expr) or isinstance(right, Expr):
            return False
        return RELATIONS[self.relation](left, right) is self.outcome

    def same(self, other: Condition) -> bool:
        """Whether both say the same of the same sizes."""
        return (self.left, self.relation, self.right, self.outcome) == (
            other.left,
            other.relation,
            other.right,
            other.outcome,
        )

    def __str__(self) -> str:
        said = f"{self.left} {self.relation} {self.right}"
        return said if self.outcome else f"not {said}"


SMALLEST = 2
"""Sizes below are known one by one, by runs of the program (see `General`)."""


def always(condition: Condition) -> bool:
    """Whether it holds for all sizes from 2 on because nothing negative is in it."""
    if condition.relation not in ("<=", ">=") or not condition.outcome:
        return condition.holds({})
    low, high = condition.left, condition.right
    if condition.relation == ">=":
        low, high = high, low
    gap = high - low
    more = {name: symbol(name) + SMALLEST for name in symbols_of((gap,))}
    rest = substitute(gap, more)
    if isinstance(rest, int):
        return rest >= 0
    return all(
        factor > 0 and all(isinstance(atom, str) for atom in monomial)
        for monomial, factor in rest.terms
    )
