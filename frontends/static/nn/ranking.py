"""The largest entries, and whether a class is among them."""

from __future__ import annotations

from typing import NamedTuple

from ....compiler import ops
from ....compiler.ir import Value, dtypes
from ....compiler.ops import TensorLike
from ..build import add_operation, apply, scoped
from ..convert import convert
from ..tensor import Tensor

__all__ = ["TopK", "in_top_k", "top_k"]


class TopK(NamedTuple):
    """What `top_k` gives."""

    values: Tensor
    indices: Tensor


@scoped("TopKV2")
def top_k(input: object, k: int = 1, sorted: bool = True, name: str | None = None) -> TopK:
    """The ``k`` largest entries of the last axis in descending order, and where they stand (int32)."""

    def recipe(x: Value) -> list[TensorLike]:
        order = ops.argsort(x, -1, descending=True)
        lead = [None] * (x.ndim - 1)
        first = ops.slice_(order, [None] * x.ndim, [*lead, k])
        return [ops.take_along(x, first, -1), ops.cast(first, dtypes.int32)]

    op = add_operation("TopKV2", recipe, [convert(input)], name=name)
    return TopK(op.outputs[0], op.outputs[1])


@scoped("InTopK")
def in_top_k(predictions: object, targets: object, k: int, name: str | None = None) -> Tensor:
    """Whether fewer than ``k`` classes score higher than the target: ``[batch, classes]``, ``[batch]`` to bool."""

    def recipe(scores: Value, labels: Value) -> TensorLike:
        own = ops.take_along(scores, ops.expand_dims(labels, 1), 1)
        higher = ops.reduce_sum(ops.cast(ops.gt(scores, own), dtypes.int64), 1)
        return ops.lt(higher, k)

    return apply("InTopKV2", recipe, convert(predictions), convert(targets), name=name)
