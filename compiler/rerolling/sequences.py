"""Sequences from the parts that iterations take, and what was collected from the stacks that a loop gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Dim, Value
from ..ops import TensorLike, constant, flip, reshape, slice_, transpose
from .patterns import Part, Tabled
from .stream import Stream

__all__ = ["one_of", "placed", "sequence", "some_of", "table"]


def sequence(source: Value, part: Part, times: int, reverse: bool) -> Value:
    """``[times, ...]``: the parts of ``source``, which stands for the part's own, in order; or the last one first."""
    lo, hi, stride = part.start, part.start + part.step * (times - 1) + 1, part.step
    if part.width > 1:
        hi, stride = part.start + part.width * times, 1
    elif part.step < 0:
        lo, hi, stride = hi - 1, lo + 1, -part.step
    fixed, after = len(part.lead), source.shape[part.axis + 1 :]
    around = source.shape[fixed : part.axis]
    q: TensorLike = source
    if fixed:
        whole = source.shape[fixed:]
        q = slice_(q, [*part.lead, *[0] * len(whole)], [*[i + 1 for i in part.lead], *whole])
        q = reshape(q, whole)
    axis = part.axis - fixed
    q = slice_(
        q,
        [*[0] * axis, lo, *[0] * len(after)],
        [*around, hi, *after],
        [*[1] * axis, stride, *[1] * len(after)],
    )
    if part.width > 1:
        q = reshape(q, (*q.shape[:axis], times, part.width, *q.shape[axis + 1 :]))
    q = transpose(q, (axis, *[a for a in range(q.ndim) if a != axis]))
    if (part.step < 0) != reverse:
        q = flip(q, 0)
    return q  # type: ignore[return-value]


def table(pattern: Tabled, stream: Stream, times: int, reverse: bool) -> Value:
    """``[times, ...]``: constants in order; with ``reverse``, the last one first."""
    rows = []
    for value in pattern.values[:times]:
        node = stream.constant(value)
        assert node is not None
        rows.append(node.attrs["value"])
    return constant(np.stack(rows[::-1] if reverse else rows))  # type: ignore[return-value,arg-type]


def one_of(stack: Value, at: int) -> Value:
    """``stack[at]``."""
    zeros = [0] * (stack.ndim - 1)
    cut = slice_(stack, [at, *zeros], [at + 1, *stack.shape[1:]])
    return reshape(cut, stack.shape[1:])  # type: ignore[return-value]


def some_of(stack: Value, first: int, count: int, descending: bool) -> Value:
    """``count`` elements from ``first`` on, upwards or downwards."""
    lo = first - count + 1 if descending else first
    zeros = [0] * (stack.ndim - 1)
    cut = slice_(stack, [lo, *zeros], [lo + count, *stack.shape[1:]])
    return flip(cut, 0) if descending else cut  # type: ignore[return-value]


def placed(parts: Value, shape: Sequence[Dim], axis: int) -> Value:
    """What ``[n, ...]`` gives, one after the other along ``axis``.

    Args:
        shape: of each part as it is concatenated; its extent along ``axis`` may be 1 and missing in ``parts``.
    """
    rank = parts.ndim
    q = transpose(parts, (*range(1, axis + 1), 0, *range(axis + 1, rank)))
    if rank > len(shape):
        q = reshape(q, (*shape[:axis], parts.shape[0] * shape[axis], *shape[axis + 1 :]))
    return q  # type: ignore[return-value]
