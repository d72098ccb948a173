"""Elements seen under another shape: reshape, transpose, broadcast. Nothing is computed or copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import index

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, Expr, divide_exactly, product
from ..ir.types import Shape, TensorType, show_shape, unify
from .op import Kind, Op, Sample, TensorLike, define
from .shapes import normalize_axes, normalize_axis, unbroadcast

__all__ = [
    "BROADCAST_TO", "RESHAPE", "TRANSPOSE",
    "broadcast_to", "expand_dims", "reshape", "squeeze", "transpose",
]  # fmt: skip


def as_shape(dims: Sequence[Dim]) -> Shape:
    """Dimensions as they stand in attributes: plain integers and expressions, no NumPy integers."""
    return _plain_dims(tuple(dims))


@lru_cache(4096)
def _plain_dims(dims: Shape) -> Shape:
    return tuple([d if type(d) is int or isinstance(d, Expr) else index(d) for d in dims])


# --- reshape ---


def _reshape_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.standard_normal((2, 3, 4)),), {"shape": (6, 4)})
    yield Sample((rng.standard_normal((4, 3)).T,), {"shape": (2, 6)})
    yield Sample((rng.standard_normal(()),), {"shape": (1, 1)})
    yield Sample((np.zeros((0, 3)),), {"shape": (3, 0, 2)})


def _infer_reshape(x: TensorType, *, shape: Shape) -> TensorType:
    have, want = x.size, product(shape)
    ratio = divide_exactly(have, want) or divide_exactly(want, have)
    # A ratio that is a polynomial, or none, may still come out as 1 when sizes are known.
    known = isinstance(have, int) and isinstance(want, int)
    if have != want and (known or isinstance(ratio, int)):
        raise _does_not_fit(x.shape, have, shape, want)
    return TensorType(x.dtype, shape)


def _does_not_fit(old: Shape, have: Dim, new: Shape, want: Dim) -> ShapeError:
    return ShapeError(
        f"{show_shape(old)} has {have} elements and cannot take shape {show_shape(new)}, "
        f"which has {want}",
        hint="the product of the dimensions must stay the same; one of them may be -1",
    )


RESHAPE = define(
    Op(
        name="reshape",
        kind=Kind.MOVEMENT,
        infer=_infer_reshape,
        evaluate=lambda x, *, shape: x.reshape(shape),
        vjp=(lambda g, y, x, *, shape: reshape(g, x.shape),),
        jvp=(lambda t, y, x, *, shape: reshape(t, shape),),
        samples=_reshape_samples,
        doc="the elements of x in the same order with another `shape`",
        view=True,
        affine=True,
    )
)


def reshape(x: TensorLike, shape: Sequence[Dim]) -> TensorLike:
    """The same elements, in row-major order, under another shape.

    Args:
        shape: the new dimensions; one may be -1 and follows from the others, by exact division of symbolic sizes too.

    Raises:
        ShapeError: the sizes differ, or -1 stands for no whole number.
        AttributeValueError: more than one -1, or another negative dimension.
    """
    shape = as_shape(shape)
    if shape == x.shape:
        return x
    negative = [d for d in shape if isinstance(d, int) and d < 0]
    if negative:
        shape = _solve(x, shape, negative)
        if shape == x.shape:
            return x
    return current().apply(RESHAPE, (x,), {"shape": shape})


def _solve(x: TensorLike, shape: Shape, negative: list[int]) -> Shape:
    """The shape with its -1 replaced."""
    if negative != [-1]:
        raise AttributeValueError(
            f"reshape to {show_shape(shape)}: only one dimension may be -1, the others at least 0"
        )
    have = product(x.shape)
    rest = product([d for d in shape if d != -1])
    found = divide_exactly(have, rest)
    if found is None:
        if isinstance(have, int) and isinstance(rest, int):
            raise ShapeError(
                f"{show_shape(x.shape)} has {have} elements and cannot take shape "
                f"{show_shape(shape)}: {have} is not a multiple of {rest}"
                if rest
                else f"reshape to {show_shape(shape)}: beside a 0, -1 could be any number"
            )
        found = have // rest
    return tuple([found if d == -1 else d for d in shape])


def expand_dims(x: TensorLike, axes: int | Sequence[int]) -> TensorLike:
    """Dimensions of extent 1 put in, so that they stand at ``axes`` of the result."""
    return reshape(x, _expanded(x.shape, axes if isinstance(axes, int) else tuple(axes)))


@lru_cache(1024)
def _expanded(shape: Shape, axes: int | tuple[int, ...]) -> Shape:
    rank = len(shape) + (1 if isinstance(axes, int) else len(axes))
    new = normalize_axes(axes, rank)
    old = iter(shape)
    return tuple([1 if i in new else next(old) for i in range(rank)])


def squeeze(x: TensorLike, axes: int | Sequence[int] | None = None) -> TensorLike:
    """Dimensions of extent 1 left out: those at ``axes``, or all of them.

    Raises:
        ShapeError: a dimension at ``axes`` is not 1.
    """
    if axes is None:
        return reshape(x, [d for d in x.shape if d != 1])
    return reshape(x, _squeezed(x.shape, axes if isinstance(axes, int) else tuple(axes)))


@lru_cache(1024)
def _squeezed(shape: Shape, axes: int | tuple[int, ...]) -> Shape:
    gone = normalize_axes(axes, len(shape))
    for axis in gone:
        if unify(shape[axis], 1) is None:
            raise ShapeError(
                f"cannot squeeze axis {axis} of {show_shape(shape)}: its extent is {shape[axis]}, not 1"
            )
    return tuple([d for i, d in enumerate(shape) if i not in gone])


# --- transpose ---


def _transpose_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.standard_normal((2, 3)),), {"perm": (1, 0)})
    yield Sample((rng.standard_normal((2, 3, 4)),), {"perm": (2, 0, 1)})
    yield Sample((np.zeros((2, 0, 4)),), {"perm": (0, 2, 1)})


def _infer_transpose(x: TensorType, *, perm: tuple[int, ...]) -> TensorType:
    _check_perm(perm, x.rank)
    return TensorType(x.dtype, tuple(x.shape[p] for p in perm))


def _check_perm(perm: Sequence[int], rank: int) -> None:
    if sorted(perm) != list(range(rank)):
        raise AttributeValueError(
            f"{tuple(perm)} is not a permutation of the axes of a tensor of rank {rank}",
            hint=f"name each axis from 0 to {rank - 1} once" if rank else "a scalar has no axes",
        )


def _transpose_back(g: TensorLike, y: TensorLike, x: TensorLike, *, perm: tuple[int, ...]) -> TensorLike:  # fmt: skip
    return transpose(g, sorted(range(len(perm)), key=perm.__getitem__))


TRANSPOSE = define(
    Op(
        name="transpose",
        kind=Kind.MOVEMENT,
        infer=_infer_transpose,
        evaluate=lambda x, *, perm: x.transpose(perm),
        vjp=(_transpose_back,),
        jvp=(lambda t, y, x, *, perm: transpose(t, perm),),
        samples=_transpose_samples,
        doc="axis i of the result is axis `perm[i]` of x",
        view=True,
        affine=True,
    )
)


def transpose(x: TensorLike, perm: Sequence[int] | None = None) -> TensorLike:
    """Axes in another order: axis ``i`` of the result is axis ``perm[i]`` of ``x``; None reverses them all."""
    rank = x.ndim
    if perm is None:
        perm = range(rank)[::-1]
    perm = tuple([normalize_axis(p, rank) for p in perm])
    _check_perm(perm, rank)
    if perm == tuple(range(rank)):
        return x
    return current().apply(TRANSPOSE, (x,), {"perm": perm})


# --- broadcast_to ---


def _broadcast_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.standard_normal((3, 1)),), {"shape": (2, 3, 4)})
    yield Sample((rng.standard_normal(()),), {"shape": (2, 2)})
    yield Sample((rng.standard_normal((1, 3)),), {"shape": (0, 3)})


def _infer_broadcast(x: TensorType, *, shape: Shape) -> TensorType:
    lead = len(shape) - x.rank
    if lead < 0 or any(
        d != 1 and unify(d, s) is None for d, s in zip(x.shape, shape[lead:], strict=True)
    ):
        raise ShapeError(
            f"{show_shape(x.shape)} does not broadcast to {show_shape(shape)}",
            hint="dimensions are matched from the last; each must be equal or 1",
        )
    return TensorType(x.dtype, shape)


BROADCAST_TO = define(
    Op(
        name="broadcast_to",
        kind=Kind.MOVEMENT,
        infer=_infer_broadcast,
        evaluate=lambda x, *, shape: np.broadcast_to(x, shape),
        vjp=(lambda g, y, x, *, shape: unbroadcast(g, x),),
        jvp=(lambda t, y, x, *, shape: broadcast_to(t, shape),),
        samples=_broadcast_samples,
        doc="x repeated along new axes and along axes of extent 1 to fill `shape`",
        view=True,
        affine=True,
    )
)


def broadcast_to(x: TensorLike, shape: Sequence[Dim]) -> TensorLike:
    """``x`` repeated, by NumPy's broadcasting rules, to fill ``shape``."""
    shape = as_shape(shape)
    if shape == x.shape:
        return x
    return current().apply(BROADCAST_TO, (x,), {"shape": shape})
