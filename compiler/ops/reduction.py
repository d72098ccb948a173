"""Reductions: sums, products, extremes and quantifiers over axes. `axes` is sorted and counts from the front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..dispatch.current import current
from ..errors import ShapeError
from ..ir.dims import product
from ..ir.dtypes import int64
from ..ir.types import Shape, TensorType
from .accuracy import EXTREME, PRODUCT, SUM
from .arithmetic import div, mul
from .constant import constant
from .logic import eq
from .movement import broadcast_to, reshape, transpose
from .op import Kind, Op, Sample, TensorLike, define
from .rules import booleans, linear, numbers
from .scan import cumprod
from .selection import cast, where
from .shapes import check_axes, normalize_axes, normalize_axis

__all__ = [
    "ARGMAX", "ARGMIN", "REDUCE_ALL", "REDUCE_ANY", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD",
    "REDUCE_SUM",
    "argmax", "argmin", "reduce_all", "reduce_any", "reduce_max", "reduce_min", "reduce_prod",
    "reduce_sum",
]  # fmt: skip

Axes = tuple[int, ...]


def _kept(shape: Shape, axes: Axes) -> Shape:
    """The shape with 1 for each reduced axis."""
    return tuple([1 if i in axes else d for i, d in enumerate(shape)])


def _left(shape: Shape, axes: Axes) -> Shape:
    """The shape without the reduced axes."""
    return tuple([d for i, d in enumerate(shape) if i not in axes])


def _reduced(x: TensorType, axes: Axes, keepdims: bool) -> TensorType:
    return x.with_shape(_kept(x.shape, axes) if keepdims else _left(x.shape, axes))


def _infer_sum(x: TensorType, *, axes: Axes, keepdims: bool) -> TensorType:
    numbers(x)
    check_axes(axes, x.rank)
    return _reduced(x, axes, keepdims)


def _infer_extreme(x: TensorType, *, axes: Axes, keepdims: bool) -> TensorType:
    numbers(x)
    check_axes(axes, x.rank)
    for axis in axes:
        _not_empty(x, axis)
    return _reduced(x, axes, keepdims)


def _not_empty(x: TensorType, axis: int) -> None:
    if x.shape[axis] == 0:
        raise ShapeError(f"axis {axis} of {x} has no elements, so no greatest and no smallest")


def _infer_quantifier(x: TensorType, *, axes: Axes, keepdims: bool) -> TensorType:
    booleans(x)
    check_axes(axes, x.rank)
    return _reduced(x, axes, keepdims)


def _reducer(function: np.ufunc) -> Callable[..., np.ndarray]:
    reduce = function.reduce

    def evaluate(x: np.ndarray, *, axes: Axes, keepdims: bool) -> np.ndarray:
        # NumPy would add up small integers in wider ones; a result has the operand's type.
        return reduce(x, axes, x.dtype, keepdims=keepdims)  # type: ignore[no-any-return]

    return evaluate


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.uniform(0.5, 2.0, (2, 3, 4)) * np.where(rng.random((2, 3, 4)) < 0.3, -1, 1)
    yield Sample((x,), {"axes": (0, 2), "keepdims": False})
    yield Sample((x,), {"axes": (1,), "keepdims": True})
    yield Sample((x[0],), {"axes": (0, 1), "keepdims": False})
    yield Sample((x[0, :0],), {"axes": (1,), "keepdims": False})
    yield Sample((x.astype(np.float32),), {"axes": (0, 1, 2), "keepdims": False})
    yield Sample((np.arange(6, dtype=np.int32).reshape(2, 3),), {"axes": (1,), "keepdims": False})


def _samples_with_none(rng: np.random.Generator) -> Iterator[Sample]:
    yield from _samples(rng)
    yield Sample((np.zeros((2, 0)),), {"axes": (1,), "keepdims": True})


def _samples_with_zeros(rng: np.random.Generator) -> Iterator[Sample]:
    yield from _samples_with_none(rng)
    x = np.array([[2.0, 0.0, 3.0], [0.0, -1.5, 0.0], [1.0, 2.0, 0.5]])
    yield Sample((x,), {"axes": (1,), "keepdims": False})


def _samples_with_ties(rng: np.random.Generator) -> Iterator[Sample]:
    yield from _samples(rng)
    x = np.array([[2.0, 2.0, 1.0], [0.0, np.nan, 3.0]])
    yield Sample((x,), {"axes": (1,), "keepdims": False}, differentiable=False)


def _truths(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.random((2, 3, 4)) < 0.7
    yield Sample((x,), {"axes": (0, 2), "keepdims": False})
    yield Sample((x,), {"axes": (1,), "keepdims": True})
    yield Sample((x,), {"axes": (0, 1, 2), "keepdims": False})
    yield Sample((np.zeros((2, 0), bool),), {"axes": (1,), "keepdims": False})


def _sum_vjp(
    g: TensorLike, y: TensorLike, x: TensorLike, *, axes: Axes, keepdims: bool
) -> TensorLike:
    return broadcast_to(reshape(g, _kept(x.shape, axes)), x.shape)


def _sum(x: TensorLike, *, axes: Axes, keepdims: bool) -> TensorLike:
    return reduce_sum(x, axes, keepdims)


REDUCE_SUM = define(
    Op(
        name="reduce_sum",
        kind=Kind.REDUCTION,
        infer=_infer_sum,
        evaluate=_reducer(np.add),
        vjp=(_sum_vjp,),
        jvp=linear(_sum),
        samples=_samples_with_none,
        doc="sum over `axes`",
        affine=True,
        accuracy=SUM,
    )
)


def _shares(x: TensorLike, y: TensorLike, axes: Axes) -> tuple[TensorLike, TensorLike]:
    """Where x is extreme, and how many elements share that (a size of 1 for each reduced axis)."""
    extreme = eq(x, reshape(y, _kept(x.shape, axes)))
    return extreme, reduce_sum(cast(extreme, x.dtype), axes, keepdims=True)


def _extreme_vjp(
    g: TensorLike, y: TensorLike, x: TensorLike, *, axes: Axes, keepdims: bool
) -> TensorLike:
    """Elements that tie share the cotangent evenly: the rule of TensorFlow's reduce_max and PyTorch's amax."""
    extreme, count = _shares(x, y, axes)
    share = div(reshape(g, count.shape), count)
    return where(extreme, share, constant(0, g.dtype))


def _extreme_jvp(
    t: TensorLike, y: TensorLike, x: TensorLike, *, axes: Axes, keepdims: bool
) -> TensorLike:
    extreme, count = _shares(x, y, axes)
    total = reduce_sum(where(extreme, t, constant(0, t.dtype)), axes, keepdims=True)
    return reshape(div(total, count), y.shape)


def _extreme(name: str, function: np.ufunc, doc: str) -> Op:
    return define(
        Op(
            name,
            Kind.REDUCTION,
            _infer_extreme,
            _reducer(function),
            (_extreme_vjp,),
            (_extreme_jvp,),
            _samples_with_ties,
            doc,
            accuracy=EXTREME,
        )
    )


REDUCE_MAX = _extreme(
    "reduce_max", np.maximum, "greatest element over `axes`; ties share the gradient"
)
REDUCE_MIN = _extreme(
    "reduce_min", np.minimum, "smallest element over `axes`; ties share the gradient"
)


def _product_of_others(x: TensorLike, axes: Axes) -> TensorLike:
    """For each element the product of the others: no division, so zeros are no special case."""
    rest = tuple([i for i in range(x.ndim) if i not in axes])
    order = rest + axes
    moved = transpose(x, order)
    rows = reshape(moved, (*_left(x.shape, axes), product([x.shape[i] for i in axes])))
    before = cumprod(rows, -1, exclusive=True)
    after = cumprod(rows, -1, exclusive=True, reverse=True)
    others = reshape(mul(before, after), moved.shape)
    return transpose(others, tuple([order.index(i) for i in range(x.ndim)]))


def _product_vjp(
    g: TensorLike, y: TensorLike, x: TensorLike, *, axes: Axes, keepdims: bool
) -> TensorLike:
    return mul(reshape(g, _kept(x.shape, axes)), _product_of_others(x, axes))


def _product_jvp(
    t: TensorLike, y: TensorLike, x: TensorLike, *, axes: Axes, keepdims: bool
) -> TensorLike:
    return reduce_sum(mul(t, _product_of_others(x, axes)), axes, keepdims)


REDUCE_PROD = define(
    Op(
        name="reduce_prod",
        kind=Kind.REDUCTION,
        infer=_infer_sum,
        evaluate=_reducer(np.multiply),
        vjp=(_product_vjp,),
        jvp=(_product_jvp,),
        samples=_samples_with_zeros,
        doc="product over `axes`",
        accuracy=PRODUCT,
    )
)


def _quantifier(name: str, function: np.ufunc, doc: str) -> Op:
    return define(
        Op(name, Kind.REDUCTION, _infer_quantifier, _reducer(function), None, None, _truths, doc)
    )


REDUCE_ALL = _quantifier("reduce_all", np.logical_and, "whether all elements over `axes` hold")
REDUCE_ANY = _quantifier("reduce_any", np.logical_or, "whether any element over `axes` holds")


def _infer_arg(x: TensorType, *, axis: int) -> TensorType:
    numbers(x)
    check_axes((axis,), x.rank)
    _not_empty(x, axis)
    return TensorType(int64, _left(x.shape, (axis,)))


def _arg_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((2, 3, 4))
    yield Sample((x,), {"axis": 1})
    yield Sample((x[0, 0],), {"axis": 0})
    yield Sample((np.array([[1, 3, 3], [2, 2, 1]]),), {"axis": 1})
    yield Sample((x.astype(np.float32),), {"axis": 2})
    yield Sample((np.array([1.0, np.nan, 2.0]),), {"axis": 0})
    yield Sample((x[:0, 0],), {"axis": 1})


def _arg(name: str, function: Callable[..., np.ndarray], doc: str) -> Op:
    def evaluate(x: np.ndarray, *, axis: int) -> np.ndarray:
        return function(x, axis=axis)

    return define(Op(name, Kind.REDUCTION, _infer_arg, evaluate, None, None, _arg_samples, doc))


ARGMAX = _arg("argmax", np.argmax, "position along `axis` of the greatest element (the first one)")
ARGMIN = _arg("argmin", np.argmin, "position along `axis` of the smallest element (the first one)")


def _reduce(op: Op, x: TensorLike, axes: int | Sequence[int] | None, keepdims: bool) -> TensorLike:
    over = normalize_axes(axes, x.ndim)
    if not over:
        return x
    return current().apply(op, (x,), {"axes": over, "keepdims": bool(keepdims)})


def reduce_sum(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """The sum over ``axes`` (None: all of them), in the element type of x."""
    return _reduce(REDUCE_SUM, x, axes, keepdims)


def reduce_max(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """The greatest element over ``axes``; NaN if there is one.

    Raises:
        ShapeError: there are no elements.
    """
    return _reduce(REDUCE_MAX, x, axes, keepdims)


def reduce_min(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """The smallest element over ``axes``; NaN if there is one.

    Raises:
        ShapeError: there are no elements.
    """
    return _reduce(REDUCE_MIN, x, axes, keepdims)


def reduce_prod(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """The product over ``axes``, in the element type of x."""
    return _reduce(REDUCE_PROD, x, axes, keepdims)


def reduce_all(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """Whether all elements over ``axes`` hold; true where there are none."""
    return _reduce(REDUCE_ALL, x, axes, keepdims)


def reduce_any(
    x: TensorLike, axes: int | Sequence[int] | None = None, keepdims: bool = False
) -> TensorLike:
    """Whether any element over ``axes`` holds; false where there are none."""
    return _reduce(REDUCE_ANY, x, axes, keepdims)


def argmax(x: TensorLike, axis: int) -> TensorLike:
    """The position of the greatest element along ``axis``, as int64; the first of equals.

    Raises:
        ShapeError: there are no elements.
    """
    return current().apply(ARGMAX, (x,), {"axis": normalize_axis(axis, x.ndim)})


def argmin(x: TensorLike, axis: int) -> TensorLike:
    """The position of the smallest element along ``axis``, as int64; the first of equals.

    Raises:
        ShapeError: there are no elements.
    """
    return current().apply(ARGMIN, (x,), {"axis": normalize_axis(axis, x.ndim)})
