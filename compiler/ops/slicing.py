"""Parts of tensors and tensors from parts: slice, flip, concatenate, pad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import gt, index

import numpy as np

from ..dispatch.current import current
from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, Expr
from ..ir.types import Shape, TensorType, show_shape, unify
from .constant import zeros_like
from .movement import as_shape, broadcast_to
from .op import ForEach, Kind, Op, Sample, TensorLike, define
from .shapes import normalize_axes, normalize_axis, same_dtype

__all__ = [
    "CONCATENATE", "FLIP", "PAD", "SLICE", "concatenate", "flip", "pad", "slice_",
]  # fmt: skip

Padding = tuple[tuple[Dim, Dim], ...]


# --- slice and flip ---


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
        padding = [(a, d - b) for a, b, d in zip(starts, limits, x.shape, strict=True)]
        return pad(g, padding)
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
