"""Sums, differences, products and quotients.

IEEE arithmetic decides what holds for floats: ``x + 0`` is not ``x`` where x is -0.0, ``x * 0`` is not 0 where x is NaN
or infinite, ``-(a - b)`` is not ``b - a`` where the two are equal. A NaN may lose its sign, which no comparison sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ir import Node
from ...ops import DIV, absolute, div, mul, neg, sign
from ..rule import Of, Replacement, rewrites, rule, uniform

if TYPE_CHECKING:
    from ..driver import Rewriter

# Neutral elements.
rule("x + -0.0 -> x", lambda x: (x + -0.0, x), of=Of.FLOAT)
rule("x + 0 -> x", lambda x: (x + 0, x), of=Of.INTEGER)
rule("x + 0.0 -> x", lambda x: (x + 0.0, x), of=Of.FLOAT, rounds=True)
rule("x - 0 -> x", lambda x: (x - 0, x), of=Of.NUMBER)
rule("x - -0.0 -> x", lambda x: (x - -0.0, x), of=Of.FLOAT, rounds=True)
rule("0 - x -> -x", lambda x: (0 - x, -x), of=Of.INTEGER)
rule("-0.0 - x -> -x", lambda x: (-0.0 - x, -x), of=Of.FLOAT)
rule("x * 1 -> x", lambda x: (x * 1, x), of=Of.NUMBER)
rule("x / 1 -> x", lambda x: (x / 1, x), of=Of.FLOAT)
rule("x // 1 -> x", lambda x: (x // 1, x), of=Of.INTEGER)

# Absorbing elements: exact for integers only.
rule("x * 0 -> 0", lambda x: (x * 0, 0), of=Of.INTEGER)
rule("x % 1 -> 0", lambda x: (x % 1, 0), of=Of.INTEGER)
rule("x - x -> 0", lambda x: (x - x, 0), of=Of.INTEGER)

# Signs.
rule("-(-x) -> x", lambda x: (neg(neg(x)), x), of=Of.NUMBER)
rule("x * -1 -> -x", lambda x: (x * -1, -x), of=Of.NUMBER)
rule("x / -1 -> -x", lambda x: (x / -1, -x), of=Of.FLOAT)
rule("x + (-y) -> x - y", lambda x, y: (x + (-y), x - y), of=Of.NUMBER)
rule("x - (-y) -> x + y", lambda x, y: (x - (-y), x + y), of=Of.NUMBER)
rule("(-x) * (-y) -> x * y", lambda x, y: ((-x) * (-y), x * y), of=Of.NUMBER)
rule("(-x) / (-y) -> x / y", lambda x, y: ((-x) / (-y), x / y), of=Of.FLOAT)
rule("(-x) * c -> x * -c", lambda x, c: ((-x) * c, x * (-c)), of=Of.NUMBER, constants="c")
rule("(-x) / c -> x / -c", lambda x, c: ((-x) / c, x / (-c)), of=Of.FLOAT, constants="c")
rule("-(x * c) -> x * -c", lambda x, c: (-(x * c), x * (-c)), of=Of.NUMBER, constants="c")
rule("-(x / c) -> x / -c", lambda x, c: (-(x / c), x / (-c)), of=Of.FLOAT, constants="c")
rule("(-x) * y -> -(x * y)", lambda x, y: ((-x) * y, -(x * y)), of=Of.NUMBER)
rule("(-x) / y -> -(x / y)", lambda x, y: ((-x) / y, -(x / y)), of=Of.FLOAT)
rule("x / (-y) -> -(x / y)", lambda x, y: (x / (-y), -(x / y)), of=Of.FLOAT)
rule("-(x - y) -> y - x", lambda x, y: (-(x - y), y - x), of=Of.INTEGER)
rule("-(x - y) -> y - x (floats)", lambda x, y: (-(x - y), y - x), of=Of.FLOAT, rounds=True)

# Constants come together: integers wrap around, so their sums and products may be taken in any order.
rule(
    "(x + c) + d -> x + (c + d)",
    lambda x, c, d: ((x + c) + d, x + (c + d)),
    of=Of.INTEGER,
    constants="cd",
)
rule(
    "(x - c) + d -> x + (d - c)",
    lambda x, c, d: ((x - c) + d, x + (d - c)),
    of=Of.INTEGER,
    constants="cd",
)
rule(
    "(x + c) - d -> x + (c - d)",
    lambda x, c, d: ((x + c) - d, x + (c - d)),
    of=Of.INTEGER,
    constants="cd",
)
rule(
    "(x * c) * d -> x * (c * d)",
    lambda x, c, d: ((x * c) * d, x * (c * d)),
    of=Of.INTEGER,
    constants="cd",
)
rule(
    "(x + c) + d -> x + (c + d) (floats)", lambda x, c, d: ((x + c) + d, x + (c + d)),
    of=Of.FLOAT, rounds=True, constants="cd",
)  # fmt: skip
rule(
    "(x * c) * d -> x * (c * d) (floats)", lambda x, c, d: ((x * c) * d, x * (c * d)),
    of=Of.FLOAT, rounds=True, constants="cd",
)  # fmt: skip
rule(
    "(x / c) / d -> x / (c * d)", lambda x, c, d: ((x / c) / d, x / (c * d)),
    of=Of.FLOAT, rounds=True, constants="cd",
)  # fmt: skip
rule("(x + y) - y -> x", lambda x, y: ((x + y) - y, x), of=Of.INTEGER)
rule("(x - y) + y -> x", lambda x, y: ((x - y) + y, x), of=Of.INTEGER)
rule("x * y + x * z -> x * (y + z)", lambda x, y, z: (x * y + x * z, x * (y + z)), of=Of.INTEGER)

# Fractions.
rule("x * (1 / y) -> x / y", lambda x, y: (x * (1 / y), x / y), of=Of.FLOAT, rounds=True)
rule(
    "(x / y) / z -> x / (y * z)",
    lambda x, y, z: ((x / y) / z, x / (y * z)),
    of=Of.FLOAT,
    rounds=True,
)
rule(
    "x / (y / z) -> (x * z) / y",
    lambda x, y, z: (x / (y / z), (x * z) / y),
    of=Of.FLOAT,
    rounds=True,
)
rule("1 / (1 / x) -> x", lambda x: (1 / (1 / x), x), of=Of.FLOAT, rounds=True)


# Absolute values and signs.
rule("|-x| -> |x|", lambda x: (absolute(-x), absolute(x)), of=Of.FLOAT)
rule("||x|| -> |x|", lambda x: (absolute(absolute(x)), absolute(x)), of=Of.NUMBER)
rule("|x| * |x| -> x * x", lambda x: (mul(absolute(x), absolute(x)), x * x), of=Of.NUMBER)
rule("|x * x| -> x * x", lambda x: (absolute(x * x), x * x), of=Of.FLOAT)
rule("sign(sign(x)) -> sign(x)", lambda x: (sign(sign(x)), sign(x)), of=Of.NUMBER)


@rewrites(
    "x / c -> x * (1 / c), c a power of two", DIV, of=Of.FLOAT,
    examples=(lambda d: div(d(3, 4), 8.0), lambda d: div(d(3, 4, dtype="float32"), -0.5)),
)  # fmt: skip
def _by_power_of_two(node: Node, rewriter: Rewriter) -> Replacement:
    """A product takes a fraction of a quotient's time; both are the one correctly rounded number."""
    x, by = node.inputs
    found = uniform(by)
    if found is None or not np.isfinite(found) or abs(np.frexp(found)[0]) != 0.5:
        return None
    with np.errstate(all="ignore"):
        factor = (found.dtype.type(1) / found).astype(found.dtype)  # type: ignore[operator]
    # A reciprocal that is not a normal number might be flushed to zero.
    if not np.isfinite(factor) or abs(factor) < np.finfo(found.dtype).tiny or found in (1, -1):  # type: ignore[type-var]
        return None
    return mul(x, rewriter.constant(np.asarray(factor)))
