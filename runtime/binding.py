"""Symbolic dimensions at run time: which parameter tells each symbol's size, and whether the others agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..compiler.errors import Place, ShapeError
from ..compiler.ir import Dim, Expr, Value, substitute, symbols_of
from .arguments import Arguments


@dataclass(frozen=True, slots=True)
class Solve:
    """``symbol = (values[value].shape[axis] - rest) / factor``, where the division must be exact."""

    symbol: str
    value: Value
    axis: int
    factor: int
    rest: Dim


@dataclass(frozen=True, slots=True)
class Agree:
    """``values[value].shape[axis]`` must be ``dim``, whose symbols were solved from other axes."""

    dim: Expr
    value: Value
    axis: int


@dataclass(frozen=True, slots=True)
class Binding:
    """How the symbols of some values follow from their shapes.

    Attributes:
        solves: in the order in which they can be computed.
        agrees: what must hold once all symbols are known.

    A symbol that only occurs in a product of two unknowns has no place here: nothing tells its size.
    """

    solves: tuple[Solve, ...]
    agrees: tuple[Agree, ...]

    def sizes(self, arguments: Arguments, arrays: Sequence[np.ndarray]) -> dict[str, int]:
        """The sizes of the symbols.

        Raises:
            ShapeError: two parameters disagree on a symbol, or a size is not a multiple of what it must be.
        """
        shapes = {v: a.shape for v, a in zip(arguments.parameters, arrays, strict=True)}
        sizes: dict[str, int] = {}
        for solve in self.solves:
            rest = substitute(solve.rest, sizes)
            assert isinstance(rest, int)
            size, odd = divmod(shapes[solve.value][solve.axis] - rest, solve.factor)
            if odd or size < 0:
                raise self._indivisible(arguments, solve, shapes[solve.value][solve.axis])
            sizes[solve.symbol] = size
        for agree in self.agrees:
            want, have = substitute(agree.dim, sizes), shapes[agree.value][agree.axis]
            if want != have:
                raise self._clash(arguments, agree, have, want, sizes)
        return sizes

    def _indivisible(self, arguments: Arguments, solve: Solve, have: int) -> ShapeError:
        name, dim = arguments.name(solve.value), solve.value.shape[solve.axis]
        return ShapeError(
            f"axis {solve.axis} of {name} has size {have}, which is not {dim} for any whole "
            f"{solve.symbol}",
            places=(Place(f"{name} is {solve.value.type}, made here", solve.value.location),),
            hint=f"give {name} a size of the form {dim}",
        )

    def _clash(
        self,
        arguments: Arguments,
        agree: Agree,
        have: int,
        want: Dim,
        sizes: dict[str, int],
    ) -> ShapeError:
        name = arguments.name(agree.value)
        sources = [s for s in self.solves if s.symbol in symbols_of((agree.dim,))]
        others = {arguments.name(s.value): s.value for s in sources}
        known = " and ".join(
            f"{s.symbol} is {sizes[s.symbol]} in {arguments.name(s.value)}" for s in sources
        )
        named = dict.fromkeys((*others, name))
        disagree = "disagree" if len(named) > 1 else "disagrees with itself"
        return ShapeError(
            f"{' and '.join(named)} {disagree} on {agree.dim}: {known}, "
            f"but axis {agree.axis} of {name} has size {have}"
            + ("" if str(agree.dim) in sizes else f" where {agree.dim} = {want} is needed"),
            places=(
                Place(f"{name} is {agree.value.type}, made here", agree.value.location),
                *(
                    Place(f"{other} is {value.type}, made here", value.location)
                    for other, value in others.items()
                    if value is not agree.value
                ),
            ),
            hint="give both the same size there",
        )


def solve(values: Iterable[Value], known: Iterable[str] = ()) -> Binding:
    """How symbols follow from the shapes of values.

    Args:
        values: parameters, or the outputs of a node.
        known: symbols whose sizes are known already.
    """
    bound = set(known)
    solves: list[Solve] = []
    pending = [
        (dim, value, axis)
        for value in values
        for axis, dim in enumerate(value.shape)
        if isinstance(dim, Expr)
    ]
    agrees: list[Agree] = []
    stuck = False
    while pending and not stuck:
        rest: list[tuple[Expr, Value, int]] = []
        for dim, value, axis in pending:
            unknown = [s for s in symbols_of((dim,)) if s not in bound]
            if not unknown:
                agrees.append(Agree(dim, value, axis))
                continue
            found = _linear(dim, unknown[0]) if len(unknown) == 1 else None
            if found is None:
                rest.append((dim, value, axis))
                continue
            solves.append(Solve(unknown[0], value, axis, *found))
            bound.add(unknown[0])
        stuck = len(rest) == len(pending)
        pending = rest
    return Binding(tuple(solves), tuple(agrees))


def _linear(dim: Expr, name: str) -> tuple[int, Dim] | None:
    """``(factor, rest)`` where the dimension is ``factor * name + rest`` and rest is free of the symbol."""
    factor = 0
    rest: Dim = 0
    for monomial, coefficient in dim.terms:
        term = Expr(((monomial, coefficient),)) if monomial else coefficient
        if monomial == (name,):
            factor = coefficient
        elif name in symbols_of((term,)):
            return None
        else:
            rest = rest + term
    return (factor, rest) if factor > 0 else None
