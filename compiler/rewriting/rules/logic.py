"""Comparisons and truth values. A comparison with NaN is false, so ``not (a < b)`` is not ``a >= b`` for floats."""

from __future__ import annotations

from ...ops import (
    eq,
    ge,
    gt,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from ..rule import Of, rule

rule("not not a -> a", lambda a: (logical_not(logical_not(a)), a))
rule("a and a -> a", lambda a: (logical_and(a, a), a))
rule("a or a -> a", lambda a: (logical_or(a, a), a))
rule("a xor a -> false", lambda a: (logical_xor(a, a), False))
rule("a and true -> a", lambda a: (logical_and(a, True), a))  # type: ignore[arg-type]
rule("a and false -> false", lambda a: (logical_and(a, False), False))  # type: ignore[arg-type]
rule("a or false -> a", lambda a: (logical_or(a, False), a))  # type: ignore[arg-type]
rule("a or true -> true", lambda a: (logical_or(a, True), True))  # type: ignore[arg-type]
rule("a xor false -> a", lambda a: (logical_xor(a, False), a))  # type: ignore[arg-type]
rule("a xor true -> not a", lambda a: (logical_xor(a, True), logical_not(a)))  # type: ignore[arg-type]
rule("a and not a -> false", lambda a: (logical_and(a, logical_not(a)), False))
rule("a or not a -> true", lambda a: (logical_or(a, logical_not(a)), True))
rule("a and (a or b) -> a", lambda a, b: (logical_and(a, logical_or(a, b)), a))
rule("a or (a and b) -> a", lambda a, b: (logical_or(a, logical_and(a, b)), a))
rule(
    "not a and not b -> not (a or b)",
    lambda a, b: (logical_and(logical_not(a), logical_not(b)), logical_not(logical_or(a, b))),
)
rule(
    "not a or not b -> not (a and b)",
    lambda a, b: (logical_or(logical_not(a), logical_not(b)), logical_not(logical_and(a, b))),
)
rule("not (x == y) -> x != y", lambda x, y: (logical_not(eq(x, y)), ne(x, y)))
rule("not (x != y) -> x == y", lambda x, y: (logical_not(ne(x, y)), eq(x, y)))
rule("a == true -> a", lambda a: (eq(a, True), a), of=Of.BOOL)
rule("a != false -> a", lambda a: (ne(a, False), a), of=Of.BOOL)
rule("a == false -> not a", lambda a: (eq(a, False), logical_not(a)), of=Of.BOOL)
rule("a != true -> not a", lambda a: (ne(a, True), logical_not(a)), of=Of.BOOL)
rule("x == x -> true", lambda x: (eq(x, x), True), of=Of.INTEGER)
rule("x != x -> false", lambda x: (ne(x, x), False), of=Of.INTEGER)
rule("x <= x -> true", lambda x: (le(x, x), True), of=Of.INTEGER)
rule("x >= x -> true", lambda x: (ge(x, x), True), of=Of.INTEGER)
rule("x != x -> isnan(x)", lambda x: (ne(x, x), isnan(x)), of=Of.FLOAT)
rule("x < x -> false", lambda x: (lt(x, x), False), of=Of.NUMBER)
rule("x > x -> false", lambda x: (gt(x, x), False), of=Of.NUMBER)
rule("-x < -y -> x > y", lambda x, y: (lt(-x, -y), gt(x, y)), of=Of.FLOAT)
rule("-x > -y -> x < y", lambda x, y: (gt(-x, -y), lt(x, y)), of=Of.FLOAT)
