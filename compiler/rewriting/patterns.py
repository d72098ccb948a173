"""Patterns: what a rule's lambda builds out of unknowns with the operations' own functions.

A rule is written as the two expressions that it is about, ``lambda x: (x * 1, x)``. Calling it with unknowns, while
`Patterning` is the interpreter, gives both as trees. The idea of symbolic values that remember what was done to them
is that of torch.fx and of tinygrad's pattern matcher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..dispatch import using
from ..ir.graph import Attrs
from ..ops import add, div, floordiv, mod, mul, neg, pow, sub

if TYPE_CHECKING:
    from ..ops import Op

Expression: TypeAlias = "Pattern | float"


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """An unknown value, or an operation on patterns. Python's operators build more of them."""

    def __add__(self, other: Expression) -> Pattern:
        return _made(add(self, other))  # type: ignore[arg-type]

    def __radd__(self, other: float) -> Pattern:
        return _made(add(other, self))  # type: ignore[arg-type]

    def __sub__(self, other: Expression) -> Pattern:
        return _made(sub(self, other))  # type: ignore[arg-type]

    def __rsub__(self, other: float) -> Pattern:
        return _made(sub(other, self))  # type: ignore[arg-type]

    def __mul__(self, other: Expression) -> Pattern:
        return _made(mul(self, other))  # type: ignore[arg-type]

    def __rmul__(self, other: float) -> Pattern:
        return _made(mul(other, self))  # type: ignore[arg-type]

    def __truediv__(self, other: Expression) -> Pattern:
        return _made(div(self, other))  # type: ignore[arg-type]

    def __rtruediv__(self, other: float) -> Pattern:
        return _made(div(other, self))  # type: ignore[arg-type]

    def __floordiv__(self, other: Expression) -> Pattern:
        return _made(floordiv(self, other))  # type: ignore[arg-type]

    def __mod__(self, other: Expression) -> Pattern:
        return _made(mod(self, other))  # type: ignore[arg-type]

    def __pow__(self, other: Expression) -> Pattern:
        return _made(_Apply(pow, self, other))

    def __neg__(self) -> Pattern:
        return _made(neg(self))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False, slots=True)
class Unknown(Pattern):
    """Any value; the same value wherever the name occurs."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Number(Pattern):
    """A constant all of whose elements are this number, sign of zero included."""

    value: float


@dataclass(frozen=True, eq=False, slots=True)
class Applied(Pattern):
    """An operation without attributes on patterns."""

    op: Op
    inputs: tuple[Pattern, ...]


def _Apply(function: Callable[..., object], *operands: Expression) -> object:
    """An operation whose function has short cuts for numbers, as it stands in a graph."""
    from ..dispatch.current import current
    from ..ops import REGISTRY

    return current().apply2(REGISTRY[function.__name__], *operands)  # type: ignore[arg-type]


def _made(value: object) -> Pattern:
    assert isinstance(value, Pattern)
    return value


class Patterning:
    """The interpreter under which operations make patterns."""

    def apply1(self, op: Op, a: Expression) -> Pattern:
        return Applied(op, (pattern_of(a),))

    def apply2(self, op: Op, a: Expression, b: Expression) -> Pattern:
        return Applied(op, (pattern_of(a), pattern_of(b)))

    def apply(self, op: Op, inputs: Sequence[Expression], attrs: Attrs) -> Pattern:
        if attrs:
            raise TypeError(
                f"{op.name} has attributes: write its rule as a function (rewrites({op.name}))"
            )
        return Applied(op, tuple(map(pattern_of, inputs)))

    def constant(self, data: np.ndarray) -> Pattern:
        return Number(data.item())


def pattern_of(expression: Expression) -> Pattern:
    """A number is the pattern of constants that hold it."""
    return expression if isinstance(expression, Pattern) else Number(expression)


def traced(function: Callable[..., tuple[object, object]]) -> tuple[Pattern, Pattern]:
    """The two sides of a rule."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    with using(Patterning()):  # type: ignore[type-var]
        before, after = function(*map(Unknown, names))
    return pattern_of(before), pattern_of(after)  # type: ignore[arg-type]
