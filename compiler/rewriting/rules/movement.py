"""Reshapes, transposes and broadcasts: merged, cancelled, and moved behind what is computed element by element.

Views cost nothing by themselves, but they stand between operations that could be one loop, and an operation on a
broadcast value computes the same number many times. Moved toward the results they meet, merge and cancel, or reach an
operation that absorbs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ir import Node, Shape, Value
from ...ops import (
    BROADCAST_TO,
    CONCATENATE,
    FULL,
    REGISTRY,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Kind,
    Op,
    add,
    broadcast_to,
    exp,
    full,
    gt,
    logical_not,
    mul,
    neg,
    reshape,
    slice_,
    transpose,
)
from ..rule import Replacement, fills, rewrites, uniform

if TYPE_CHECKING:
    from ..driver import Rewriter

ELEMENTWISE = tuple(op for op in REGISTRY.values() if op.kind is Kind.ELEMENTWISE)


def _source(value: Value, op: Op) -> Node | None:
    """The node that makes a value, if it applies this operation."""
    node = value.producer
    return node if node is not None and node.op is op else None


def perm_of(node: Node) -> tuple[int, ...]:
    return node.attrs["perm"]  # type: ignore[return-value]


def inverse(perm: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(perm)), key=perm.__getitem__))


@rewrites(
    "reshape(reshape(x)) -> reshape(x)", RESHAPE,
    examples=(lambda d: reshape(reshape(d(2, 6), (3, 4)), (12,)), lambda d: reshape(reshape(d(2, 6), (3, 4)), (2, 6))),
)  # fmt: skip
def _reshapes(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], RESHAPE)
    if inner is None:
        return None
    source = inner.inputs[0]
    # A reshape between different symbols makes sure that they are equal.
    if not source.type.size == node.inputs[0].type.size == node.outputs[0].type.size:
        return None
    return reshape(source, node.outputs[0].shape)


@rewrites(
    "transpose(transpose(x)) -> transpose(x)", TRANSPOSE,
    examples=(
        lambda d: transpose(transpose(d(2, 3, 4), (1, 0, 2)), (2, 1, 0)),
        lambda d: transpose(transpose(d(2, 3, 4), (1, 2, 0)), (2, 0, 1)),
    ),
)  # fmt: skip
def _transposes(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], TRANSPOSE)
    if inner is None:
        return None
    first = perm_of(inner)
    return transpose(inner.inputs[0], [first[p] for p in perm_of(node)])


@rewrites(
    "broadcast_to(broadcast_to(x)) -> broadcast_to(x)", BROADCAST_TO,
    examples=(lambda d: broadcast_to(broadcast_to(d(3), (1, 3)), (2, 3)),),
)  # fmt: skip
def _broadcasts(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], BROADCAST_TO)
    if inner is None or not fills(inner.inputs[0].shape, node.outputs[0].shape):
        return None
    return broadcast_to(inner.inputs[0], node.outputs[0].shape)


@rewrites(
    "transpose(x) -> reshape(x), where only axes of extent 1 move", TRANSPOSE,
    examples=(lambda d: transpose(d(1, 3, 4), (1, 0, 2)), lambda d: transpose(d(5, 1), (1, 0))),
)  # fmt: skip
def _moves_ones(node: Node, rewriter: Rewriter) -> Replacement:
    x = node.inputs[0]
    moved = [p for p in perm_of(node) if x.shape[p] != 1]
    return reshape(x, node.outputs[0].shape) if moved == sorted(moved) else None


@rewrites(
    "broadcast_to(reshape(x)) -> broadcast_to(x), where the reshape puts axes of extent 1 in front", BROADCAST_TO,
    examples=(lambda d: broadcast_to(reshape(d(3), (1, 3)), (2, 3)), lambda d: broadcast_to(reshape(d(), (1,)), (4,))),
)  # fmt: skip
def _leading_ones(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], RESHAPE)
    if inner is None:
        return None
    x, shape = inner.inputs[0], inner.outputs[0].shape
    lead = len(shape) - x.ndim
    if lead < 0 or shape[lead:] != x.shape or any(d != 1 for d in shape[:lead]):
        return None
    return broadcast_to(x, node.outputs[0].shape) if fills(x.shape, node.outputs[0].shape) else None


@rewrites(
    "transpose(broadcast_to(x)) -> broadcast_to(transpose(x))", TRANSPOSE,
    examples=(
        lambda d: transpose(broadcast_to(d(3, 1), (2, 3, 4)), (2, 0, 1)),
        lambda d: transpose(broadcast_to(d(), (2, 3)), (1, 0)),
    ),
)  # fmt: skip
def _transposed_broadcast(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], BROADCAST_TO)
    if inner is None:
        return None
    x = inner.inputs[0]
    padded = reshape(x, (1,) * (node.outputs[0].ndim - x.ndim) + x.shape)
    return broadcast_to(transpose(padded, perm_of(node)), node.outputs[0].shape)


@rewrites(
    "reshape(broadcast_to(x)) -> broadcast_to(reshape(x)), where axes of extent 1 come or go", RESHAPE,
    examples=(
        lambda d: reshape(broadcast_to(d(3, 1), (3, 4)), (3, 1, 4)),
        lambda d: reshape(broadcast_to(d(4), (1, 3, 4)), (3, 4)),
    ),
)  # fmt: skip
def _reshaped_broadcast(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], BROADCAST_TO)
    if inner is None:
        return None
    x, old, new = inner.inputs[0], inner.outputs[0].shape, node.outputs[0].shape
    if [d for d in old if d != 1] != [d for d in new if d != 1]:
        return None
    padded = (1,) * (len(old) - x.ndim) + x.shape
    extents = iter([p for p, d in zip(padded, old, strict=True) if d != 1])
    return broadcast_to(reshape(x, [next(extents) if d != 1 else 1 for d in new]), new)


@rewrites(
    "a view of a filled tensor -> a filled tensor", RESHAPE, TRANSPOSE, BROADCAST_TO,
    examples=(
        lambda d: reshape(full((2, 3), 1.5, d().dtype), (6,)),
        lambda d: transpose(full((2, 3), -0.0, d().dtype), (1, 0)),
        lambda d: broadcast_to(full((1, 3), 2.0, d().dtype), (2, 3)),
    ),
)  # fmt: skip
def _filled(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], FULL)
    if inner is None:
        return None
    return rewriter.apply(FULL, (), {**inner.attrs, "shape": node.outputs[0].shape})


@rewrites(
    "slice(x) -> x, where it takes all", SLICE,
    examples=(lambda d: _all_of(d(3, 4)),),
)  # fmt: skip
def _whole_slice(node: Node, rewriter: Rewriter) -> Replacement:
    return node.inputs[0] if node.inputs[0].shape == node.outputs[0].shape else None


@rewrites(
    "slice(slice(x)) -> slice(x)", SLICE,
    examples=(lambda d: slice_(slice_(d(9, 4), (1, 0), (8, 4), (2, 1)), (1, 1), (4, 3), (2, 1)),),
)  # fmt: skip
def _slices(node: Node, rewriter: Rewriter) -> Replacement:
    inner = _source(node.inputs[0], SLICE)
    if inner is None:
        return None
    starts, limits, strides = [], [], []
    for a, s, b, e, t in zip(
        _ints(inner, "starts"), _ints(inner, "strides"), _ints(node, "starts"), _ints(node, "limits"),
        _ints(node, "strides"), strict=True,
    ):  # fmt: skip
        if not all(isinstance(d, int) for d in (a, s, b, e, t)):
            return None
        starts.append(a + b * s)
        limits.append(a + (e - 1) * s + 1 if e > b else a + b * s)
        strides.append(s * t)
    attrs = {"starts": tuple(starts), "limits": tuple(limits), "strides": tuple(strides)}
    return rewriter.apply(SLICE, (inner.inputs[0],), attrs)


def _ints(node: Node, name: str) -> tuple[int, ...]:
    return node.attrs[name]  # type: ignore[return-value]


@rewrites(
    "concatenate(x) -> x", CONCATENATE,
    examples=(lambda d: _one_part(d(2, 3)),),
)  # fmt: skip
def _one(node: Node, rewriter: Rewriter) -> Replacement:
    return node.inputs[0] if len(node.inputs) == 1 else None


def _all_of(x: Value) -> object:
    from ...dispatch.current import current

    attrs = {"starts": (0,) * x.ndim, "limits": x.shape, "strides": (1,) * x.ndim}
    return current().apply(SLICE, (x,), attrs)


def _one_part(x: object) -> object:
    from ...dispatch.current import current

    return current().apply(CONCATENATE, (x,), {"axis": 0})  # type: ignore[arg-type]


# --- behind elementwise operations ---


@rewrites(
    "f(broadcast_to(x), y) -> f(x, y), where the operation broadcasts by itself", *ELEMENTWISE,
    examples=(
        lambda d: add(broadcast_to(d(3), (2, 3)), d(2, 3)),
        lambda d: mul(d(2, 3), full((2, 3), -0.0, d().dtype)),
        lambda d: gt(broadcast_to(d(2, 1), (2, 3)), broadcast_to(d(3), (2, 3))),
    ),
)  # fmt: skip
def _implied(node: Node, rewriter: Rewriter) -> Replacement:
    inputs = node.inputs
    if len(inputs) < 2:
        return None
    shape = node.outputs[0].shape
    plain = list(inputs)
    for i, value in enumerate(inputs):
        made = value.producer
        if made is None or made.op not in (BROADCAST_TO, FULL) or not value.shape:
            continue
        if not fills(value.shape, shape):
            continue
        others = [v for j, v in enumerate(plain) if j != i]
        number = uniform(value) if made.op is FULL else None
        if number is None:
            source = made.inputs[0] if made.op is BROADCAST_TO else None
        else:
            source = rewriter.constant(np.asarray(number))
        if source is None:
            continue
        if _covers([source, *others], shape):
            plain[i] = source
    if all(a is b for a, b in zip(plain, inputs, strict=True)):
        return None
    return rewriter.apply(node.op, plain, node.attrs)


def _covers(values: list[Value], shape: Shape) -> bool:
    """Whether these operands alone broadcast to the shape, and certainly so."""
    rank = len(shape)
    if not all(fills(v.shape, shape) for v in values):
        return False
    for axis, dim in enumerate(shape):
        if dim != 1 and not any(
            axis >= rank - v.ndim and v.shape[axis - rank + v.ndim] == dim for v in values
        ):
            return False
    return any(v.ndim == rank for v in values)


@rewrites(
    "f(broadcast_to(x), ...) -> broadcast_to(f(x, ...))", *ELEMENTWISE,
    examples=(
        lambda d: exp(broadcast_to(d(3, 1), (2, 3, 4))),
        lambda d: add(broadcast_to(d(3), (2, 3)), d()),
        lambda d: logical_not(broadcast_to(gt(d(3), 0), (2, 3))),
        lambda d: mul(broadcast_to(d(2, 1), (2, 3)), broadcast_to(d(2, 1), (2, 3))),
    ),
)  # fmt: skip
def _behind_broadcast(node: Node, rewriter: Rewriter) -> Replacement:
    """What is computed for each copy is computed once."""
    sources = _sources(node, BROADCAST_TO)
    if sources is None:
        return None
    shapes = {v.shape for v in sources if v.shape}
    if len(shapes) > 1:
        return None
    made = rewriter.apply(node.op, sources, node.attrs)
    return broadcast_to(made, node.outputs[0].shape)


@rewrites(
    "f(transpose(x), ...) -> transpose(f(x, ...))", *ELEMENTWISE,
    examples=(
        lambda d: neg(transpose(d(2, 3, 4), (2, 0, 1))),
        lambda d: add(transpose(d(2, 3), (1, 0)), transpose(d(2, 3), (1, 0))),
        lambda d: mul(transpose(d(2, 3), (1, 0)), d()),
    ),
)  # fmt: skip
def _behind_transpose(node: Node, rewriter: Rewriter) -> Replacement:
    sources = _sources(node, TRANSPOSE)
    if sources is None:
        return None
    made = rewriter.apply(node.op, sources, node.attrs)
    perm = next(perm_of(v.producer) for v in node.inputs if v.shape and v.producer is not None)
    return transpose(made, perm)


@rewrites(
    "f(reshape(x), ...) -> reshape(f(x, ...))", *ELEMENTWISE,
    examples=(
        lambda d: neg(reshape(d(2, 6), (3, 4))),
        lambda d: add(reshape(d(2, 6), (12,)), reshape(d(2, 6), (12,))),
        lambda d: mul(reshape(d(2, 6), (12,)), d()),
    ),
)  # fmt: skip
def _behind_reshape(node: Node, rewriter: Rewriter) -> Replacement:
    sources = _sources(node, RESHAPE)
    if sources is None or len({v.shape for v in sources if v.shape}) != 1:
        return None
    made = rewriter.apply(node.op, sources, node.attrs)
    return reshape(made, node.outputs[0].shape)


def _sources(node: Node, op: Op) -> list[Value] | None:
    """What is below the operands of a node, where each is a scalar or the same view of something, used here only."""
    sources, attrs, shape = [], None, node.outputs[0].shape
    found = False
    for value in node.inputs:
        made = value.producer
        if made is not None and made.op is op and value.shape == shape:
            if attrs is not None and attrs != made.attrs:
                return None
            x = made.inputs[0]
            if op is RESHAPE and x.type.size != value.type.size:
                return None
            attrs, found = made.attrs, True
            sources.append(x)
        elif not value.shape:
            sources.append(value)
        else:
            return None
    return sources if found else None
