"""The operations on windows, channels last: what convolutions and poolings become in native code.

With the channels innermost a vector holds neighbouring channels at every position, whatever the windows do, and filters
``[*window, in, out]`` are the matrix that a product over windows reads. Each operation here is one of the registry's in
another layout, and says no more than which; none is in the registry itself, as only the native backend knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....compiler.ir import Attr, Dim, TensorType
from ....compiler.ops import (
    CONV,
    CONV_FILTER_GRAD,
    CONV_INPUT_GRAD,
    MAX_POOL,
    POOL_ARGMAX,
    SCATTER_ADD_ALONG,
    SUM_POOL,
    SUM_UNPOOL,
    Kind,
    Op,
)

__all__ = ["WINDOWED", "Perm", "Twin", "inverse", "twin_of"]

Perm = tuple[int, ...]


def images(rank: int) -> Perm:
    """``[n, c, *spatial]`` to ``[n, *spatial, c]``."""
    return (0, *range(2, rank), 1)


def filters(rank: int) -> Perm:
    """``[o, c, *window]`` to ``[*window, c, o]``."""
    return (*range(2, rank), 1, 0)


def adjoint(rank: int) -> Perm:
    """``[o, c, *window]`` to ``[*window, o, c]``: the columns are what the gradient for the input has."""
    return (*range(2, rank), 0, 1)


def inverse(perm: Perm) -> Perm:
    return tuple([perm.index(i) for i in range(len(perm))])


@dataclass(frozen=True, slots=True)
class Twin:
    """An operation with channels last.

    Attributes:
        op: it.
        operands: how each operand of the registry's operation is transposed, given its rank.
        result: how its result is.
    """

    op: Op
    operands: tuple[Callable[[int], Perm], ...]
    result: Callable[[int], Perm]


def _twin(
    op: Op, operands: tuple[Callable[[int], Perm], ...], result: Callable[[int], Perm]
) -> Twin:
    def infer(*types: TensorType, **attrs: Attr) -> TensorType:
        first = [_permuted(t, inverse(p(t.rank))) for t, p in zip(types, operands, strict=True)]
        found = op.infer(*first, **attrs)
        assert isinstance(found, TensorType)
        return _permuted(found, result(found.rank))

    def evaluate(*arrays: np.ndarray, **attrs: Attr) -> np.ndarray:
        first = [
            np.ascontiguousarray(a.transpose(inverse(perm(a.ndim))))
            for a, perm in zip(arrays, operands, strict=True)
        ]
        found = op.evaluate(*first, **attrs)
        return np.ascontiguousarray(found.transpose(result(found.ndim)))

    def flops(types: Sequence[TensorType], made: TensorType) -> Dim:
        assert op.flops is not None
        first = [_permuted(t, inverse(p(t.rank))) for t, p in zip(types, operands, strict=True)]
        return op.flops(first, _permuted(made, inverse(result(made.rank))))

    last = Op(
        name=f"{op.name}_channels_last",
        kind=op.kind,
        infer=infer,
        evaluate=evaluate,
        vjp=None,
        jvp=None,
        samples=lambda rng: iter(()),
        doc=f"{op.name}, channels last",
        flops=flops if op.flops is not None else None,
    )
    return Twin(last, operands, result)


def _permuted(type: TensorType, perm: Perm) -> TensorType:
    return TensorType(type.dtype, tuple([type.shape[p] for p in perm]))


_TWINS = {
    CONV: _twin(CONV, (images, filters), images),
    CONV_INPUT_GRAD: _twin(CONV_INPUT_GRAD, (images, adjoint), images),
    CONV_FILTER_GRAD: _twin(CONV_FILTER_GRAD, (images, images), filters),
    MAX_POOL: _twin(MAX_POOL, (images,), images),
    POOL_ARGMAX: _twin(POOL_ARGMAX, (images,), images),
    SUM_POOL: _twin(SUM_POOL, (images,), images),
    SUM_UNPOOL: _twin(SUM_UNPOOL, (images,), images),
}
FORWARD, INPUT_GRADIENT, FILTER_GRADIENT, MAXIMA, PLACES, SUMS, SPREAD = (
    twin.op for twin in _TWINS.values()
)


def _unpool(g: np.ndarray, x: np.ndarray, **attrs: Attr) -> np.ndarray:
    first = [np.ascontiguousarray(np.moveaxis(a, -1, 1)) for a in (g, x)]
    flat = [a.reshape(*a.shape[:2], -1) for a in (*first, POOL_ARGMAX.evaluate(first[1], **attrs))]
    found = SCATTER_ADD_ALONG.evaluate(np.zeros_like(flat[1]), flat[2], flat[0], axis=2)
    return np.ascontiguousarray(np.moveaxis(found.reshape(first[1].shape), 1, -1))


TO_MAXIMA = Op(
    name="max_unpool_channels_last",
    kind=Kind.CONTRACTION,
    infer=lambda g, x, **attrs: x,
    evaluate=_unpool,
    vjp=None,
    jvp=None,
    samples=lambda rng: iter(()),
    doc="max_pool's cotangent for its input: each number of g added where the window of x has its maximum",
)
CONVOLUTIONS = frozenset((FORWARD, INPUT_GRADIENT, FILTER_GRADIENT))
WINDOWED = CONVOLUTIONS | {MAXIMA, PLACES, SUMS, SPREAD, TO_MAXIMA}


def twin_of(op: Op) -> Twin | None:
    """The operation's twin; None for what has no windows."""
    return _TWINS.get(op)
