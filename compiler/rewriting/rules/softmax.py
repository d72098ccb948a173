"""The logarithm of a sum of exponentials, the softmax, and the gradient of cross entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir import Node, Value
from ...ops import (
    BROADCAST_TO,
    DIV,
    EXP,
    LOG,
    REDUCE_MAX,
    REDUCE_SUM,
    REGISTRY,
    SUB,
    add,
    broadcast_to,
    constant,
    div,
    exp,
    log,
    mul,
    reduce_max,
    reduce_sum,
    reshape,
    scatter_add_along,
    sub,
)
from ..rule import Of, Replacement, rewrites, uniform
from .reductions import axes_of

if TYPE_CHECKING:
    from ..driver import Rewriter


@rewrites(
    "log(sum(exp(x))) -> m + log(sum(exp(x - m))), m the greatest x", LOG, of=Of.FLOAT, rounds=True,
    examples=(
        lambda d: log(reduce_sum(exp(d(3, 4)), (1,))),
        lambda d: log(reduce_sum(exp(d(3, 4)), (0,), True)),
    ),
)  # fmt: skip
def _log_sum_exp(node: Node, rewriter: Rewriter) -> Replacement:
    """Nothing overflows any more."""
    total = _made_by(node.inputs[0], REDUCE_SUM)
    power = _made_by(total.inputs[0], EXP) if total is not None else None
    if total is None or power is None:
        return None
    x = power.inputs[0]
    shifted = _made_by(x, SUB)
    if shifted is not None and _is_greatest(shifted.inputs[1]):
        return None
    if not all(isinstance(x.shape[a], int) and x.shape[a] for a in axes_of(total)):
        return None  # nothing is the greatest of no elements
    greatest = reduce_max(x, axes_of(total), True)
    inside = log(reduce_sum(exp(sub(x, greatest)), axes_of(total), bool(total.attrs["keepdims"])))
    return add(reshape(greatest, node.outputs[0].shape), inside)


def _made_by(value: Value, op: object) -> Node | None:
    node = value.producer
    return node if node is not None and node.op is op else None


def _is_greatest(value: Value) -> bool:
    while value.producer is not None and len(value.producer.inputs) == 1:
        if value.producer.op is REDUCE_MAX:
            return True
        value = value.producer.inputs[0]
    return False


@rewrites(
    "log(exp(x) / sum(exp(x))) -> x - log(sum(exp(x)))", LOG, of=Of.FLOAT, rounds=True,
    examples=(lambda d: _log_of_softmax(d(3, 4)),),
)  # fmt: skip
def _log_softmax(node: Node, rewriter: Rewriter) -> Replacement:
    """The logarithm of a softmax that has underflowed to 0 is not -inf."""
    ratio = _made_by(node.inputs[0], DIV)
    power = _made_by(ratio.inputs[0], EXP) if ratio is not None else None
    if ratio is None or power is None or _made_by(ratio.inputs[1], REDUCE_SUM) is None:
        return None
    return sub(power.inputs[0], log(ratio.inputs[1]))


def _log_of_softmax(x: object) -> object:
    y = exp(sub(x, reduce_max(x, (1,), True)))  # type: ignore[arg-type]
    return log(div(y, reduce_sum(y, (1,), True)))


@rewrites(
    "sum(scatter_add(0, labels, g)) -> sum(g), along the same axis", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(_scattered(d(3, 1)), (1,)), lambda d: reduce_sum(_scattered(d(3, 1)), (1,), True)),  # type: ignore[arg-type]
)  # fmt: skip
def _sum_of_scattered(node: Node, rewriter: Rewriter) -> Replacement:
    """The gradient of cross entropy: what goes to the labels is not added up again over the classes."""
    scatter = _made_by(node.inputs[0], REGISTRY["scatter_add_along"])
    if scatter is None or axes_of(node) != (scatter.attrs["axis"],):
        return None
    zero = uniform(scatter.inputs[0])
    if zero is None or zero != 0:
        return None
    made = rewriter.apply(REDUCE_SUM, (scatter.inputs[2],), node.attrs)
    return reshape(made, node.outputs[0].shape)


def _scattered(g: Value) -> object:
    import numpy as np

    zeros = broadcast_to(constant(0, g.dtype), (3, 4))
    return scatter_add_along(zeros, constant(np.array([[1], [3], [1]])), g, 1)


@rewrites(
    "(a / s) * exp(x) -> a * (exp(x) / s), where s is the sum of exp(x)", REGISTRY["mul"], of=Of.FLOAT, rounds=True,
    examples=(lambda d: _scaled_softmax(d(3, 1), d(3, 4)),),
)  # fmt: skip
def _softmax_again(node: Node, rewriter: Rewriter) -> Replacement:
    """The softmax of the forward pass is that of the gradient."""
    for left, right in (node.inputs, node.inputs[::-1]):
        below = _made_by(left, BROADCAST_TO)
        ratio = _made_by(below.inputs[0] if below is not None else left, DIV)
        if ratio is None or _made_by(right, EXP) is None:
            continue
        total = _made_by(ratio.inputs[1], REDUCE_SUM)
        if total is not None and total.inputs[0] is right and total.attrs["keepdims"]:
            return mul(ratio.inputs[0], div(right, ratio.inputs[1]))
    return None


def _scaled_softmax(a: Value, x: Value) -> object:
    y = exp(x)
    return mul(div(a, reduce_sum(y, (1,), True)), y)
