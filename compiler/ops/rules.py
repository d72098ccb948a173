"""Type rules and derivative rules that whole families of operations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import DTypeError
from ..ir.types import TensorType
from .op import Rule, Sample, TensorLike
from .shapes import infer_elementwise, unbroadcast

Partial = Callable[..., TensorLike]
"""``partial(g, y, *inputs, **attrs)``: ``g`` times the derivative of an elementwise ``y`` by one of its inputs."""


def floats(*types: TensorType) -> None:
    """Raises: DTypeError unless all types are floating point."""
    for found in types:
        if not found.dtype.is_float:
            raise DTypeError(
                f"needs a floating-point tensor, not {found}", hint="cast it to float32 first"
            )


def numbers(*types: TensorType) -> None:
    """Raises: DTypeError if a type is bool."""
    for found in types:
        if found.dtype.is_bool:
            raise DTypeError(
                f"needs numbers, not {found}", hint="cast it to int32 or float32 first"
            )


def booleans(*types: TensorType) -> None:
    """Raises: DTypeError unless all types are bool."""
    for found in types:
        if not found.dtype.is_bool:
            raise DTypeError(
                f"needs bool, not {found}", hint="compare it first (x != 0), or cast it to bool"
            )


def infer_float(x: TensorType) -> TensorType:
    floats(x)
    return x


def infer_number(x: TensorType) -> TensorType:
    numbers(x)
    return x


def infer_floats(a: TensorType, b: TensorType) -> TensorType:
    floats(a, b)
    return infer_elementwise(a, b)


def infer_numbers(a: TensorType, b: TensorType) -> TensorType:
    numbers(a, b)
    return infer_elementwise(a, b)


def spread(t: TensorLike, y: TensorLike) -> TensorLike:
    """A tangent broadcast to the shape of the result it is a part of."""
    if t.shape == y.shape:
        return t
    from .movement import broadcast_to

    return broadcast_to(t, y.shape)


def pulling(partials: tuple[Partial | None, ...]) -> tuple[Rule | None, ...]:
    """The vjp of an elementwise operation: its partial derivatives, summed where an input was broadcast."""
    return tuple(_pull(i, p) if p is not None else None for i, p in enumerate(partials))


def pushing(partials: tuple[Partial | None, ...]) -> tuple[Rule | None, ...]:
    """The jvp of an elementwise operation: its partial derivatives, broadcast to the shape of the result."""
    return tuple(_push(p) if p is not None else None for p in partials)


def linear(function: Callable[..., TensorLike]) -> tuple[Rule]:
    """The jvp of an operation that is linear in its one operand: the operation itself."""

    def rule(t: TensorLike, y: TensorLike, x: TensorLike, **attrs: object) -> TensorLike:
        return function(t, **attrs)

    return (rule,)


def _pull(i: int, partial: Partial) -> Rule:
    def rule(g: TensorLike, y: TensorLike, *inputs: TensorLike, **attrs: object) -> TensorLike:
        part = partial(g, y, *inputs, **attrs)
        like = inputs[i]
        return part if part.shape == like.shape else unbroadcast(part, like)

    return rule


def _push(partial: Partial) -> Rule:
    def rule(t: TensorLike, y: TensorLike, *inputs: TensorLike, **attrs: object) -> TensorLike:
        return spread(partial(t, y, *inputs, **attrs), y)

    return rule


def samples_within(
    low: float, high: float, *, integers: bool = False, kinks: tuple[float, ...] = ()
) -> Callable[[np.random.Generator], Iterator[Sample]]:
    """Samples for an elementwise operation of one tensor.

    Args:
        low, high: floats lie between these, and keep clear of whole and half numbers, where kinks are.
        integers: whether integers are accepted.
        kinks: points at which there is no derivative.
    """

    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        cells = rng.integers(np.ceil(2 * low), np.floor(2 * high), (2, 3))
        x = np.asarray((cells + rng.uniform(0.1, 0.9, (2, 3))) / 2)
        yield Sample((x,))
        yield Sample((np.asarray(x[1, 2]),))
        yield Sample((x.T[::-1],))
        yield Sample((x.astype(np.float32),))
        yield Sample((np.zeros((0, 2)),))
        if integers:
            yield Sample((np.arange(-2, 3, dtype=np.int32),))
        if kinks:
            yield Sample((np.array(kinks),), differentiable=False)

    return samples


def samples_of_pairs(
    low: float, high: float, *, integers: bool = False, ties: bool = False
) -> Callable[[np.random.Generator], Iterator[Sample]]:
    """Samples for an elementwise operation of two tensors: equal shapes, broadcasting, scalars, none at all.

    Args:
        low, high: the floats lie between these.
        integers: whether integers are accepted (the samples have no zero in the second operand).
        ties: whether there is a kink where the operands are equal.
    """

    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        a, b = rng.uniform(low, high, (2, 2, 3))
        yield Sample((a, b))
        yield Sample((a, b[:1]))
        yield Sample((a[:, :1], b[0]))
        yield Sample((a[0, 0, None], b))
        yield Sample((np.asarray(a[0, 0]), np.asarray(b[0, 0])))
        yield Sample((a.astype(np.float32), b.astype(np.float32)))
        yield Sample((np.zeros((0, 3)), b[0]))
        if integers:
            yield Sample((rng.integers(0, 5, (2, 3)), rng.integers(1, 4, (3,))))
        if ties:
            yield Sample((a, a.copy()), differentiable=False)

    return samples
