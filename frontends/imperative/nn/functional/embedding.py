"""Lookups by number."""

from __future__ import annotations

import numpy as np

from .....compiler import library
from .....compiler.dispatch.current import current
from .....compiler.errors import AttributeValueError, DTypeError, IndexOutOfRange
from .....compiler.ir.dtypes import int64
from .....compiler.ops import eq, gt, ones_like, reshape, stop_gradient, where
from .....compiler.ops import one_hot as one_hot_op
from ...assumptions import Within, holds
from ...creation import from_numpy
from ...grad_mode import no_grad
from ...tensor import Tensor, wrap
from .support import named

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """``weight[input]``: integers ``[*]`` and a table ``[n, d]`` to vectors ``[*, d]``.

    Raises:
        DTypeError: ``input`` is not of integers.
        IndexOutOfRange: a number that is no row.
    """
    ids, table = input.array, weight.array
    if ids.data.dtype.kind not in "iu":
        raise DTypeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {input.type()} instead (while checking arguments for embedding)",
            hint="cast the indices to int64 with .long()",
        )
    if scale_grad_by_freq:
        raise AttributeValueError(
            "bifront's embedding cannot scale gradients by frequency (scale_grad_by_freq=True)",
            hint="divide the rows of weight.grad by the counts of the indices",
        )
    rows = table.data.shape[0]
    if not holds(ids, Within(0, rows)):
        bad = next(int(i) for i in ids.data.flat if not 0 <= i < rows)
        raise IndexOutOfRange(
            f"index out of range in self: {bad} is no row of an embedding of {rows} rows"
        )
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
        table = weight.array
    found = library.embedding_lookup(table, ids)
    if padding_idx is not None:
        pad = reshape(eq(ids, padding_idx % rows), (*ids.data.shape, 1))
        found = where(pad, stop_gradient(found), found)
    return named(found, "EmbeddingBackward0")


def _renormalize(weight: Tensor, ids: Tensor, max_norm: float, order: float) -> None:
    """Rescale the rows that are looked up and too long, in place."""
    with no_grad():
        current().observed(ids.array)
        rows = from_numpy(np.unique(ids.array.data))
        picked = weight[rows]
        size = wrap(library.norm(picked.array, order, -1, True))  # type: ignore[arg-type]
        scale = max_norm * (size + 1e-7).reciprocal()
        factor = where(gt(size.array, max_norm), scale.array, ones_like(size.array))
        weight[rows] = picked * wrap(factor)  # type: ignore[arg-type]


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Integers ``[*]`` to int64 ``[*, num_classes]``; -1 takes one class more than the largest number.

    Raises:
        RuntimeError: a number that is no class.
    """
    data = tensor.array.data
    if data.dtype.kind not in "iu":
        raise DTypeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not holds(tensor.array, Within(0)):
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        current().observed(tensor.array)
        num_classes = int(data.max()) + 1
    elif not holds(tensor.array, Within(0, num_classes)):
        raise RuntimeError("Class values must be smaller than num_classes.")
    return wrap(one_hot_op(tensor.array, num_classes, int64))  # type: ignore[arg-type]
