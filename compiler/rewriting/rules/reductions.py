"""Reductions of views, of reductions and of what could be left for the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir import Node, Shape, Value, product
from ...ops import (
    ARGMAX,
    ARGMIN,
    BROADCAST_TO,
    LOGICAL_NOT,
    MUL,
    NEG,
    REDUCE_ALL,
    REDUCE_ANY,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_SUM,
    RESHAPE,
    TRANSPOSE,
    argmax,
    broadcast_to,
    extent,
    gt,
    logical_not,
    mul,
    neg,
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_min,
    reduce_sum,
    reshape,
    transpose,
)
from ..rule import Of, Replacement, rewrites
from .movement import perm_of

if TYPE_CHECKING:
    from ..driver import Rewriter

_EXACT = (REDUCE_MAX, REDUCE_MIN, REDUCE_ALL, REDUCE_ANY)
"""Reductions that round nothing, in whatever order."""


def axes_of(node: Node) -> tuple[int, ...]:
    return node.attrs["axes"]  # type: ignore[return-value]


def _exact(node: Node) -> bool:
    """Whether the order in which elements are taken plays no part: of a sum, only of integers."""
    return node.op in _EXACT if node.op is not REDUCE_SUM else node.outputs[0].dtype.is_integer


def _of_broadcast(node: Node) -> tuple[Value, list[int], list[int]] | None:
    """What a reduction's operand repeats (with all axes), the repeated axes among the reduced, and the others."""
    inner = node.inputs[0].producer
    if inner is None or inner.op is not BROADCAST_TO:
        return None
    x, shape = inner.inputs[0], inner.outputs[0].shape
    padded = (1,) * (len(shape) - x.ndim) + x.shape
    repeated = [a for a in axes_of(node) if padded[a] == 1 and shape[a] != 1]
    if not repeated:
        return None
    return reshape(x, padded), repeated, [a for a in axes_of(node) if a not in repeated]  # type: ignore[return-value]


def _shrunk(node: Node, whole: Value, rest: list[int], rewriter: Rewriter) -> Value:
    """The reduction over the axes that are left, in the shape that the node has."""
    shape = node.outputs[0].shape
    if rest:
        whole = rewriter.apply(node.op, (whole,), {"axes": tuple(rest), "keepdims": True})
    kept = _kept(axes_of(node), whole.shape)
    return broadcast_to(  # type: ignore[return-value]
        reshape(whole, kept if node.attrs["keepdims"] else _left(kept, axes_of(node))), shape
    )


def _kept(axes: tuple[int, ...], found: Shape) -> Shape:
    return tuple([1 if i in axes else d for i, d in enumerate(found)])


def _left(shape: Shape, axes: tuple[int, ...]) -> Shape:
    return tuple([d for i, d in enumerate(shape) if i not in axes])


@rewrites(
    "the greatest of a broadcast -> of what it repeats (also: smallest, all, any)", *_EXACT,
    examples=(
        lambda d: reduce_max(broadcast_to(d(3, 1), (2, 3, 4)), (0, 2)),
        lambda d: reduce_min(broadcast_to(d(3, 1), (3, 4)), (0, 1), True),
        lambda d: reduce_any(broadcast_to(gt(d(4), 0), (3, 4)), (0,)),
    ),
)  # fmt: skip
def _extreme_of_broadcast(node: Node, rewriter: Rewriter) -> Replacement:
    found = _of_broadcast(node)
    if found is None:
        return None
    whole, repeated, rest = found
    # Nothing is the greatest of no elements.
    sizes = [node.inputs[0].shape[a] for a in repeated]
    if not all(isinstance(d, int) and d for d in sizes):
        return None
    return _shrunk(node, whole, rest, rewriter)


def _summed(node: Node, rewriter: Rewriter) -> Replacement:
    found = _of_broadcast(node)
    if found is None:
        return None
    whole, repeated, rest = found
    count = product([node.inputs[0].shape[a] for a in repeated])
    dtype = node.outputs[0].dtype
    if isinstance(count, int) and dtype.is_integer:
        count = (count + 2 ** (8 * dtype.itemsize - 1)) % 2 ** (8 * dtype.itemsize) - 2 ** (
            8 * dtype.itemsize - 1
        )
        if dtype.name == "uint8":
            count %= 256
    return mul(_shrunk(node, whole, rest, rewriter), extent(count, dtype))


