"""The dimension that a number stands for, found from the numbers that several runs had in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import gcd

from ..ir import Dim, Expr, Shape, product, substitute
from ..ir.dims import divide_exactly
from .conditions import Condition

__all__ = ["Evidence", "Fit", "Near"]

Numbers = tuple[int, ...]
"""What stood in one place in each of the runs."""

CLOSE = 1
"""How much more a candidate may cost than the best one to count as a second reading of the numbers."""


@dataclass(frozen=True, slots=True)
class Near:
    """A shape and how far it stands from the number that is looked for (0: an operand's)."""

    shape: Shape
    distance: int


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A dimension that has the numbers at the sizes of the runs.

    Attributes:
        sure: whether no number in it had to be made up.
        rivals: other dimensions near by that have the numbers too.
        condition: what makes an exact division of it exact.

    What is not sure or has rivals wants a run at one more size.
    """

    dim: Dim
    sure: bool = True
    rivals: tuple[Dim, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    cost: int
    dim: Dim
    sure: bool
    condition: Condition | None = None


class Evidence:
    """The sizes that the symbols had in each run.

    Args:
        sizes: for each run, a size for each symbol.
        hints: dimensions that the program itself computed; they are believed first.
    """

    def __init__(self, sizes: Sequence[Mapping[str, int]], hints: Sequence[Dim] = ()) -> None:
        self.sizes = [dict(s) for s in sizes]
        self.hints = list(hints)
        self._known: dict[Dim, Numbers | None] = {}
        first: dict[Numbers, str] = {}
        for name in self.sizes[0]:
            first.setdefault(tuple([s[name] for s in self.sizes]), name)
        self.twins: dict[str, Dim] = {
            name: Expr((((first[tuple([s[name] for s in self.sizes])],), 1),))
            for name in self.sizes[0]
        }
        """For each symbol the first one that always had the same size."""

    def numbers(self, dim: Dim) -> Numbers | None:
        """What a dimension was in each run; None where it has symbols that are not known."""
        if isinstance(dim, int):
            return (dim,) * len(self.sizes)
        if dim not in self._known:
            found = [substitute(dim, s) for s in self.sizes]
            whole = tuple([f for f in found if isinstance(f, int)])
            self._known[dim] = whole if len(whole) == len(found) else None
        return self._known[dim]

    def fit(self, numbers: Numbers, near: Iterable[Near], small: Iterable[int] = ()) -> Fit | None:
        """The simplest dimension near by that has these numbers.

        Args:
            near: shapes, the nearest first.
            small: numbers that may stand in it beside 1 and 2 (attributes of the operation, say).
        """
        found = sorted(self._candidates(numbers, near, {1, 2, *small}), key=lambda c: c.cost)
        if not found:
            return None
        best = found[0]
        meant = substitute(best.dim, self.twins)
        rivals = [
            c.dim
            for c in found[1:]
            if c.sure and c.cost <= best.cost + CLOSE and substitute(c.dim, self.twins) != meant
        ]
        return Fit(best.dim, best.sure, tuple(dict.fromkeys(rivals)), best.condition)

    def choices(
        self, numbers: Numbers, near: Iterable[Near], small: Iterable[int] = ()
    ) -> list[Dim]:
        """All dimensions near by that have these numbers, the simplest first."""
        found = sorted(self._candidates(numbers, near, {1, 2, *small}), key=lambda c: c.cost)
        return list(dict.fromkeys(c.dim for c in found))

    def _candidates(
        self, numbers: Numbers, near: Iterable[Near], small: set[int]
    ) -> Iterator[_Candidate]:
        if len(set(numbers)) == 1:
            yield _Candidate(0, numbers[0], True)
            return
        for dim in self.hints:
            if self.numbers(dim) == numbers:
                yield _Candidate(-1, dim, True)
        seen: dict[Dim, int] = {}
        for place in near:
            for dim, cost in _sizes(place.shape):
                if isinstance(dim, Expr) and dim not in seen:
                    seen[dim] = cost + place.distance
        for dim, cost in seen.items():
            have = self.numbers(dim)
            if have is not None and len(set(have)) > 1:
                yield from _derived(dim, cost, have, numbers, small)
        single = [d for d in seen if len(d.terms) == 1][:12]  # type: ignore[union-attr]
        for one, other in combinations(single, 2):
            a, b = self.numbers(one), self.numbers(other)
            if a and b and tuple(map(sum, zip(a, b, strict=True))) == numbers:
                yield _Candidate(3 + max(seen[one], seen[other]), one + other, True)


def _sizes(shape: Shape) -> Iterator[tuple[Dim, int]]:
    """Dimensions of a shape and products of several of them, with what each costs."""
    for dim in shape:
        yield dim, 0
    rank = len(shape)
    for count in range(min(rank, 5), 1, -1):
        for axes in combinations(range(rank), count):
            yield product([shape[a] for a in axes]), 1 if count == rank else 2


def _derived(
    dim: Dim, cost: int, have: Numbers, want: Numbers, small: set[int]
) -> Iterator[_Candidate]:
    """``dim``, and ``factor * dim / divisor + rest``, where it has the numbers that are wanted."""
    if have == want:
        yield _Candidate(cost, dim, True)
        return
    line = _line(have, want)
    if line is None:
        return
    factor, divisor, rest = line
    if divisor == 1 and factor == 1:
        sure = abs(rest) in small
        yield _Candidate(cost + (1 if abs(rest) == 1 else 2 if sure else 5), dim + rest, sure)
    elif divisor == 1 and rest == 0:
        sure = factor in small
        yield _Candidate(cost + (2 if sure else 4), dim * factor, sure)
    elif factor == 1 and rest == 0:
        sure = divisor in small
        yield _quotient(cost + (2 if sure else 5), dim, divisor, sure)
    elif divisor == 1:
        yield _Candidate(cost + 6, dim * factor + rest, False)
    else:
        yield _quotient(cost + 7, dim * factor + rest, divisor, False)


def _quotient(cost: int, above: Dim, divisor: int, sure: bool) -> _Candidate:
    exact = divide_exactly(above, divisor)
    if exact is not None:
        return _Candidate(cost, exact, sure)
    condition = Condition(above, "is a multiple of", divisor)
    return _Candidate(cost, above // divisor, sure, condition)


def _line(have: Numbers, want: Numbers) -> tuple[int, int, int] | None:
    """``(factor, divisor, rest)`` such that ``want = (factor * have + rest) / divisor``, if there are."""
    low, high = have.index(min(have)), have.index(max(have))
    run, rise = have[high] - have[low], want[high] - want[low]
    if rise == 0:
        return None
    common = gcd(run, rise)
    factor, divisor = rise // common, run // common
    rest = want[low] * divisor - factor * have[low]
    fits = all(factor * h + rest == w * divisor for h, w in zip(have, want, strict=True))
    return (factor, divisor, rest) if fits else None
