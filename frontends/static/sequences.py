"""Sequences of different lengths in one tensor, and tensors taken apart by computed indices."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler import control, ops
from ...compiler.dispatch import Array, Building, current
from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ir import Value
from ...compiler.ops import TensorLike
from .array_ops import boolean_mask, reshape, shape
from .build import apply, scoped
from .convert import convert
from .dims import DimsArgument, dimensions, numbers
from .dtypes import as_dtype, int32
from .dtypes import bool as bool_
from .logic import equal
from .reduction import older
from .tensor import Tensor

__all__ = ["dynamic_partition", "dynamic_stitch", "reverse_sequence", "sequence_mask"]


@scoped("SequenceMask")
def sequence_mask(
    lengths: object, maxlen: object = None, dtype: object = bool_, name: str | None = None
) -> Tensor:
    """True (or 1) for the first ``lengths[i]`` places of row i.

    Args:
        lengths: integers of any shape.
        maxlen: the size of the new last axis; None: the largest length.
    """
    counts = convert(lengths)
    wanted = None if maxlen is None else DimsArgument(maxlen)
    given = wanted.tensors if wanted is not None else []
    kind = as_dtype(dtype)

    def recipe(x: Value, *values: Value) -> TensorLike:
        places = _places(x, wanted, values)
        mask = ops.lt(places, ops.expand_dims(x, x.ndim))
        return mask if kind == bool_ else ops.cast(mask, kind.ir)

    return apply("SequenceMask", recipe, counts, *given, name=name)


def _places(lengths: Value, wanted: DimsArgument | None, values: Sequence[Value]) -> TensorLike:
    if wanted is not None and not (values and dimensions(values[0]) is None):
        (size,) = wanted.dims(values)
        return ops.iota(size, lengths.dtype)
    return numbers_below(values[0] if wanted is not None else ops.reduce_max(lengths))


def numbers_below(limit: TensorLike) -> TensorLike:
    """0, 1, 2, ... below a scalar that is only known when the graph runs: a loop counts them."""
    if isinstance(limit, Array):
        return ops.iota(int(numbers(limit)[()]), limit.dtype)
    builder = current()
    assert isinstance(builder, Building)
    counter = [(limit.type, "i")]
    zero, one = ops.constant(0, limit.dtype), ops.constant(1, limit.dtype)
    test = control.trace(builder, "condition", counter, lambda i: [ops.lt(i, limit)])
    step = control.trace(builder, "body", counter, lambda i: [ops.add(i, one), i])
    return control.make_while(builder, test, step, [zero])[1]


@scoped("ReverseSequence")
def reverse_sequence(
    input: object, seq_lengths: object, seq_axis: int | None = None, batch_axis: int | None = None,
    name: str | None = None, seq_dim: int | None = None, batch_dim: int | None = None,
) -> Tensor:  # fmt: skip
    """The first ``seq_lengths[i]`` elements along ``seq_axis`` of row i (along ``batch_axis``) in reverse order.

    Raises:
        ShapeError: there is not one length for each row.
    """
    time = older(seq_axis, seq_dim, "seq_axis", "seq_dim")
    batch = older(batch_axis, batch_dim, "batch_axis", "batch_dim")
    if time is None:
        raise AttributeValueError("seq_axis must be given")
    return apply(
        "ReverseSequence", lambda x, n: _reversed(x, n, int(time), int(batch or 0)),  # type: ignore[call-overload]
        convert(input), convert(seq_lengths), name=name,
    )  # fmt: skip


def _reversed(x: TensorLike, lengths: TensorLike, time: int, batch: int) -> TensorLike:
    time, batch = time % x.ndim, batch % x.ndim
    if lengths.ndim != 1 or time == batch:
        raise ShapeError(
            f"seq_lengths must hold one length for each row: {lengths.type} for {x.type}"
        )
    order = [batch, time, *(i for i in range(x.ndim) if i not in (batch, time))]
    rows = ops.transpose(x, order)
    size, count = rows.shape[1], rows.shape[0]
    n = ops.expand_dims(lengths, 1)
    at = ops.expand_dims(ops.iota(size, lengths.dtype), 0)
    back = ops.where(ops.lt(at, n), ops.sub(ops.sub(n, ops.constant(1, n.dtype)), at), at)
    row = ops.expand_dims(ops.iota(count, lengths.dtype), 1)
    turned = ops.gather_nd(rows, row, back)
    return ops.transpose(turned, [order.index(i) for i in range(x.ndim)])


@scoped("DynamicPartition")
def dynamic_partition(
    data: object, partitions: object, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """The elements (or slices) of ``data`` for which ``partitions`` holds 0, those for which it holds 1, and so on.

    Args:
        partitions: integers, whose axes are the first of ``data``'s.
        num_partitions: how many tensors to make.
    """
    x, which = convert(data), convert(partitions)
    return [boolean_mask(x, equal(which, i)) for i in range(int(num_partitions))]


@scoped("DynamicStitch")
def dynamic_stitch(
    indices: Sequence[object], data: Sequence[object], name: str | None = None
) -> Tensor:
    """One tensor in which ``data[m][i...]`` stands at the place ``indices[m][i...]``; later ones replace earlier ones.

    Its size is one more than the largest index, and places that no index names hold 0.
    """
    if len(indices) != len(data) or not data:
        raise AttributeValueError("indices and data must be lists of the same length, at least 1")
    flat, rows = [], []
    for places, values in zip(indices, data, strict=True):
        where, what = convert(places, int32), convert(values)
        rank = where.shape.ndims
        if rank is None or what.shape.ndims is None:
            raise ShapeError("dynamic_stitch needs indices and data of known rank")
        flat.append(reshape(where, [-1]))
        rows.append(reshape(what, [-1, *[shape(what)[i] for i in range(rank, what.shape.ndims)]]))
    count = len(flat)

    def recipe(*given: TensorLike) -> TensorLike:
        places = ops.concatenate(given[:count], 0)
        values = ops.concatenate(given[count:], 0)
        last = ops.reduce_max(places)
        counted = numbers_below(ops.add(last, ops.constant(1, last.dtype)))
        nothing = ops.cast(ops.sub(counted, counted), values.dtype)
        column = ops.reshape(nothing, (counted.shape[0], *[1] * (values.ndim - 1)))
        room = ops.broadcast_to(column, (counted.shape[0], *values.shape[1:]))
        return ops.scatter_set_nd(room, values, places)

    return apply("DynamicStitch", recipe, *flat, *rows, name=name)
