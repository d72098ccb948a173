"""Maxima and sums over sliding windows, channels first, for any number of spatial axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as offsets
from math import prod
from typing import Any

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, ShapeError
from ..ir import Attr
from ..ir.dims import Dim, product
from ..ir.dtypes import int64
from ..ir.types import Shape, TensorType, unify
from .accuracy import SUM
from .constant import ones_like, zeros_like
from .indexing import nothing_like, take_along
from .logic import gt
from .movement import reshape
from .op import Kind, Op, Sample, TensorLike, define
from .rules import numbers
from .scattering import scatter_add_along
from .selection import where
from .sliding import (
    Pairs,
    all_see_elements,
    at_offset,
    inside,
    known_extents,
    pad_spatial,
    spatial_extents,
)

__all__ = [
    "MAX_POOL", "POOL_ARGMAX", "SUM_POOL", "SUM_UNPOOL", "max_pool", "pool_argmax", "sum_pool",
    "sum_unpool",
]  # fmt: skip


_PLAIN: dict[str, Attr] = {
    "window": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)
}  # fmt: skip
_CASES: tuple[tuple[tuple[int, ...], dict[str, Attr]], ...] = (
    ((2, 2, 4, 4), _PLAIN),
    ((1, 2, 5, 4), _PLAIN | {"strides": (1, 2), "padding": ((1, 0), (0, 1))}),
    ((1, 1, 5, 6), _PLAIN | {"window": (2, 3), "strides": (1, 1), "dilation": (2, 2)}),
    ((2, 1, 6), {"window": (3,), "strides": (2,), "padding": ((1, 1),), "dilation": (1,)}),
    ((0, 2, 4, 4), _PLAIN),
)


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for shape, attrs in _CASES:
        # Distinct elements, far apart: a maximum must not change hands within a finite difference.
        x = rng.permutation(np.arange(prod(shape), dtype=np.float64)).reshape(shape)
        yield Sample((x / 4 - 2,), attrs)


def _infer(
    x: TensorType,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> TensorType:
    numbers(x)
    if x.rank < 3 or len(window) != x.rank - 2:
        raise ShapeError(
            f"pooling with window {list(window)} takes [n, c, ...] with {len(window)} spatial axes, got {x}"
        )
    spatial = spatial_extents("pooling", x.shape[2:], window, strides, padding, dilation)
    return TensorType(x.dtype, (*x.shape[:2], *spatial))


def _extents(
    x: np.ndarray,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    if x.ndim != len(window) + 2 or x.dtype.kind == "b":
        raise ValueError("pooling: the type rules say why")
    return known_extents("pooling", x.shape[2:], window, strides, padding, dilation)


def _lowest(dtype: np.dtype) -> float:
    return -np.inf if dtype.kind == "f" else int(np.iinfo(dtype).min)


# --- maxima ---


def _evaluate_max(
    x: np.ndarray,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> np.ndarray:
    extents = _extents(x, window, strides, padding, dilation)
    x = pad_spatial(x, padding, _lowest(x.dtype))
    first, *rest = offsets(*map(range, window))
    out = at_offset(x, first, extents, strides, dilation).copy()
    for offset in rest:
        np.maximum(out, at_offset(x, offset, extents, strides, dilation), out=out)
    return out


def _plane(x: TensorLike) -> TensorLike:
    """The spatial axes as one."""
    return reshape(x, (*x.shape[:2], product(x.shape[2:])))


def _max_back(g: TensorLike, y: TensorLike, x: TensorLike, **how: Any) -> TensorLike:
    chosen = pool_argmax(x, **how)
    if (seeing := _seeing(x, **how)) is not None:
        chosen, g = where(seeing, chosen, zeros_like(chosen)), where(seeing, g, zeros_like(g))
    none = nothing_like(_plane(x))
    return reshape(scatter_add_along(none, _plane(chosen), _plane(g), 2), x.shape)


def _max_forward(t: TensorLike, y: TensorLike, x: TensorLike, **how: Any) -> TensorLike:
    chosen = pool_argmax(x, **how)
    if (seeing := _seeing(x, **how)) is None:
        return reshape(take_along(_plane(t), _plane(chosen), 2), y.shape)
    chosen = where(seeing, chosen, zeros_like(chosen))
    taken = reshape(take_along(_plane(t), _plane(chosen), 2), y.shape)
    return where(seeing, taken, zeros_like(taken))


def _seeing(x: TensorLike, **how: Any) -> TensorLike | None:
    """Which windows see an element, and not the border alone; None where all do."""
    if all_see_elements(
        x.shape[2:], *[how[a] for a in ("window", "strides", "padding", "dilation")]
    ):
        return None
    return gt(sum_pool(ones_like(x), **how), 0)


MAX_POOL = define(
    Op(
        name="max_pool",
        kind=Kind.CONTRACTION,
        infer=_infer,
        evaluate=_evaluate_max,
        vjp=(_max_back,),
        jvp=(_max_forward,),
        samples=_samples,
        doc="the largest element that each window sees of x[n, c, *spatial]; padding never wins",
    )
)


def _evaluate_argmax(
    x: np.ndarray,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> np.ndarray:
    extents = _extents(x, window, strides, padding, dilation)
    inner = [prod(x.shape[axis + 1 :]) for axis in range(2, x.ndim)]
    best = _evaluate_max(x, window=window, strides=strides, padding=padding, dilation=dilation)
    padded = any(map(any, padding))
    real = pad_spatial(np.ones((1, 1, *x.shape[2:]), bool), padding)
    x = pad_spatial(x, padding, _lowest(x.dtype))
    # NaN equals nothing, not even itself.
    undefined = x.dtype.kind == "f" and bool(np.isnan(best).any())
    places = [*offsets(*map(range, window))]
    count = len(places)
    # Places count down to 1, and the greatest that hits is kept: the first of equals, without slow masked writes.
    chosen = np.zeros(best.shape, np.min_scalar_type(count))
    for number, place in enumerate(places):
        seen = at_offset(x, place, extents, strides, dilation)
        hit = seen == best
        if undefined:
            hit |= np.isnan(seen)
        if padded:
            hit &= at_offset(real, place, extents, strides, dilation)
        np.maximum(chosen, hit * chosen.dtype.type(count - number), out=chosen)
    within = [sum(o * d * i for o, d, i in zip(p, dilation, inner, strict=True)) for p in places]
    found = np.array([0, *within[::-1]]).take(chosen)
    for axis, (extent, stride, (before, _), step, i) in enumerate(
        zip(extents, strides, padding, dilation, inner, strict=True), 2
    ):
        shape = [-1 if a == axis else 1 for a in range(found.ndim)]
        first = np.arange(extent) * stride - before
        found += (first * i).reshape(shape)
        if padded:
            # What sees the border alone stands at its first place that is not before the plane, as in PyTorch.
            behind = -(np.minimum(first, 0) // step) * step * i
            found += np.where(chosen == 0, behind.reshape(shape), 0)
    return found


POOL_ARGMAX = define(
    Op(
        name="pool_argmax",
        kind=Kind.CONTRACTION,
        infer=lambda x, **how: _infer(x, **how).with_dtype(int64),
        evaluate=_evaluate_argmax,
        vjp=None,
        jvp=None,
        samples=_samples,
        doc="where max_pool found its elements: positions in the flattened spatial plane",
    )
)


def _attrs(
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int] | None,
    limited: bool,
) -> dict[str, Attr]:
    dilation = tuple(dilation) if dilation is not None else (1,) * len(window)
    for k, d, (lo, hi) in zip(window, dilation, padding, strict=True):
        if k < 1:
            raise AttributeValueError(f"pooling windows must be at least 1, got {tuple(window)}")
        if limited and max(lo, hi) > d * (k - 1):
            raise AttributeValueError(
                f"padding {tuple(padding)} is so wide that a window {tuple(window)} could see padding only"
            )
    return {
        "window": tuple(window),
        "strides": tuple(strides),
        "padding": tuple([(lo, hi) for lo, hi in padding]),
        "dilation": dilation,
    }


def max_pool(
    x: TensorLike,
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int] | None = None,
) -> TensorLike:
    """The largest element in each window.

    Args:
        x: ``[n, c, *spatial]``.
        window, strides, dilation: one number for each spatial axis.
        padding: positions put (before, after) each spatial axis, which never hold the maximum.

    Returns:
        ``[n, c, *positions]``. NaN wins over all numbers. The gradient goes to the first of equal elements.

    Raises:
        ShapeError: the window does not fit.
        AttributeValueError: padding so wide that a window could see nothing else.
    """
    attrs = _attrs(window, strides, padding, dilation, True)
    return current().apply(MAX_POOL, (x,), attrs)


def pool_argmax(
    x: TensorLike,
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int] | None = None,
) -> TensorLike:
    """Where `max_pool` finds its elements: int64 positions in the flattened spatial plane of ``x``.

    A dilated window that sees the border alone finds none: its maximum is the least number, its position is that of its
    first place that is not before the plane, perhaps behind it (as in PyTorch), and no gradient goes there.
    """
    attrs = _attrs(window, strides, padding, dilation, True)
    return current().apply(POOL_ARGMAX, (x,), attrs)


# --- sums ---


def _evaluate_sum(
    x: np.ndarray,
    *,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> np.ndarray:
    extents = _extents(x, window, strides, padding, dilation)
    x = pad_spatial(x, padding)
    first, *rest = offsets(*map(range, window))
    out = at_offset(x, first, extents, strides, dilation).copy()
    for offset in rest:
        out += at_offset(x, offset, extents, strides, dilation)
    return out


SUM_POOL = define(
    Op(
        name="sum_pool",
        kind=Kind.CONTRACTION,
        infer=_infer,
        evaluate=_evaluate_sum,
        vjp=(lambda g, y, x, **how: sum_unpool(g, x.shape[2:], **how),),
        jvp=(lambda t, y, x, **how: sum_pool(t, **how),),
        samples=_samples,
        doc="the sum of what each window sees of x[n, c, *spatial]; padding counts as 0",
        accuracy=SUM,
    )
)


def _unpool_samples(rng: np.random.Generator) -> Iterator[Sample]:
    for sample in _samples(rng):
        (x,) = sample.inputs
        g = rng.standard_normal(SUM_POOL.evaluate(x, **sample.attrs).shape)
        yield Sample((g,), {**sample.attrs, "input_spatial": x.shape[2:]})


def _infer_unpool(
    g: TensorType,
    *,
    input_spatial: Shape,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> TensorType:
    x = TensorType(g.dtype, (*g.shape[:2], *input_spatial))
    want = _infer(x, window=window, strides=strides, padding=padding, dilation=dilation)
    if any(unify(d, e) is None for d, e in zip(g.shape, want.shape, strict=True)):
        raise ShapeError(f"pooling {x} gives {want}, not {g}")
    return x


def _evaluate_unpool(
    g: np.ndarray,
    *,
    input_spatial: tuple[int, ...],
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> np.ndarray:
    sizes = [d + lo + hi for d, (lo, hi) in zip(input_spatial, padding, strict=True)]
    out = np.zeros((*g.shape[:2], *sizes), g.dtype)
    for offset in offsets(*map(range, window)):
        seen = at_offset(out, offset, g.shape[2:], strides, dilation)
        seen += g
    return np.ascontiguousarray(inside(out, input_spatial, padding))


SUM_UNPOOL = define(
    Op(
        name="sum_unpool",
        kind=Kind.CONTRACTION,
        infer=_infer_unpool,
        evaluate=_evaluate_unpool,
        vjp=(lambda h, y, g, *, input_spatial, **how: sum_pool(h, **how),),
        jvp=(lambda t, y, g, **how: sum_unpool(t, **how),),
        samples=_unpool_samples,
        doc="sum_pool's cotangent for its input: each window's number added to all that it saw",
        accuracy=SUM,
    )
)


def sum_pool(
    x: TensorLike,
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int] | None = None,
) -> TensorLike:
    """The sum over each window (of zeros, where it covers padding); arguments as in `max_pool`."""
    attrs = _attrs(window, strides, padding, dilation, False)
    return current().apply(SUM_POOL, (x,), attrs)


def sum_unpool(
    g: TensorLike,
    input_spatial: Sequence[Dim],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int] | None = None,
) -> TensorLike:
    """The adjoint of `sum_pool` for an input of the given spatial shape."""
    attrs = _attrs(window, strides, padding, dilation, False)
    return current().apply(SUM_UNPOOL, (g,), {"input_spatial": tuple(input_spatial), **attrs})
