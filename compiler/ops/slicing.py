"""Parts of tensors: slice, flip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import gt, index

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, Expr
from ..ir.types import Shape, TensorType, show_shape
from .constant import zeros_like
from .op import Kind, Op, Sample, TensorLike, define
from .shapes import normalize_axes

__all__ = ["FLIP", "SLICE", "flip", "slice_"]


def _slice_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((5, 6))
    yield Sample((x,), {"starts": (1, 0), "limits": (4, 6), "strides": (1, 1)})
    yield Sample((x,), {"starts": (0, 1), "limits": (5, 6), "strides": (2, 3)})
    yield Sample((x,), {"starts": (2, 0), "limits": (2, 6), "strides": (1, 1)})


def slice_length(start: Dim, limit: Dim, stride: int) -> Dim:
    return (limit - start + (stride - 1)) // stride


def _infer_slice(x: TensorType, *, starts: Shape, limits: Shape, strides: tuple[int, ...]) -> TensorType:  # fmt: skip
    if not len(starts) == len(limits) == len(strides) == x.rank:
        raise AttributeValueError(
            f"a slice of {x} needs {x.rank} starts, limits and strides, "
            f"got {len(starts)}, {len(limits)} and {len(strides)}"
        )
    for axis, (size, start, limit) in enumerate(zip(x.shape, starts, limits, strict=True)):
        known = [d for d in (0, start, limit, size) if isinstance(d, int)]
        if known != sorted(known):
            raise AttributeValueError(
                f"slice {start}:{limit} leaves axis {axis} of {x}, whose extent is {size}"
            )
    if min(strides, default=1) < 1:
        raise AttributeValueError(f"slice strides must be positive, got {strides}")
    return TensorType(x.dtype, tuple(map(slice_length, starts, limits, strides)))


def check_limits(limits: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """NumPy clamps a slice that ends beyond its axis; a graph whose shapes were inferred must not."""
    if any(map(gt, limits, shape)):
        raise ShapeError(
            f"slice limits {list(limits)} lie beyond the shape {list(shape)}",
            hint="a dimension that was symbolic when the graph was built turned out smaller than the slice",
        )


def _evaluate_slice(
    x: np.ndarray, *, starts: tuple[int, ...], limits: tuple[int, ...], strides: tuple[int, ...]
) -> np.ndarray:
    check_limits(limits, x.shape)
    return np.asarray(x[tuple(map(slice, starts, limits, strides))])


def _slice_back(
    g: TensorLike, y: TensorLike, x: TensorLike, *, starts: Shape, limits: Shape, strides: tuple[int, ...]
) -> TensorLike:  # fmt: skip
    if all(s == 1 for s in strides):
        from .joining import pad

        return pad(g, [(a, d - b) for a, b, d in zip(starts, limits, x.shape, strict=True)])
    from .scattering import update_slice

    return update_slice(zeros_like(x), g, starts, limits, strides)


def cut(x: TensorLike, **where: tuple[Dim, ...]) -> TensorLike:
    """The slice with these attributes, which are normalized already."""
    return current().apply(SLICE, (x,), where)


SLICE: Op = define(
    Op(
        name="slice",
        kind=Kind.MOVEMENT,
        infer=_infer_slice,
        evaluate=_evaluate_slice,
        vjp=(_slice_back,),
        jvp=(lambda t, y, x, **where: cut(t, **where),),
        samples=_slice_samples,
        doc="x[starts:limits:strides], one of each for every axis, strides positive",
        view=True,
        affine=True,
    )
)


def _flip_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.standard_normal((2, 3)),), {"axes": (1,)})
    yield Sample((rng.standard_normal((2, 3, 2)),), {"axes": (0, 2)})
    yield Sample((np.zeros((0, 2)),), {"axes": (0,)})


def _infer_flip(x: TensorType, *, axes: tuple[int, ...]) -> TensorType:
    normalize_axes(axes, x.rank)
    return x


FLIP = define(
    Op(
        name="flip",
        kind=Kind.MOVEMENT,
        infer=_infer_flip,
        evaluate=lambda x, *, axes: np.flip(x, axes),
        vjp=(lambda g, y, x, *, axes: flip(g, axes),),
        jvp=(lambda t, y, x, *, axes: flip(t, axes),),
        samples=_flip_samples,
        doc="x with the order of elements reversed along `axes`",
        view=True,
        affine=True,
    )
)


def flip(x: TensorLike, axes: int | Sequence[int] | None = None) -> TensorLike:
    """The order of elements reversed along ``axes`` (None: along all)."""
    axes = normalize_axes(axes, x.ndim)
    axes = tuple([a for a in axes if x.shape[a] != 1])
    return current().apply(FLIP, (x,), {"axes": axes}) if axes else x


Positions = tuple["Dim | None", ...]


@lru_cache(maxsize=4096)  # programs write few different slices, and this costs more than slicing
def normalize_slice(
    shape: Shape, starts: Positions, limits: Positions, strides: tuple[int, ...] | None
) -> tuple[Mapping[str, tuple[Dim, ...]], tuple[int, ...], bool]:
    """Python's slices as the attributes of `SLICE`, the axes to flip afterwards, and whether all of it is taken.

    Equal selections give equal attributes, however they were written.
    """
    strides = strides or (1,) * len(shape)
    if not len(starts) == len(limits) == len(strides) == len(shape):
        raise AttributeValueError(
            f"a slice of {show_shape(shape)} needs {len(shape)} starts, limits and strides, "
            f"got {len(starts)}, {len(limits)} and {len(strides)}"
        )
    found = [_positions(*axis) for axis in zip(shape, starts, limits, strides, strict=True)]
    firsts, pasts, steps, reverse = zip(*found, strict=True) if found else ((), (), (), ())
    attrs = {"starts": firsts, "limits": pasts, "strides": steps}
    whole = pasts == shape and not any(firsts) and all(s == 1 for s in steps)
    return attrs, tuple([axis for axis, backward in enumerate(reverse) if backward]), whole


def _positions(size: Dim, start: Dim | None, limit: Dim | None, stride: int) -> tuple[Dim, Dim, int, bool]:  # fmt: skip
    """First position, one past the last, positive step, and whether the order is reversed."""
    stride = index(stride)
    if stride == 0:
        raise AttributeValueError("a slice's stride must not be 0")
    step = abs(stride)
    if not isinstance(size, Expr) and not isinstance(start, Expr) and not isinstance(limit, Expr):
        chosen = range(size)[slice(start, limit, stride)]
        if not chosen:
            return 0, 0, 1, False
        if len(chosen) == 1:
            return chosen[0], chosen[0] + 1, 1, False
        return min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1]) + 1, step, stride < 0
    if stride > 0:
        first, past = _place(start, size, 0), _place(limit, size, size)
        return first, (past if step == 1 else _past(first, past, step)), step, False
    last = _place(start, size, size - 1)
    count = slice_length(_place(limit, size, -1), last, step)
    return last - (count - 1) * step, last + 1, step, True


def _place(position: Dim | None, size: Dim, default: Dim) -> Dim:
    if position is None:
        return default
    return size + position if isinstance(position, int) and position < 0 else position


def _past(first: Dim, limit: Dim, step: int) -> Dim:
    return first + (slice_length(first, limit, step) - 1) * step + 1


def slice_(
    x: TensorLike,
    starts: Sequence[Dim | None],
    limits: Sequence[Dim | None],
    strides: Sequence[int] | None = None,
) -> TensorLike:
    """``x[start:limit:stride]`` on every axis, with the meaning of Python's slices.

    Args:
        starts, limits: one for each axis; negative numbers count from the end, None is the end in question.
        strides: one for each axis, not 0; negative ones go backwards; None: all 1.

    A slice of a symbolic dimension that ends at a known number is taken to lie within it.

    Raises:
        AttributeValueError: a stride is 0, or the number of starts, limits or strides is not the rank.
    """
    attrs, reverse, whole = normalize_slice(
        x.shape, tuple(starts), tuple(limits), tuple(strides) if strides else None
    )
    if not whole:
        x = current().apply(SLICE, (x,), attrs)
    return flip(x, reverse) if reverse else x
