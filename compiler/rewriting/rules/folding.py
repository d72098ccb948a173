"""What can be computed before the graph runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ir import Node, TensorType, Value, product
from ...ops import CONSTANT, FULL, REGISTRY, Kind, add, constant, log, reduce_sum, reshape
from ..rule import SMALL, Replacement, rewrites

if TYPE_CHECKING:
    from ..driver import Rewriter

_FOLDABLE = tuple(
    op
    for op in REGISTRY.values()
    if op.kind not in (Kind.CONTROL, Kind.RANDOM, Kind.CREATION) and op.name != "broadcast_to"
)
"""Broadcasts stay, so that what is repeated is not written out."""


@rewrites(
    "f(constants) -> constant, where it is small", *_FOLDABLE,
    examples=(
        lambda d: add(d(3), log(constant(0.5, d().dtype))),
        lambda d: add(d(), reduce_sum(constant([1.5, 2.5, 3.0], d().dtype))),
        lambda d: add(d(2, 2), reshape(constant([1.5, 2.5], d().dtype), (2, 1))),
    ),
)  # fmt: skip
def _fold(node: Node, rewriter: Rewriter) -> Replacement:
    arrays = []
    for value in node.inputs:
        array = _known(value)
        if array is None:
            return None
        arrays.append(array)
    if not arrays or not all(map(_small, (v.type for v in node.outputs))) or node.regions:
        return None
    if any(symbolic(attr) for attr in node.attrs.values()):
        return None
    try:
        with np.errstate(all="ignore"):
            made = node.op.evaluate(*arrays, **node.attrs)
    except Exception:  # the error belongs to the run, where it names the user's line
        return None
    type = node.outputs[0].type
    if made.shape != type.shape or made.dtype != type.dtype.numpy:
        return None
    return rewriter.constant(np.array(made))


def symbolic(attr: object) -> bool:
    """Whether an attribute holds a size that is only known when the graph runs."""
    from ...ir import Expr

    return isinstance(attr, Expr) or (isinstance(attr, tuple) and any(map(symbolic, attr)))


def _known(value: Value) -> np.ndarray | None:
    node = value.producer
    if node is None or node.op not in (CONSTANT, FULL) or not _small(value.type):
        return None
    if node.op is FULL:
        return np.full(value.shape, node.attrs["value"], value.dtype.numpy)  # type: ignore[arg-type]
    data = node.attrs["value"]
    assert isinstance(data, np.ndarray)
    return data


def _small(type: TensorType) -> bool:
    size = product(type.shape)
    return isinstance(size, int) and size <= SMALL
