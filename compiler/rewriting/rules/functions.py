# Under `Patterning` the functions give patterns, which have Python's operators.
# mypy: disable-error-code="operator"
"""Powers, exponentials, logarithms, trigonometry and rounding to whole numbers."""

from __future__ import annotations

from ...ops import (
    absolute,
    ceil,
    cos,
    exp,
    expm1,
    floor,
    log,
    log1p,
    relu,
    round_,
    rsqrt,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from ..rule import Of, rule

# Powers.
rule("x ** 1 -> x", lambda x: (x**1, x), of=Of.NUMBER)
rule("x ** 0 -> 1", lambda x: (x**0, 1), of=Of.NUMBER)
rule("x ** 2 -> x * x", lambda x: (x**2, x * x), of=Of.INTEGER)
rule("x ** 3 -> x * x * x", lambda x: (x**3, x * x * x), of=Of.INTEGER)
rule("x ** 2 -> x * x (floats)", lambda x: (x**2, x * x), of=Of.FLOAT, rounds=True)
rule("x ** 3 -> x * x * x (floats)", lambda x: (x**3, x * x * x), of=Of.FLOAT, rounds=True)
rule("x ** -1 -> 1 / x", lambda x: (x**-1, 1 / x), of=Of.FLOAT, rounds=True)

# What an operation computes step by step.
rule("1 / sqrt(x) -> rsqrt(x)", lambda x: (1 / sqrt(x), rsqrt(x)), of=Of.FLOAT)
rule("1 / (1 + exp(-x)) -> sigmoid(x)", lambda x: (1 / (exp(-x) + 1), sigmoid(x)), of=Of.FLOAT)
rule(
    "x / sqrt(y) -> x * rsqrt(y)",
    lambda x, y: (x / sqrt(y), x * rsqrt(y)),
    of=Of.FLOAT,
    rounds=True,
)
rule("exp(x) - 1 -> expm1(x)", lambda x: (exp(x) - 1, expm1(x)), of=Of.FLOAT, rounds=True)
rule("log(x + 1) -> log1p(x)", lambda x: (log(x + 1), log1p(x)), of=Of.FLOAT, rounds=True)

# Inverses.
rule("log(exp(x)) -> x", lambda x: (log(exp(x)), x), rounds=True)
rule("log1p(expm1(x)) -> x", lambda x: (log1p(expm1(x)), x), rounds=True)
rule("log(exp(x) / y) -> x - log(y)", lambda x, y: (log(exp(x) / y), x - log(y)), rounds=True)
rule("exp(x) * exp(y) -> exp(x + y)", lambda x, y: (exp(x) * exp(y), exp(x + y)), rounds=True)
rule("1 / exp(x) -> exp(-x)", lambda x: (1 / exp(x), exp(-x)), rounds=True)
rule("sqrt(x * x) -> |x|", lambda x: (sqrt(x * x), absolute(x)), rounds=True)

# Even and odd functions. Implementations need not be symmetric in the last bit.
rule("cos(-x) -> cos(x)", lambda x: (cos(-x), cos(x)), rounds=True)
rule("sin(-x) -> -sin(x)", lambda x: (sin(-x), -sin(x)), rounds=True)
rule("tanh(-x) -> -tanh(x)", lambda x: (tanh(-x), -tanh(x)), rounds=True)
rule("1 - sigmoid(x) -> sigmoid(-x)", lambda x: (1 - sigmoid(x), sigmoid(-x)), rounds=True)

# What is a whole number, or not negative, already.
rule("floor(floor(x)) -> floor(x)", lambda x: (floor(floor(x)), floor(x)))
rule("floor(ceil(x)) -> ceil(x)", lambda x: (floor(ceil(x)), ceil(x)))
rule("floor(round(x)) -> round(x)", lambda x: (floor(round_(x)), round_(x)))
rule("ceil(floor(x)) -> floor(x)", lambda x: (ceil(floor(x)), floor(x)))
rule("ceil(ceil(x)) -> ceil(x)", lambda x: (ceil(ceil(x)), ceil(x)))
rule("ceil(round(x)) -> round(x)", lambda x: (ceil(round_(x)), round_(x)))
rule("round(floor(x)) -> floor(x)", lambda x: (round_(floor(x)), floor(x)))
rule("round(ceil(x)) -> ceil(x)", lambda x: (round_(ceil(x)), ceil(x)))
rule("round(round(x)) -> round(x)", lambda x: (round_(round_(x)), round_(x)))
rule("-floor(-x) -> ceil(x)", lambda x: (-floor(-x), ceil(x)))
rule("relu(relu(x)) -> relu(x)", lambda x: (relu(relu(x)), relu(x)))
rule("relu(exp(x)) -> exp(x)", lambda x: (relu(exp(x)), exp(x)))
rule("relu(sigmoid(x)) -> sigmoid(x)", lambda x: (relu(sigmoid(x)), sigmoid(x)))
rule("relu(|x|) -> |x|", lambda x: (relu(absolute(x)), absolute(x)), of=Of.FLOAT)
rule("|exp(x)| -> exp(x)", lambda x: (absolute(exp(x)), exp(x)))
rule("|relu(x)| -> relu(x)", lambda x: (absolute(relu(x)), relu(x)), of=Of.INTEGER)
rule("|sqrt(x)| -> sqrt(x)", lambda x: (absolute(sqrt(x)), sqrt(x)), rounds=True)
