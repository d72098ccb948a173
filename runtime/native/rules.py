"""What the native backend computes by other operations: rules that it alone applies, after all others."""

from __future__ import annotations

from ...compiler.dispatch.current import current
from ...compiler.ir import DType, Graph, Node, Value
from ...compiler.ir.dtypes import float32
from ...compiler.ops import (
    MATMUL,
    SCATTER_ADD,
    SCATTER_ADD_ALONG,
    SCATTER_ADD_ND,
    TensorLike,
    add,
    cast,
    expand_dims,
    matmul,
    mul,
    reduce_sum,
    transpose,
    zeros_like,
)
from ...compiler.rewriting import Rule, Table, rewrite
from ...compiler.rewriting.driver import Rewriter
from ...compiler.rewriting.rule import Replacement, uniform

HALF = "float16"


def lower(graph: Graph) -> Graph:
    """The same function by operations that the backend has code for."""
    return rewrite(graph, _TABLE)


def _product(node: Node, rewriter: Rewriter) -> Replacement:
    """Products of half precision are computed in single; those of integers as sums of products."""
    a, b = node.inputs
    flags = bool(node.attrs["transpose_a"]), bool(node.attrs["transpose_b"])
    if a.dtype.name == HALF:
        return cast(matmul(cast(a, float32), cast(b, float32), *flags), a.dtype)
    if a.dtype.is_float:
        return None
    left, right = (_swapped(x) if flag else x for x, flag in zip((a, b), flags, strict=True))
    return reduce_sum(mul(expand_dims(left, -1), expand_dims(right, -3)), -2)


def _swapped(x: TensorLike) -> TensorLike:
    rank = x.ndim
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _scattered(node: Node, rewriter: Rewriter) -> Replacement:
    """Updates are added up by themselves, half precision in single; then comes what they are added to."""
    x = node.inputs[0]
    if x.dtype.is_bool or (node.op is SCATTER_ADD_ALONG and _one_each(node)):
        return None
    if x.dtype.name == HALF:
        wide = [cast(v, float32) if v.dtype is x.dtype else v for v in node.inputs[1:]]
        sums = _again(node, zeros_like(cast(x, float32)), wide, x.dtype)
    elif _is_zero(x):
        return None
    else:
        sums = _again(node, zeros_like(x), node.inputs[1:], x.dtype)
    return sums if _is_zero(x) else add(x, sums)


def _again(
    node: Node, base: TensorLike, operands: list[TensorLike] | tuple[Value, ...], dtype: DType
) -> TensorLike:
    return cast(current().apply(node.op, (base, *operands), node.attrs), dtype)


def _one_each(node: Node) -> bool:
    axis: int = node.attrs["axis"]  # type: ignore[assignment]
    return node.inputs[1].shape[axis] == 1


def _is_zero(x: Value) -> bool:
    number = uniform(x)
    return number is not None and not number


_TABLE = Table(
    (
        Rule("products by what there is code for", (MATMUL,), _product),
        Rule(
            "updates added up by themselves",
            (SCATTER_ADD, SCATTER_ADD_ALONG, SCATTER_ADD_ND),
            _scattered,
        ),
    )
)
