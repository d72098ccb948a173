"""Symbolic dimensions: integer polynomials over named symbols, in one canonical form.

A dimension is an ``int`` or an `Expr`. Expressions that are equal for all values of their symbols and that can be
reached by addition, multiplication and exact division compare equal, so shape arithmetic stays exact under
inference: reshaping ``[batch, 8, 8]`` to ``[-1, 64]`` gives ``[batch, 64]`` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Atom: TypeAlias = "str | FloorDiv"
Monomial: TypeAlias = "tuple[Atom, ...]"
Dim: TypeAlias = "int | Expr"


@dataclass(frozen=True, slots=True)
class FloorDiv:
    """``numerator // denominator`` where the division is not known to be exact."""

    numerator: Expr
    denominator: Dim

    def __str__(self) -> str:
        return f"({self.numerator})//{_factor(self.denominator)}"


@dataclass(frozen=True, slots=True)
class Expr:
    """A polynomial: sorted ``(monomial, coefficient)`` pairs, no coefficient zero."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dim) -> Dim:
        return _collect((*self.terms, *_terms(other)))

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + other * -1

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        return _collect(
            (tuple(sorted(m + n, key=str)), c * d) for m, c in self.terms for n, d in _terms(other)
        )

    __rmul__ = __mul__

    def __floordiv__(self, other: Dim) -> Dim:
        exact = divide_exactly(self, other)
        return exact if exact is not None else Expr((((FloorDiv(self, other),), 1),))

    def __rfloordiv__(self, other: int) -> Dim:
        return 0 if other == 0 else Expr((((FloorDiv(constant(other), self),), 1),))

    def __str__(self) -> str:
        parts: list[str] = []
        for monomial, coefficient in self.terms:
            factors = [str(a) for a in monomial]
            if not factors or coefficient not in (1, -1):
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+" if parts else ""
            # A division binds no tighter than a product, and looser than a leading minus.
            bare = 0 if sign == "-" and not parts else 1
            factors[bare:] = [f"({f})" if "//" in f else f for f in factors[bare:]]
            parts.append(sign + "*".join(factors))
        return "".join(parts)

    def __repr__(self) -> str:
        return f"Expr({self})"


def symbol(name: str) -> Expr:
    """A dimension known by name only."""
    return Expr((((name,), 1),))


def constant(value: int) -> Expr:
    """An integer as an expression; only needed where a numerator must be one."""
    return Expr((((), value),))


def symbols_of(dims: Iterable[Dim]) -> list[str]:
    """The names that occur, in order of first occurrence."""
    found: dict[str, None] = {}
    stack = list(dims)[::-1]
    while stack:
        dim = stack.pop()
        if isinstance(dim, int):
            continue
        for monomial, _ in dim.terms:
            for atom in monomial:
                if isinstance(atom, str):
                    found[atom] = None
                else:
                    stack += [atom.denominator, atom.numerator]
    return list(found)


def substitute(dim: Dim, binding: Mapping[str, Dim]) -> Dim:
    """The dimension with symbols replaced; an ``int`` where everything is known."""
    if isinstance(dim, int):
        return dim
    total: Dim = 0
    for monomial, coefficient in dim.terms:
        product: Dim = coefficient
        for atom in monomial:
            if isinstance(atom, str):
                product = product * binding.get(atom, symbol(atom))
            else:
                top = substitute(atom.numerator, binding)
                product = product * (top // substitute(atom.denominator, binding))
        total = total + product
    return total


def divide_exactly(numerator: Dim, denominator: Dim) -> Dim | None:
    """The quotient where it is a polynomial with no remainder, else None."""
    if isinstance(numerator, int) and isinstance(denominator, int):
        return numerator // denominator if denominator and numerator % denominator == 0 else None
    divisor = _terms(denominator)
    if len(divisor) != 1:
        return 1 if numerator == denominator else None
    (below, factor) = divisor[0]
    quotient = []
    for monomial, coefficient in _terms(numerator):
        rest = list(monomial)
        for atom in below:
            if atom not in rest:
                return None
            rest.remove(atom)
        if factor == 0 or coefficient % factor:
            return None
        quotient.append((tuple(rest), coefficient // factor))
    return _collect(quotient)


def product(dims: Iterable[Dim]) -> Dim:
    total: Dim = 1
    for dim in dims:
        total = total * dim
    return total


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    return dim.terms if isinstance(dim, Expr) else ((((), dim),) if dim else ())


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    sums: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        sums[monomial] = sums.get(monomial, 0) + coefficient
    kept = sorted(((m, c) for m, c in sums.items() if c), key=lambda t: (-len(t[0]), str(t[0])))
    if not kept:
        return 0
    if len(kept) == 1 and kept[0][0] == ():
        return kept[0][1]
    return Expr(tuple(kept))


def _factor(dim: Dim) -> str:
    text = str(dim)
    return f"({text})" if any(sign in text for sign in "+-*/") else text