rewrites(
    "the sum of a broadcast -> n times what it repeats", REDUCE_SUM, of=Of.INTEGER,
    examples=(lambda d: reduce_sum(broadcast_to(d(3, 1, dtype="int32"), (3, 4)), (0, 1)),),
)(_summed)  # fmt: skip
rewrites(
    "the sum of a broadcast -> n times what it repeats (floats)", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(broadcast_to(d(3, 1), (2, 3, 4)), (0, 1)),),
)(_summed)  # fmt: skip


def _twice(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if (
        inner is None
        or inner.op is not node.op
        or inner.attrs["keepdims"] != node.attrs["keepdims"]
    ):
        return None
    axes = axes_of(inner)
    if node.attrs["keepdims"]:
        merged = {*axes, *axes_of(node)}
    else:
        left = [i for i in range(inner.inputs[0].ndim) if i not in axes]
        merged = {*axes, *(left[a] for a in axes_of(node))}
    attrs = {"axes": tuple(sorted(merged)), "keepdims": node.attrs["keepdims"]}
    return rewriter.apply(node.op, inner.inputs, attrs)


rewrites(
    "a reduction of a reduction -> one over all the axes", *_EXACT,
    examples=(
        lambda d: reduce_max(reduce_max(d(2, 3, 4), (1,)), (1,)),
        lambda d: reduce_all(reduce_all(gt(d(2, 3, 4), -9), (0,), True), (2,), True),
    ),
)(_twice)  # fmt: skip
rewrites(
    "a sum of a sum -> one over all the axes", REDUCE_SUM, of=Of.INTEGER,
    examples=(lambda d: reduce_sum(reduce_sum(d(2, 3, 4, dtype="int32"), (1,)), (1,)),),
)(_twice)  # fmt: skip
rewrites(
    "a sum of a sum -> one over all the axes (floats)", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(reduce_sum(d(2, 3, 4), (1,)), (1,)),),
)(_twice)  # fmt: skip


def _transposed(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not TRANSPOSE:
        return None
    perm = perm_of(inner)
    axes = tuple(sorted(perm[a] for a in axes_of(node)))
    kept = bool(node.attrs["keepdims"])
    made = rewriter.apply(node.op, inner.inputs, {"axes": axes, "keepdims": kept})
    if kept:
        return transpose(made, perm)
    left = [p for p in perm if p not in axes]
    return transpose(made, [sorted(left).index(p) for p in left])


rewrites(
    "a reduction of a transpose -> a transpose of the reduction", *_EXACT,
    examples=(
        lambda d: reduce_max(transpose(d(2, 3, 4), (2, 0, 1)), (1,)),
        lambda d: reduce_min(transpose(d(2, 3), (1, 0)), (0,), True),
    ),
)(_transposed)  # fmt: skip
rewrites(
    "a sum of a transpose -> a transpose of the sum", REDUCE_SUM, of=Of.INTEGER,
    examples=(lambda d: reduce_sum(transpose(d(2, 3, 4, dtype="int64"), (2, 0, 1)), (1,)),),
)(_transposed)  # fmt: skip
rewrites(
    "a sum of a transpose -> a transpose of the sum (floats)", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(transpose(d(2, 3, 4), (2, 0, 1)), (1,)),),
)(_transposed)  # fmt: skip


def _single(node: Node, rewriter: Rewriter) -> Replacement:
    x = node.inputs[0]
    if any(x.shape[a] != 1 for a in axes_of(node)):
        return None
    return reshape(x, node.outputs[0].shape)


rewrites(
    "a reduction over axes of extent 1 -> a reshape", *_EXACT,
    examples=(lambda d: reduce_max(d(3, 1), (1,)), lambda d: reduce_any(gt(d(1, 3), 0), (0,), True)),
)(_single)  # fmt: skip
rewrites(
    "a sum over axes of extent 1 -> a reshape", REDUCE_SUM, of=Of.INTEGER,
    examples=(lambda d: reduce_sum(d(3, 1, dtype="int32"), (1,)),),
)(_single)  # fmt: skip
rewrites(
    "a sum over axes of extent 1 -> a reshape (floats)", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(d(3, 1), (1,)),),
)(_single)  # fmt: skip


