"""Running sums, products and linear recurrences along one axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError
from ..ir.types import TensorType
from .accuracy import PRODUCT, SUM
from .arithmetic import mul
from .joining import pad
from .op import Kind, Op, Sample, TensorLike, define
from .rules import floats, linear, numbers
from .shapes import check_axes, normalize_axis, same_dtype
from .slicing import flip, slice_

__all__ = ["CUMPROD", "CUMSUM", "RECURRENCE", "cumprod", "cumsum", "recurrence"]


def _shift(x: TensorLike, axis: int, fill: float) -> TensorLike:
    """The elements one place further along the axis, ``fill`` in front; the last one falls out."""
    margins = tuple([(1, 0) if i == axis else (0, 0) for i in range(x.ndim)])
    return slice_(pad(x, margins, "constant", fill), (0,) * x.ndim, x.shape, (1,) * x.ndim)


def _infer_scan(x: TensorType, *, axis: int) -> TensorType:
    numbers(x)
    check_axes((axis,), x.rank)
    return x


def _evaluate_cumsum(x: np.ndarray, *, axis: int) -> np.ndarray:
    return np.add.accumulate(x, axis, x.dtype)


def _evaluate_cumprod(x: np.ndarray, *, axis: int) -> np.ndarray:
    return np.multiply.accumulate(x, axis, x.dtype)


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.uniform(0.5, 2.0, (2, 3, 2))
    yield Sample((x,), {"axis": 1})
    yield Sample((np.array([2.0, 0.0, -1.5, 0.0, 3.0]),), {"axis": 0})
    yield Sample((x.astype(np.float32),), {"axis": 2})
    yield Sample((np.arange(1, 7, dtype=np.int32).reshape(2, 3),), {"axis": 1})
    yield Sample((np.zeros((2, 0)),), {"axis": 1})
    yield Sample((np.zeros((0, 2)),), {"axis": 1})


CUMSUM = define(
    Op(
        name="cumsum",
        kind=Kind.REDUCTION,
        infer=_infer_scan,
        evaluate=_evaluate_cumsum,
        vjp=(lambda g, y, x, *, axis: cumsum(g, axis, reverse=True),),
        jvp=linear(lambda t, *, axis: cumsum(t, axis)),
        samples=_samples,
        doc="running sum along `axis`",
        accuracy=SUM,
    )
)


def _cumprod_vjp(g: TensorLike, y: TensorLike, x: TensorLike, *, axis: int) -> TensorLike:
    """Exact at zeros, where dividing by x is not.

    The cotangent of x[i] is the product of what stands before it times s[i] = g[i] + x[i + 1] s[i + 1].
    """
    after = flip(_shift(flip(x, (axis,)), axis, 0.0), (axis,))
    return mul(_shift(y, axis, 1.0), recurrence(after, g, axis, reverse=True))


def _cumprod_jvp(t: TensorLike, y: TensorLike, x: TensorLike, *, axis: int) -> TensorLike:
    return recurrence(x, mul(t, _shift(y, axis, 1.0)), axis)


CUMPROD = define(
    Op(
        name="cumprod",
        kind=Kind.REDUCTION,
        infer=_infer_scan,
        evaluate=_evaluate_cumprod,
        vjp=(_cumprod_vjp,),
        jvp=(_cumprod_jvp,),
        samples=_samples,
        doc="running product along `axis`",
        accuracy=PRODUCT,
    )
)


def _infer_recurrence(a: TensorType, b: TensorType, *, axis: int) -> TensorType:
    same_dtype(a, b)
    floats(a, b)
    check_axes((axis,), b.rank)
    if a.shape != b.shape:
        raise AttributeValueError(f"factors are {a} and terms {b}, which must have one shape")
    return b


def _evaluate_recurrence(a: np.ndarray, b: np.ndarray, *, axis: int) -> np.ndarray:
    y = b.copy()
    along_y, along_a = np.moveaxis(y, axis, 0), np.moveaxis(a, axis, 0)
    for i in range(1, len(along_y)):
        along_y[i] += along_a[i] * along_y[i - 1]
    return y


def _recurrence_adjoint(g: TensorLike, a: TensorLike, axis: int) -> TensorLike:
    after = flip(_shift(flip(a, (axis,)), axis, 0.0), (axis,))
    return recurrence(after, g, axis, reverse=True)


def _recurrence_samples(rng: np.random.Generator) -> Iterator[Sample]:
    a, b = rng.standard_normal((2, 2, 3, 2))
    yield Sample((a, b), {"axis": 1})
    yield Sample((np.array([1.0, 0.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0, 1.0])), {"axis": 0})
    yield Sample((a.astype(np.float32), b.astype(np.float32)), {"axis": 2})
    yield Sample((np.zeros((2, 0)), np.zeros((2, 0))), {"axis": 1})


RECURRENCE = define(
    Op(
        name="recurrence",
        kind=Kind.REDUCTION,
        infer=_infer_recurrence,
        evaluate=_evaluate_recurrence,
        vjp=(
            lambda g, y, a, b, *, axis: mul(_recurrence_adjoint(g, a, axis), _shift(y, axis, 0.0)),
            lambda g, y, a, b, *, axis: _recurrence_adjoint(g, a, axis),
        ),
        jvp=(
            lambda t, y, a, b, *, axis: recurrence(a, mul(t, _shift(y, axis, 0.0)), axis),
            lambda t, y, a, b, *, axis: recurrence(a, t, axis),
        ),
        samples=_recurrence_samples,
        doc="y[i] = a[i] y[i - 1] + b[i] along `axis`, starting from 0; what a running product's gradient is",
        accuracy=SUM,
    )
)


def cumsum(x: TensorLike, axis: int, reverse: bool = False, exclusive: bool = False) -> TensorLike:
    """Running sums along ``axis``, in the element type of x.

    Args:
        reverse: run from the end.
        exclusive: leave each element out of its own sum, so that the first is 0.
    """
    return _scan(CUMSUM, x, axis, reverse, exclusive, 0.0)


def cumprod(x: TensorLike, axis: int, reverse: bool = False, exclusive: bool = False) -> TensorLike:
    """Running products along ``axis``, in the element type of x; arguments as in `cumsum`."""
    return _scan(CUMPROD, x, axis, reverse, exclusive, 1.0)


def recurrence(a: TensorLike, b: TensorLike, axis: int, reverse: bool = False) -> TensorLike:
    """y[i] = a[i] y[i - 1] + b[i] along ``axis`` (y[i + 1] if ``reverse``), starting from 0."""
    axis = normalize_axis(axis, b.ndim)
    if reverse:
        return flip(recurrence(flip(a, (axis,)), flip(b, (axis,)), axis), (axis,))
    return current().apply(RECURRENCE, (a, b), {"axis": axis})


def _scan(
    op: Op, x: TensorLike, axis: int, reverse: bool, exclusive: bool, start: float
) -> TensorLike:
    axis = normalize_axis(axis, x.ndim)
    if reverse:
        return flip(_scan(op, flip(x, (axis,)), axis, False, exclusive, start), (axis,))
    if exclusive:
        x = _shift(x, axis, start)
    return current().apply(op, (x,), {"axis": axis})
