"""New tensors from nothing but a shape or numbers."""

from __future__ import annotations

import numpy as np

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ir import Dim, Value
from ...compiler.ops import TensorLike
from .build import apply, scoped
from .convert import constant, convert
from .dims import DimsArgument
from .dtypes import as_dtype, float32, int32, int64
from .dtypes import bool as bool_
from .tensor import Tensor

__all__ = [
    "diag", "eye", "fill", "lin_space", "linspace", "meshgrid", "one_hot", "ones", "ones_like",
    "range", "sequence_mask", "zeros", "zeros_like",
]  # fmt: skip

_range = range


def _full(type: str, shape: object, value: float, dtype: object, name: str | None) -> Tensor:
    wanted, kind = DimsArgument(shape), as_dtype(dtype).ir
    return apply(
        type, lambda *dims: ops.full(wanted.dims(dims), value, kind), *wanted.tensors, name=name
    )


def zeros(shape: object, dtype: object = float32, name: str | None = None) -> Tensor:
    """Zeros of the given shape, a list or a tensor."""
    return _full("zeros", shape, 0, dtype, name)


def ones(shape: object, dtype: object = float32, name: str | None = None) -> Tensor:
    """Ones of the given shape, a list or a tensor."""
    return _full("ones", shape, 1, dtype, name)


@scoped("Fill")
def fill(dims: object, value: object, name: str | None = None) -> Tensor:
    """A scalar, repeated over a shape."""
    wanted, filler = DimsArgument(dims), convert(value, name="value")
    number = filler.op.get_attr("value") if filler.op.type == "Const" else None
    if isinstance(number, np.ndarray):
        return _full("Fill", dims, number.item(), filler.dtype, name)
    return apply(
        "Fill",
        lambda x, *sizes: ops.broadcast_to(x, wanted.dims(sizes)),
        filler, *wanted.tensors, name=name,
    )  # fmt: skip


def _like(type: str, tensor: object, value: int, dtype: object, name: str | None) -> Tensor:
    x = convert(tensor)
    kind = (as_dtype(dtype) if dtype is not None else x.dtype).ir
    return apply(type, lambda v: ops.full(v.shape, value, kind), x, name=name)