@rewrites(
    "a reduction of a reshape that adds axes of extent 1 -> of what is reshaped", *_EXACT,
    examples=(lambda d: reduce_max(reshape(d(3, 4), (3, 1, 4)), (1, 2)),),
)  # fmt: skip
def _of_ones(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not RESHAPE:
        return None
    x, shape = inner.inputs[0], node.inputs[0].shape
    if tuple(d for d in shape if d != 1) != x.shape:
        return None
    place = {axis: i for i, axis in enumerate(a for a, d in enumerate(shape) if d != 1)}
    axes = tuple(place[a] for a in axes_of(node) if a in place)
    if not axes:
        return None
    made = rewriter.apply(node.op, (x,), {"axes": axes, "keepdims": False})
    return reshape(made, node.outputs[0].shape)


def _negated(node: Node) -> Value | None:
    inner = node.inputs[0].producer
    return inner.inputs[0] if inner is not None and inner.op is NEG else None


def _extreme_of_negated(node: Node, rewriter: Rewriter) -> Replacement:
    x = _negated(node)
    if x is None:
        return None
    other = REDUCE_MIN if node.op is REDUCE_MAX else REDUCE_MAX
    return neg(rewriter.apply(other, (x,), node.attrs))


rewrites(
    "max(-x) over axes -> -min(x)", REDUCE_MAX, REDUCE_MIN, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_max(neg(d(3, 4)), (1,)), lambda d: reduce_min(neg(d(3, 4)), (0,))),
)(_extreme_of_negated)  # fmt: skip


@rewrites(
    "sum(-x) over axes -> -sum(x)", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(neg(d(3, 4)), (1,)),),
)  # fmt: skip
def _sum_of_negated(node: Node, rewriter: Rewriter) -> Replacement:
    x = _negated(node)
    return None if x is None else neg(rewriter.apply(REDUCE_SUM, (x,), node.attrs))


@rewrites(
    "sum(x * c) over axes -> sum(x) * c, c a scalar", REDUCE_SUM, of=Of.FLOAT, rounds=True,
    examples=(lambda d: reduce_sum(mul(d(3, 4), 0.3), (1,)), lambda d: reduce_sum(mul(d(), d(3, 4)), (0, 1))),
)  # fmt: skip
def _sum_of_scaled(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not MUL or not rewriter.once(node.inputs[0]):
        return None
    scalars = [v for v in inner.inputs if not v.shape]
    others = [v for v in inner.inputs if v.shape == node.inputs[0].shape]
    if len(scalars) != 1 or len(others) != 1:
        return None
    return mul(rewriter.apply(REDUCE_SUM, others, node.attrs), scalars[0])


@rewrites(
    "any(not a) -> not all(a), and all(not a) -> not any(a)", REDUCE_ANY, REDUCE_ALL,
    examples=(
        lambda d: reduce_any(logical_not(gt(d(3, 4), 0)), (1,)),
        lambda d: reduce_all(logical_not(gt(d(3, 4), 0)), (0, 1)),
    ),
)  # fmt: skip
def _de_morgan(node: Node, rewriter: Rewriter) -> Replacement:
    inner = node.inputs[0].producer
    if inner is None or inner.op is not LOGICAL_NOT:
        return None
    other = REDUCE_ALL if node.op is REDUCE_ANY else REDUCE_ANY
    return logical_not(rewriter.apply(other, inner.inputs, node.attrs))


@rewrites(
    "argmax(-x) -> argmin(x), and the other way", ARGMAX, ARGMIN, of=Of.FLOAT,
    examples=(lambda d: argmax(neg(d(3, 4)), 1),),
)  # fmt: skip
def _arg_of_negated(node: Node, rewriter: Rewriter) -> Replacement:
    x = _negated(node)
    if x is None:
        return None
    return rewriter.apply(ARGMIN if node.op is ARGMAX else ARGMAX, (x,), node.attrs)
