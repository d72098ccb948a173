"""Tensors made of others: concatenate, pad."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim
from ..ir.types import TensorType, show_shape, unify
from .movement import as_shape, broadcast_to
from .op import ForEach, Kind, Op, Sample, TensorLike, define
from .shapes import normalize_axis, same_dtype
from .slicing import flip, slice_

__all__ = ["CONCATENATE", "PAD", "concatenate", "pad"]

Padding = tuple[tuple[Dim, Dim], ...]


# --- concatenate ---


def _concatenate_samples(rng: np.random.Generator) -> Iterator[Sample]:
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((2, 1))
    yield Sample((a, b, a), {"axis": 1})
    yield Sample((a, a), {"axis": 0})
    yield Sample((a, np.zeros((2, 0))), {"axis": 1})


def _infer_concatenate(*xs: TensorType, axis: int) -> TensorType:
    same_dtype(*xs)
    shape = list(xs[0].shape)
    axis = normalize_axis(axis, len(shape))
    for x in xs[1:]:
        merged = (
            [unify(d, e) for d, e in zip(shape, x.shape, strict=True)]
            if x.rank == len(shape)
            else [None]
        )
        if any(d is None for i, d in enumerate(merged) if i != axis):
            raise ShapeError(
                f"cannot concatenate {', '.join(show_shape(t.shape) for t in xs)} along axis {axis}",
                hint="all dimensions but that of the axis must agree",
            )
        shape = [shape[axis] + x.shape[axis] if i == axis else d for i, d in enumerate(merged)]  # type: ignore[misc]
    return TensorType(xs[0].dtype, tuple(shape))


def _evaluate_concatenate(*xs: np.ndarray, axis: int) -> np.ndarray:
    # Without a dtype NumPy promotes operands of different types, which the type rules forbid.
    return np.concatenate(xs, axis, dtype=xs[0].dtype, casting="no")


def _before(i: int, xs: Sequence[TensorLike], axis: int) -> Dim:
    total: Dim = 0
    for x in xs[:i]:
        total = total + x.shape[axis]
    return total


def _concatenate_back(i: int, g: TensorLike, y: TensorLike, *xs: TensorLike, axis: int) -> TensorLike:  # fmt: skip
    start = _before(i, xs, axis)
    starts = [start if a == axis else 0 for a in range(y.ndim)]
    limits = [start + d if a == axis else d for a, d in enumerate(xs[i].shape)]
    return slice_(g, starts, limits)


def _concatenate_forward(i: int, t: TensorLike, y: TensorLike, *xs: TensorLike, axis: int) -> TensorLike:  # fmt: skip
    start = _before(i, xs, axis)
    rest = y.shape[axis] - start - xs[i].shape[axis]
    return pad(t, [(start, rest) if a == axis else (0, 0) for a in range(y.ndim)])


CONCATENATE = define(
    Op(
        name="concatenate",
        kind=Kind.MOVEMENT,
        infer=_infer_concatenate,
        evaluate=_evaluate_concatenate,
        vjp=ForEach(_concatenate_back),
        jvp=ForEach(_concatenate_forward),
        samples=_concatenate_samples,
        doc="the operands one after the other along `axis`",
        affine=True,
    )
)


def concatenate(xs: Sequence[TensorLike], axis: int) -> TensorLike:
    """Tensors of equal type and shape (but for the extent of ``axis``) one after the other.

    Raises:
        ShapeError: other dimensions differ.
        AttributeValueError: no tensors, or no such axis.
    """
    if not xs:
        raise AttributeValueError("concatenate needs at least one tensor")
    axis = normalize_axis(axis, xs[0].ndim)
    return xs[0] if len(xs) == 1 else current().apply(CONCATENATE, tuple(xs), {"axis": axis})


# --- pad ---


def _pad_samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.standard_normal((2, 3))
    yield Sample((x,), {"padding": ((1, 0), (0, 2)), "value": 0})
    yield Sample((x,), {"padding": ((0, 0), (2, 1)), "value": -1.5})
    yield Sample((np.zeros((0, 3)),), {"padding": ((1, 1), (0, 0)), "value": 2.0})


def _infer_pad(x: TensorType, *, padding: Padding, value: float) -> TensorType:
    if len(padding) != x.rank:
        raise AttributeValueError(
            f"padding {padding} has {len(padding)} pairs for {x}, of rank {x.rank}",
            hint="give one (before, after) pair for each axis",
        )
    if any(isinstance(p, int) and p < 0 for pair in padding for p in pair):
        raise AttributeValueError(f"padding {padding} is negative")
    return TensorType(
        x.dtype, tuple(d + lo + hi for d, (lo, hi) in zip(x.shape, padding, strict=True))
    )


def _evaluate_pad(
    x: np.ndarray, *, padding: tuple[tuple[int, int], ...], value: float
) -> np.ndarray:
    shape = [d + lo + hi for d, (lo, hi) in zip(x.shape, padding, strict=True)]
    out = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    out[tuple([slice(lo, lo + d) for d, (lo, _) in zip(x.shape, padding, strict=True)])] = x
    return out


def _pad_back(
    g: TensorLike, y: TensorLike, x: TensorLike, *, padding: Padding, value: float
) -> TensorLike:
    starts = [lo for lo, _ in padding]
    return slice_(g, starts, [a + d for a, d in zip(starts, x.shape, strict=True)])


PAD = define(
    Op(
        name="pad",
        kind=Kind.MOVEMENT,
        infer=_infer_pad,
        evaluate=_evaluate_pad,
        vjp=(_pad_back,),
        jvp=(lambda t, y, x, *, padding, value: pad(t, padding),),
        samples=_pad_samples,
        doc="x with `value` put around it: `padding` holds (before, after) for every axis",
        affine=True,
    )
)


def pad(
    x: TensorLike,
    padding: Sequence[tuple[Dim, Dim]],
    mode: str = "constant",
    value: float = 0,
) -> TensorLike:
    """Elements put before and after ``x`` along each axis.

    Args:
        padding: (before, after) for every axis; negative numbers cut elements off.
        mode: ``constant`` (``value``), ``reflect`` (mirrored about the edge element), ``symmetric`` (mirrored about the
            edge, repeating it), ``edge`` (the edge element repeated) or ``wrap`` (the other end), as in `numpy.pad`.

    Raises:
        ShapeError: ``reflect``, ``symmetric`` or ``wrap`` by more elements than the axis has.
    """
    pairs = tuple([as_shape(pair) for pair in padding])
    if any(isinstance(p, int) and p < 0 for pair in pairs for p in pair):
        cut = [[-p if isinstance(p, int) and p < 0 else 0 for p in pair] for pair in pairs]
        limits = [d - hi for d, (_, hi) in zip(x.shape, cut, strict=True)]
        x = slice_(x, [lo for lo, _ in cut], limits)
        pairs = tuple([tuple([0 if isinstance(p, int) and p < 0 else p for p in c]) for c in pairs])
    if all(p == (0, 0) for p in pairs):
        return x
    if mode == "constant":
        return current().apply(PAD, (x,), {"padding": pairs, "value": value})
    if mode not in ("reflect", "symmetric", "edge", "wrap"):
        raise AttributeValueError(
            f"{mode!r} is not a mode of padding",
            hint="use constant, reflect, symmetric, edge or wrap",
        )
    for axis, (lo, hi) in enumerate(pairs):
        if (lo, hi) != (0, 0):
            x = _pad_axis(x, axis, lo, hi, mode)
    return x


def _pad_axis(x: TensorLike, axis: int, lo: Dim, hi: Dim, mode: str) -> TensorLike:
    """Padding with elements of ``x`` itself: pieces of it, mirrored or not, put at its ends."""
    size = x.shape[axis]
    reach = size - 1 if mode == "reflect" else size
    for amount in (lo, hi):
        if mode != "edge" and isinstance(amount, int) and isinstance(reach, int) and amount > reach:
            raise ShapeError(
                f"{mode} padding by {amount} needs more than the {size} elements of axis {axis}"
            )

    def piece(start: Dim, limit: Dim) -> TensorLike:
        starts = [start if a == axis else 0 for a in range(x.ndim)]
        return slice_(x, starts, [limit if a == axis else d for a, d in enumerate(x.shape)])

    def repeated(edge: TensorLike, times: Dim) -> TensorLike:
        return broadcast_to(edge, [times if a == axis else d for a, d in enumerate(edge.shape)])

    parts = [x]
    if lo != 0:
        before = {
            "reflect": lambda: flip(piece(1, lo + 1), axis),
            "symmetric": lambda: flip(piece(0, lo), axis),
            "edge": lambda: repeated(piece(0, 1), lo),
            "wrap": lambda: piece(size - lo, size),
        }[mode]()
        parts.insert(0, before)
    if hi != 0:
        after = {
            "reflect": lambda: flip(piece(size - 1 - hi, size - 1), axis),
            "symmetric": lambda: flip(piece(size - hi, size), axis),
            "edge": lambda: repeated(piece(size - 1, size), hi),
            "wrap": lambda: piece(0, hi),
        }[mode]()
        parts.append(after)
    return concatenate(parts, axis)
