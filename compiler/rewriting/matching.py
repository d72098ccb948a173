"""Identities as functions: match the left side at a node, build the right side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..ir import Node, Value
from .patterns import Applied, Number, Pattern, Unknown
from .rule import Replacement, Rewrite, fills, uniform

if TYPE_CHECKING:
    from .driver import Rewriter

Bound: TypeAlias = "dict[str, Value]"
Matcher: TypeAlias = "Callable[[Value, Bound], bool]"


def compiled(before: Pattern, after: Pattern, constants: Collection[str]) -> Rewrite:
    """The rewrite from one pattern to the other; operands of commutative operations match in either order."""
    assert isinstance(before, Applied)
    orders = [_operands(order, constants) for order in _orders(before)]

    def rewrite(node: Node, rewriter: Rewriter) -> Replacement:
        # Most tries fail at the first operand.
        inputs = node.inputs
        for matchers in orders:
            bound: Bound = {}
            for matcher, value in zip(matchers, inputs, strict=True):
                if not matcher(value, bound):
                    break
            else:
                if _sure(node):
                    return _built(after, bound, rewriter, node)
        return None

    return rewrite


def _sure(node: Node) -> bool:
    """Whether the operands certainly fit: dropping one drops no check of sizes that only a run can make."""
    shape = node.outputs[0].shape
    return all(v.shape == shape or fills(v.shape, shape) for v in node.inputs)


def _orders(pattern: Applied) -> Iterator[Applied]:
    """The pattern with the operands of commutative operations in every order."""
    choices = [list(_orders(p)) if isinstance(p, Applied) else [p] for p in pattern.inputs]
    for inputs in product(*choices):
        yield Applied(pattern.op, inputs)
        if pattern.op.commutative and not _alike(*inputs):
            yield Applied(pattern.op, inputs[::-1])


def _alike(a: Pattern, b: Pattern) -> bool:
    return a is b


def _operands(pattern: Applied, constants: Collection[str]) -> list[Matcher]:
    return [_matcher(p, constants) for p in pattern.inputs]


def _matcher(pattern: Pattern, constants: Collection[str]) -> Matcher:
    if isinstance(pattern, Applied):
        return _applied(pattern, constants)
    if isinstance(pattern, Number):
        return _number(pattern.value)
    assert isinstance(pattern, Unknown)
    name = pattern.name
    if name in constants:
        return lambda value, bound: uniform(value) is not None and _bind(name, value, bound)
    return lambda value, bound: _bind(name, value, bound)


def _bind(name: str, value: Value, bound: Bound) -> bool:
    return bound.setdefault(name, value) is value


def _applied(pattern: Applied, constants: Collection[str]) -> Matcher:
    op, operands = pattern.op, _operands(pattern, constants)

    def match(value: Value, bound: Bound) -> bool:
        node = value.producer
        if node is None or node.op is not op:
            return False
        for matcher, operand in zip(operands, node.inputs, strict=True):
            if not matcher(operand, bound):
                return False
        return _sure(node)

    return match


def _number(wanted: float) -> Matcher:
    negative = bool(np.signbit(wanted))

    def match(value: Value, bound: Bound) -> bool:
        if value.producer is None:
            return False
        found = uniform(value)
        if found is None or found != wanted:
            return False
        if isinstance(wanted, bool) != isinstance(found, np.bool_):
            return False
        return not value.dtype.is_float or bool(np.signbit(found)) == negative

    return match


def _built(pattern: Pattern, bound: Bound, rewriter: Rewriter, root: Node) -> Value:
    if isinstance(pattern, Unknown):
        return bound[pattern.name]
    if isinstance(pattern, Number):
        return rewriter.number(pattern.value, root.outputs[0].type)
    assert isinstance(pattern, Applied)
    if any(isinstance(p, Number) for p in pattern.inputs):
        # A number takes the type of the operand beside it.
        first, second = pattern.inputs
        if isinstance(first, Number):
            b = _built(second, bound, rewriter, root)
            return rewriter.apply2(pattern.op, first.value, b)
        assert isinstance(second, Number)
        return rewriter.apply2(pattern.op, _built(first, bound, rewriter, root), second.value)
    made = [_built(p, bound, rewriter, root) for p in pattern.inputs]
    return rewriter.apply(pattern.op, made, {})
