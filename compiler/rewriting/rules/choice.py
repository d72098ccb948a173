"""Choices: where, the greater and the smaller, clips and casts."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from ...ir import Node
from ...ir.dtypes import DType
from ...ops import (
    CAST,
    CLIP,
    STOP_GRADIENT,
    cast,
    clip,
    exp,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    mul,
    neg,
    relu,
    stop_gradient,
    where,
)
from ..rule import Of, Replacement, rewrites, rule

if TYPE_CHECKING:
    from ..driver import Rewriter

rule("where(true, x, y) -> x", lambda x, y: (where(True, x, y), x))  # type: ignore[arg-type]
rule("where(false, x, y) -> y", lambda x, y: (where(False, x, y), y))  # type: ignore[arg-type]
rule("where(a, x, x) -> x", lambda a, x: (where(a, x, x), x))
rule(
    "where(not a, x, y) -> where(a, y, x)",
    lambda a, x, y: (where(logical_not(a), x, y), where(a, y, x)),
)
rule(
    "where(a, where(a, x, y), z) -> where(a, x, z)",
    lambda a, x, y, z: (where(a, where(a, x, y), z), where(a, x, z)),
)
rule(
    "where(a, x, where(a, y, z)) -> where(a, x, z)",
    lambda a, x, y, z: (where(a, x, where(a, y, z)), where(a, x, z)),
)
rule(
    "where(a, where(b, x, y), y) -> where(a and b, x, y)",
    lambda a, b, x, y: (where(a, where(b, x, y), y), where(logical_and(a, b), x, y)),
)
rule(
    "where(a, x, where(b, x, y)) -> where(a or b, x, y)",
    lambda a, b, x, y: (where(a, x, where(b, x, y)), where(logical_or(a, b), x, y)),
)

rule("max(x, x) -> x", lambda x: (maximum(x, x), x))
rule("min(x, x) -> x", lambda x: (minimum(x, x), x))
rule("max(x, -inf) -> x", lambda x: (maximum(x, -inf), x), of=Of.FLOAT)
rule("min(x, inf) -> x", lambda x: (minimum(x, inf), x), of=Of.FLOAT)
# Of 0.0 and -0.0 either may be said to be the greater, so these are exact for integers only.
rule("max(x, 0) -> relu(x)", lambda x: (maximum(x, 0), relu(x)), of=Of.INTEGER)
rule("max(x, 0) -> relu(x) (floats)", lambda x: (maximum(x, 0), relu(x)), of=Of.FLOAT, rounds=True)
rule(
    "max(x, max(x, y)) -> max(x, y)",
    lambda x, y: (maximum(x, maximum(x, y)), maximum(x, y)),
    of=Of.INTEGER,
)
rule(
    "min(x, min(x, y)) -> min(x, y)",
    lambda x, y: (minimum(x, minimum(x, y)), minimum(x, y)),
    of=Of.INTEGER,
)
rule("min(x, max(x, y)) -> x", lambda x, y: (minimum(x, maximum(x, y)), x), of=Of.INTEGER)
rule("max(x, min(x, y)) -> x", lambda x, y: (maximum(x, minimum(x, y)), x), of=Of.INTEGER)
rule(
    "max(-x, -y) -> -min(x, y)",
    lambda x, y: (maximum(-x, -y), neg(minimum(x, y))),
    of=Of.FLOAT,
    rounds=True,
)
rule(
    "min(-x, -y) -> -max(x, y)",
    lambda x, y: (minimum(-x, -y), neg(maximum(x, y))),
    of=Of.FLOAT,
    rounds=True,
)


@rewrites("stop_gradient(x) -> x", STOP_GRADIENT, examples=(lambda d: exp(stop_gradient(d(3))),))
def _no_gradient(node: Node, rewriter: Rewriter) -> Replacement:
    """Derivatives were taken before a graph is compiled."""
    return node.inputs[0]


@rewrites(
    "cast(cast(x)) -> cast(x), where nothing is lost in between", CAST,
    examples=(
        lambda d: cast(cast(d(2, 3, dtype="float32"), _type("float64")), _type("float16")),
        lambda d: cast(cast(d(4, dtype="int8"), _type("int64")), _type("float32")),
    ),
)  # fmt: skip
def _casts(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not CAST:
        return None
    source, between, target = inner.inputs[0], node.inputs[0].dtype, node.outputs[0].dtype
    if not np.can_cast(source.dtype.numpy, between.numpy, "safe"):
        return None
    if between.is_float and target.is_integer:
        return None  # how a float out of range becomes an integer is a matter of its width
    return cast(source, target)


@rewrites(
    "cast(x) -> x, to the type it has", CAST,
    examples=(lambda d: _raw_cast(d(3)),),
)  # fmt: skip
def _cast_to_itself(node: Node, rewriter: Rewriter) -> Replacement:
    return node.inputs[0] if node.inputs[0].dtype is node.outputs[0].dtype else None


@rewrites(
    "clip(x) -> x, without bounds", CLIP,
    examples=(lambda d: clip(d(3), None, None), lambda d: clip(d(3), -inf, inf)),
)  # fmt: skip
def _no_bounds(node: Node, rewriter: Rewriter) -> Replacement:
    low, high = node.attrs["low"], node.attrs["high"]
    return node.inputs[0] if low in (None, -inf) and high in (None, inf) else None


@rewrites(
    "clip(clip(x)) -> clip(x), with the same bounds", CLIP,
    examples=(lambda d: clip(clip(mul(d(3, 3), 2.0), -1.0, 1.0), -1.0, 1.0),),
)  # fmt: skip
def _clips(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    same = inner is not None and inner.op is CLIP and _bounds(inner) == _bounds(node)
    return node.inputs[0] if same and 0 not in _bounds(node) else None


def _bounds(node: Node) -> tuple[object, object]:
    return node.attrs["low"], node.attrs["high"]


def _type(name: str) -> DType:
    from ...ir import dtype_of

    return dtype_of(name)


def _raw_cast(x: object) -> object:
    from ...dispatch.current import current

    return current().apply(CAST, (x,), {"dtype": x.dtype})  # type: ignore[arg-type, attr-defined]
