"""Sums, means and extremes over axes, with TensorFlow's older keyword names too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError
from ...compiler.ir import Value
from ...compiler.ops import TensorLike
from .build import apply, scoped
from .convert import convert
from .dims import dimensions
from .dtypes import as_dtype, int64
from .dtypes import bool as bool_
from .tensor import Tensor

__all__ = [
    "arg_max", "arg_min", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "reduce_all",
    "reduce_any", "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod",
    "reduce_sum", "reduce_variance", "reduce_std",
]  # fmt: skip


def _reduce(
    type: str,
    function: Callable[[TensorLike, tuple[int, ...] | None, bool], TensorLike],
    x: object,
    axis: object,
    keepdims: bool | None,
    name: str | None,
    reduction_indices: object,
    keep_dims: bool | None,
    dtype: object = None,
) -> Tensor:
    axes = older(axis, reduction_indices, "axis", "reduction_indices")
    keep = bool(older(keepdims, keep_dims, "keepdims", "keep_dims"))
    tensor = convert(x, dtype, name="input_tensor")
    if hasattr(axes, "_as_tensor"):
        given = convert(axes)
        return apply(type, lambda v, a: function(v, read_axes(a), keep), tensor, given, name=name)
    fixed = as_axes(axes)
    return apply(type, lambda v: function(v, fixed, keep), tensor, name=name)


def older(new: object, old: object, name: str, old_name: str) -> object:
    """The value of an argument that has an older name. Raises: ValueError: both were given."""
    if old is None:
        return new
    if new is not None:
        raise AttributeValueError(f"Cannot specify both '{name}' and '{old_name}'")
    return old


def as_axes(axes: object) -> tuple[int, ...] | None:
    """Axes given as a number, a list or an array."""
    if axes is None:
        return None
    return tuple(int(a) for a in np.asarray(axes).ravel())


def read_axes(value: Value) -> tuple[int, ...]:
    """Axes given as a tensor, which must follow from constants and shapes."""
    known = dimensions(value)
    if known is None or not all(isinstance(a, int) for a in known.ravel()):
        raise AttributeValueError("axes must be known while the graph is built")
    return tuple(known.ravel())


@scoped("Sum")
def reduce_sum(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The sum over the axes (None: all)."""
    return _reduce(
        "Sum", ops.reduce_sum, input_tensor, axis, keepdims, name, reduction_indices, keep_dims
    )


@scoped("Mean")
def reduce_mean(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The mean over the axes (None: all); of integers, divided downwards to an integer, as TensorFlow does."""

    def mean(x: TensorLike, axes: tuple[int, ...] | None, keep: bool) -> TensorLike:
        if not x.dtype.is_integer:
            return library.mean(x, axes, keep)
        total = ops.reduce_sum(x, axes, keep)
        size = ops.reduce_sum(ops.ones_like(x), axes, keep)
        return ops.floordiv(total, size)

    return _reduce("Mean", mean, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@scoped("Max")
def reduce_max(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The largest element over the axes (None: all)."""
    return _reduce(
        "Max", ops.reduce_max, input_tensor, axis, keepdims, name, reduction_indices, keep_dims
    )


@scoped("Min")
def reduce_min(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The smallest element over the axes (None: all)."""
    return _reduce(
        "Min", ops.reduce_min, input_tensor, axis, keepdims, name, reduction_indices, keep_dims
    )


@scoped("Prod")
def reduce_prod(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The product over the axes (None: all)."""
    return _reduce(
        "Prod", ops.reduce_prod, input_tensor, axis, keepdims, name, reduction_indices, keep_dims
    )


@scoped("All")
def reduce_all(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Whether all elements over the axes (None: all) are true."""
    return _reduce(
        "All", ops.reduce_all, input_tensor, axis, keepdims, name, reduction_indices, keep_dims,
        bool_,
    )  # fmt: skip


@scoped("Any")
def reduce_any(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Whether any element over the axes (None: all) is true."""
    return _reduce(
        "Any", ops.reduce_any, input_tensor, axis, keepdims, name, reduction_indices, keep_dims,
        bool_,
    )  # fmt: skip


@scoped("ReduceLogSumExp")
def reduce_logsumexp(
    input_tensor: object, axis: object = None, keepdims: bool | None = None,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """``log(sum(exp(x)))`` over the axes (None: all), without overflow."""
    return _reduce(
        "LogSumExp", library.logsumexp, input_tensor, axis, keepdims, name, reduction_indices,
        keep_dims,
    )  # fmt: skip


@scoped("reduce_variance")
def reduce_variance(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The (biased) variance over the axes (None: all)."""
    return _reduce(
        "Variance", lambda x, axes, keep: library.variance(x, axes, 0, keep),
        input_tensor, axis, keepdims, name, None, None,
    )  # fmt: skip


@scoped("reduce_std")
def reduce_std(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of the (biased) variance over the axes (None: all)."""
    return _reduce(
        "Std", lambda x, axes, keep: library.standard_deviation(x, axes, 0, keep),
        input_tensor, axis, keepdims, name, None, None,
    )  # fmt: skip


@scoped("count_nonzero")
def count_nonzero(
    input_tensor: object, axis: object = None, keepdims: bool | None = None, dtype: object = int64,
    name: str | None = None, reduction_indices: object = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The number of elements other than 0 over the axes (None: all)."""
    kind = as_dtype(dtype).ir
    return _reduce(
        "CountNonzero",
        lambda x, axes, keep: ops.reduce_sum(ops.cast(ops.ne(x, 0), kind), axes, keep),
        input_tensor, axis, keepdims, name, reduction_indices, keep_dims,
    )  # fmt: skip


@scoped("ArgMax")
def argmax(
    input: object, axis: object = None, name: str | None = None, dimension: object = None,
    output_type: object = int64,
) -> Tensor:  # fmt: skip
    """The position of the largest element along the axis (default: the first); of equal ones, the first."""
    return _arg("ArgMax", ops.argmax, input, axis, name, dimension, output_type)


@scoped("ArgMin")
def argmin(
    input: object, axis: object = None, name: str | None = None, dimension: object = None,
    output_type: object = int64,
) -> Tensor:  # fmt: skip
    """The position of the smallest element along the axis (default: the first); of equal ones, the first."""
    return _arg("ArgMin", ops.argmin, input, axis, name, dimension, output_type)


arg_max, arg_min = argmax, argmin


def _arg(
    type: str,
    function: Callable[[TensorLike, int], TensorLike],
    x: object,
    axis: object,
    name: str | None,
    dimension: object,
    output_type: object,
) -> Tensor:
    chosen = older(axis, dimension, "axis", "dimension")
    over = 0 if chosen is None else int(chosen)  # type: ignore[call-overload]
    kind = as_dtype(output_type).ir

    def recipe(v: TensorLike) -> TensorLike:
        found = function(v, over)
        return found if found.dtype is kind else ops.cast(found, kind)

    return apply(type, recipe, convert(x), name=name)


@scoped("Cumsum")
def cumsum(
    x: object, axis: int = 0, exclusive: bool = False, reverse: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Running sums along the axis."""
    return apply("Cumsum", lambda v: ops.cumsum(v, axis, reverse, exclusive), convert(x), name=name)


@scoped("Cumprod")
def cumprod(
    x: object, axis: int = 0, exclusive: bool = False, reverse: bool = False,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Running products along the axis."""
    return apply(
        "Cumprod", lambda v: ops.cumprod(v, axis, reverse, exclusive), convert(x), name=name
    )
