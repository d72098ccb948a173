"""Branches that are known before the graph runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...control import COND, cond
from ...ir import Graph, Node, Value
from ...ops import LOGICAL_NOT, constant, exp, gt, logical_not, neg
from ..rule import Replacement, rewrites, uniform

if TYPE_CHECKING:
    from ..driver import Rewriter


@rewrites(
    "cond(true, f, g) -> f, cond(false, f, g) -> g", COND,
    examples=(
        lambda d: _branch(constant(True), d(3)),
        lambda d: _branch(constant(False), d(3)),
    ),
)  # fmt: skip
def _known(node: Node, rewriter: Rewriter) -> Replacement:
    found = uniform(node.inputs[0])
    if found is None:
        return None
    return inlined(node.regions[0 if found else 1], node.inputs[1:], rewriter)


@rewrites(
    "cond(not a, f, g) -> cond(a, g, f)", COND,
    examples=(lambda d: _branch(logical_not(gt(d(), 0)), d(3)),),
)  # fmt: skip
def _negated(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not LOGICAL_NOT:
        return None
    operands = (inner.inputs[0], *node.inputs[1:])
    return rewriter.node(COND, operands, node.attrs, node.regions[::-1]).outputs


@rewrites(
    "cond(a, f, f) -> f", COND,
    examples=(lambda d: _same(gt(d(), 0), d(3)),),
)  # fmt: skip
def _alike(node: Node, rewriter: Rewriter) -> Replacement:
    then, otherwise = node.regions
    if then.fingerprint() != otherwise.fingerprint():
        return None
    return inlined(then, node.inputs[1:], rewriter)


def inlined(region: Graph, operands: tuple[Value, ...], rewriter: Rewriter) -> list[Value]:
    """A region's nodes in the graph around it; each keeps its own line."""
    values = dict(zip(region.inputs, operands, strict=True))
    before = rewriter.at
    for node in region.nodes:
        rewriter.at = node.location
        inputs = [values[v] for v in node.inputs]
        types = [v.type for v in node.outputs]
        copy = Node(node.op, inputs, node.attrs, types, node.location, node.regions, owner=rewriter)
        for old, new in zip(node.outputs, copy.outputs, strict=True):
            new.hint = old.hint
        values.update(zip(node.outputs, rewriter.simplified(copy), strict=True))
    rewriter.at = before
    return [values[v] for v in region.outputs]


def _branch(a: object, x: Value) -> object:
    return cond(a, lambda: [exp(x)], lambda: [neg(x)])  # type: ignore[arg-type]


def _same(a: object, x: Value) -> object:
    return cond(a, lambda: [exp(x)], lambda: [exp(x)])  # type: ignore[arg-type]
