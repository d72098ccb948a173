"""Rules: two expressions, or a function for the nodes of some operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from ..ir import DType, Node, Shape, Value
from .patterns import Applied, traced

if TYPE_CHECKING:
    from ..ops import Op, TensorLike
    from .driver import Rewriter

Replacement: TypeAlias = "TensorLike | Sequence[TensorLike] | None"
"""What stands for a node's outputs; None where the rule does not apply."""
Rewrite: TypeAlias = "Callable[[Node, Rewriter], Replacement]"
"""A rewrite only reads the node; what it builds with the operations' functions goes into the new graph."""


class Of(Enum):
    """The element types that a rule holds for: those of the root's first operand."""

    ANY = "any"
    FLOAT = "floats"
    INTEGER = "integers"
    NUMBER = "numbers"
    BOOL = "bool"

    def has(self, dtype: DType) -> bool:
        if self is Of.ANY:
            return True
        if self is Of.FLOAT:
            return dtype.is_float
        if self is Of.INTEGER:
            return dtype.is_integer
        return dtype.is_bool if self is Of.BOOL else not dtype.is_bool


class Draw(Protocol):
    """Makes the inputs of an example: a value of that shape."""

    def __call__(self, *shape: int, dtype: str = "float64") -> Value: ...


Example: TypeAlias = "Callable[[Draw], object]"
"""Builds expressions on which a rule fires; the soundness test is made of it."""


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """One identity.

    Attributes:
        name: the identity as people write it.
        roots: the operations of the nodes that it rewrites.
        rewrite: what it does to one of them.
        of: the element types that it holds for.
        rounds: whether it may change the last digits, the sign of a zero, or where something overflows or underflows:
            such rules are only applied on request.
        sides: the two expressions of an identity written as data; None of a function.
        examples: expressions on which a function fires.
    """

    name: str
    roots: tuple[Op, ...]
    rewrite: Rewrite
    of: Of = Of.ANY
    rounds: bool = False
    sides: Callable[..., tuple[object, object]] | None = None
    examples: tuple[Example, ...] = ()

    def __repr__(self) -> str:
        return f"<rule {self.name}>"


RULES: dict[str, Rule] = {}
"""Every rule by its name, in the order in which they are tried."""


def _enter(found: Rule) -> Rule:
    if found.name in RULES:
        raise ValueError(f"rule {found.name!r} is written twice")
    RULES[found.name] = found
    return found


def rule(
    name: str,
    sides: Callable[..., tuple[object, object]],
    *,
    of: Of = Of.ANY,
    rounds: bool = False,
    constants: Sequence[str] = (),
) -> Rule:
    """An identity as data: ``rule("x * 1 -> x", lambda x: (x * 1, x))``.

    Args:
        name: the identity as people write it.
        sides: gives the expression that is looked for and the one that replaces it. Parameters stand for any values.
        of: the element types that the identity holds for.
        rounds: see `Rule`.
        constants: parameters that stand for constants only.
    """
    from .matching import compiled

    before, after = traced(sides)
    if not isinstance(before, Applied):
        raise TypeError(f"rule {name!r}: the left side is no operation")
    rewrite = compiled(before, after, frozenset(constants))
    return _enter(Rule(name, (before.op,), rewrite, of, rounds, sides))


def rewrites(
    name: str,
    *roots: Op,
    examples: Sequence[Example],
    of: Of = Of.ANY,
    rounds: bool = False,
) -> Callable[[Rewrite], Rewrite]:
    """Register a function as the rule for nodes of some operations: those that must look at attributes or regions."""

    def register(function: Rewrite) -> Rewrite:
        _enter(Rule(name, roots, function, of, rounds, None, tuple(examples)))
        return function

    return register


def uniform(value: Value) -> np.generic | None:
    """The one number that all elements of a value are, where the graph says so."""
    node = value.producer
    if node is None:
        return None
    name = node.op.name
    if name == "constant":
        data = node.attrs["value"]
        assert isinstance(data, np.ndarray)
        if data.ndim == 0:
            return data[()]  # type: ignore[return-value]
        if 0 < data.size <= SMALL:
            first = data.flat[0]
            same = data.tobytes() == np.full(data.shape, first, data.dtype).tobytes()
            return first if same else None
    elif name == "full":
        return np.full((), node.attrs["value"], value.dtype.numpy)[()]  # type: ignore[return-value]
    elif name == "broadcast_to":
        return uniform(node.inputs[0])
    return None


SMALL = 1024
"""Elements up to which constants are looked into and folded."""


def fills(shape: Shape, target: Shape) -> bool:
    """Whether a shape certainly broadcasts to another one, whatever the symbols stand for."""
    lead = len(target) - len(shape)
    return lead >= 0 and all(d in (1, t) for d, t in zip(shape, target[lead:], strict=True))