def zeros_like(
    tensor: object, dtype: object = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros of the same shape."""
    return _like("zeros_like", tensor, 0, dtype, name)


def ones_like(
    tensor: object, dtype: object = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones of the same shape."""
    return _like("ones_like", tensor, 1, dtype, name)


@scoped("range")
def range(
    start: object, limit: object = None, delta: object = 1, dtype: object = None,
    name: str | None = "range",
) -> Tensor:  # fmt: skip
    """The numbers from ``start`` (default 0) below ``limit`` in steps of ``delta``.

    The bounds are Python numbers, or tensors that follow from shapes.
    """
    if limit is None:
        start, limit = 0, start
    parts = (start, limit, delta)
    if not any(hasattr(p, "_as_tensor") for p in parts):
        kind = None if dtype is None else as_dtype(dtype)
        numbers = np.arange(*(_number(p) for p in parts))
        natural = float32 if numbers.dtype.kind == "f" else int32
        return constant(numbers, kind or natural, name=name or "range")
    known = DimsArgument([start, limit, delta])
    kind = next(convert(p).dtype for p in parts if hasattr(p, "_as_tensor"))
    kind = kind if dtype is None else as_dtype(dtype)

    def recipe(*values: Value) -> TensorLike:
        first, past, step = known.dims(values)
        counted = ops.iota(_count(first, past, step), kind.ir)
        scaled = counted if step == 1 else ops.mul(counted, ops.extent(step, kind.ir))
        return scaled if first == 0 else ops.add(scaled, ops.extent(first, kind.ir))

    return apply("Range", recipe, *known.tensors, name=name)


def _count(first: Dim, past: Dim, step: Dim) -> Dim:
    """How many numbers there are from the first before the one past them; a symbolic step is taken to be positive."""
    if isinstance(step, int) and step < 0:
        first, past, step = past, first, -step
    count = (past - first + step - 1) // step
    return max(count, 0) if isinstance(count, int) else count


def _number(value: object) -> float | int:
    return value if isinstance(value, (int, float)) else np.asarray(value).item()


@scoped("LinSpace")
def lin_space(start: object, stop: object, num: object, name: str | None = None) -> Tensor:
    """``num`` numbers from ``start`` to ``stop``, both included, at equal distances."""
    low = convert(start, name="start")
    high = convert(stop, low.dtype, name="stop")
    known = DimsArgument(num)

    def recipe(a: TensorLike, b: TensorLike, *dims: Value) -> TensorLike:
        (count,) = known.dims(dims)
        gaps = count - 1
        parts = max(gaps, 1) if isinstance(gaps, int) else ops.maximum(ops.extent(gaps, a.dtype), 1)
        return ops.add(ops.mul(ops.iota(count, a.dtype), ops.div(ops.sub(b, a), parts)), a)

    return apply("LinSpace", recipe, low, high, *known.tensors, name=name)


linspace = lin_space


@scoped("eye")
def eye(
    num_rows: object, num_columns: object = None, batch_shape: object = None,
    dtype: object = float32, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The identity matrix, or one for each element of a batch."""
    sides = DimsArgument([num_rows, num_rows if num_columns is None else num_columns])
    batch = DimsArgument([] if batch_shape is None else batch_shape)
    if sides.tensors or batch.tensors:
        kind = as_dtype(dtype).ir

        def recipe(*dims: Value) -> TensorLike:
            rows, columns = sides.dims(dims[: len(sides.tensors)])
            lead = batch.dims(dims[len(sides.tensors) :])
            return ops.broadcast_to(library.eye(rows, columns, kind), (*lead, rows, columns))

        return apply("eye", recipe, *sides.tensors, *batch.tensors, name=name)
    rows, columns = sides.dims(())
    matrix = np.eye(int(rows), int(columns))  # type: ignore[arg-type]
    if batch_shape is not None:
        matrix = np.broadcast_to(matrix, (*batch.dims(()), *matrix.shape))  # type: ignore[arg-type]
    return constant(matrix, dtype, name=name or "eye")


@scoped("one_hot")
def one_hot(
    indices: object, depth: object, on_value: object = None, off_value: object = None,
    axis: int | None = None, dtype: object = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``on_value`` (1) at each index and ``off_value`` (0) elsewhere, along a new axis of extent ``depth``.

    Args:
        axis: where the new axis stands; -1, the default, is last.
    """
    if dtype is None:
        given = [v for v in (on_value, off_value) if v is not None]
        dtype = convert(given[0]).dtype if given else float32
    kind, size = as_dtype(dtype), DimsArgument(depth)
    x = convert(indices, name="indices")

    def recipe(v: TensorLike, *values: Value) -> TensorLike:
        (extent,) = size.dims(values)
        if isinstance(extent, int) and extent < 0:
            raise ShapeError(f"depth must be non-negative, got: {extent}")
        found = ops.one_hot(v, extent, kind.ir if plain else bool_.ir)
        if axis is not None and axis != -1 and axis != v.ndim:
            order = [*_range(v.ndim)]
            order.insert(axis, v.ndim)
            found = ops.transpose(found, order)
        if plain:
            return found
        return ops.where(found, ops.constant(on, kind.ir), ops.constant(off, kind.ir))

    on = 1 if on_value is None else _python(on_value)
    off = 0 if off_value is None else _python(off_value)
    plain = on == 1 and off == 0
    return apply("OneHot", recipe, x, *size.tensors, name=name)


def _python(value: object) -> float:
    if hasattr(value, "_as_tensor"):
        data = value._as_tensor().op.get_attr("value")
        return float(np.asarray(data))
    return value  # type: ignore[return-value]


@scoped("SequenceMask")
def sequence_mask(
    lengths: object, maxlen: object = None, dtype: object = bool_, name: str | None = None
) -> Tensor:
    """True at the first ``lengths[i]`` of ``maxlen`` positions of row i.

    Raises:
        ValueError: ``maxlen`` is not given and ``lengths`` is no constant, so that the width is unknown.
    """
    counts, kind = convert(lengths), as_dtype(dtype)
    if maxlen is None:
        if counts.op.type != "Const":
            raise AttributeValueError("sequence_mask of lengths that are fed needs maxlen")
        maxlen = int(np.max(np.asarray(counts.op.get_attr("value"))))
    width = DimsArgument(maxlen)

    def recipe(v: TensorLike, *values: Value) -> TensorLike:
        (size,) = width.dims(values)
        mask = ops.lt(ops.iota(size, v.dtype), ops.expand_dims(v, -1))
        return ops.cast(mask, kind.ir) if not kind.is_bool else mask

    return apply("SequenceMask", recipe, counts, *width.tensors, name=name)


def meshgrid(*args: object, indexing: str = "xy", name: str = "meshgrid") -> list[Tensor]:
    """The coordinates of a grid: one tensor for each vector, all of the grid's shape."""
    vectors = [convert(a) for a in args]
    rank = len(vectors)
    axes = [*_range(rank)]
    if indexing == "xy" and rank > 1:
        axes[:2] = [1, 0]

    def coordinate(which: int) -> Tensor:
        def recipe(*vs: Value) -> TensorLike:
            shape = [vs[axes.index(a)].shape[0] for a in _range(rank)]
            mine = [1] * rank
            mine[axes[which]] = -1
            return ops.broadcast_to(ops.reshape(vs[which], mine), shape)

        return apply("Meshgrid", recipe, *vectors, name=name)

    return [coordinate(i) for i in _range(rank)]


@scoped("Diag")
def diag(diagonal: object, name: str | None = None) -> Tensor:
    """A square matrix with the vector on its diagonal and zeros elsewhere."""
    return apply(
        "Diag",
        lambda v: ops.mul(
            ops.expand_dims(v, -1),
            ops.one_hot(ops.iota(v.shape[0], int64.ir), v.shape[0], v.dtype),
        ),
        convert(diagonal),
        name=name,
    )
