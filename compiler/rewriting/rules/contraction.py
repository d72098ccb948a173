"""Matrix products: transposes and batches of one matrix are absorbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ir import Node, Value
from ...ops import MATMUL, TRANSPOSE, matmul, transpose
from ..rule import Replacement, rewrites
from .movement import perm_of

if TYPE_CHECKING:
    from ..driver import Rewriter


def _last_two_swapped(value: Value) -> Value | None:
    """What a value is the transpose of, where the last two axes change places and no others."""
    node = value.producer
    if node is None or node.op is not TRANSPOSE:
        return None
    rank = value.ndim
    swapped = (*range(rank - 2), rank - 1, rank - 2)
    return node.inputs[0] if perm_of(node) == swapped else None


@rewrites(
    "matmul(transpose(a), transpose(b)) -> matmul(a, b) with flags", MATMUL,
    examples=(
        lambda d: matmul(transpose(d(3, 2)), d(3, 4)),
        lambda d: matmul(d(2, 3), transpose(d(4, 3))),
        lambda d: matmul(transpose(d(3, 2)), transpose(d(4, 3)), False, False),
        lambda d: matmul(transpose(d(2, 3)), d(3, 4), True),
        lambda d: matmul(transpose(d(5, 3, 2), (0, 2, 1)), d(5, 3, 4)),
    ),
)  # fmt: skip
def _absorbed(node: Node, rewriter: Rewriter) -> Replacement:
    a, b = node.inputs
    first, second = _last_two_swapped(a), _last_two_swapped(b)
    if a.ndim > 2 and b.ndim == 2:
        first = None  # a batch times one matrix is one product, which sums in another order
    if first is None and second is None:
        return None
    return matmul(
        a if first is None else first,
        b if second is None else second,
        bool(node.attrs["transpose_a"]) ^ (first is not None),
        bool(node.attrs["transpose_b"]) ^ (second is not None),
    )


@rewrites(
    "transpose(matmul(a, b)) -> matmul(b, a) with flags", TRANSPOSE, rounds=True,
    examples=(
        lambda d: transpose(matmul(d(2, 3), d(3, 4))),
        lambda d: transpose(matmul(d(5, 3, 2), d(5, 3, 4), True), (0, 2, 1)),
    ),
)  # fmt: skip
def _transposed_product(node: Node, rewriter: Rewriter) -> Replacement:
    """Which product is computed, that of a and b or that of the transposes, may decide the order of the sums."""
    inner = node.inputs[0].producer
    if inner is None or inner.op is not MATMUL or not rewriter.once(node.inputs[0]):
        return None
    a, b = inner.inputs
    if _last_two_swapped(node.outputs[0]) is None or a.ndim != b.ndim:
        return None
    return matmul(b, a, not inner.attrs["transpose_b"], not inner.attrs["transpose_a"])
