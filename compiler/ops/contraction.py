"""Matrix multiplication: the one contraction that everything else is reshaped to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..dispatch.current import current
from ..errors import DTypeError, ShapeError
from ..ir.dims import product
from ..ir.types import TensorType, broadcast, unify
from .accuracy import SUM
from .movement import reshape
from .op import Kind, Op, Sample, TensorLike, define
from .shapes import same_dtype, unbroadcast

__all__ = ["MATMUL", "matmul"]

_HALF = np.dtype(np.float16)


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    draw = rng.standard_normal
    for ta, tb in ((False, False), (False, True), (True, False), (True, True)):
        a = draw((3, 2) if ta else (2, 3))
        b = draw((4, 3) if tb else (3, 4))
        yield Sample((a, b), {"transpose_a": ta, "transpose_b": tb})
        yield Sample(
            (np.stack([a, a + 1])[:, None], np.stack([b, b - 1, b * 2])),
            {"transpose_a": ta, "transpose_b": tb},
        )
    plain = {"transpose_a": False, "transpose_b": False}
    yield Sample((draw((2, 2, 3)), draw((3, 2))), plain)
    yield Sample((draw((2, 3)), draw((2, 4, 3))), {"transpose_a": False, "transpose_b": True})
    yield Sample((np.zeros((2, 0)), np.zeros((0, 3))), plain)
    yield Sample((np.zeros((0, 2)), draw((2, 3))), plain)


def _infer(a: TensorType, b: TensorType, *, transpose_a: bool, transpose_b: bool) -> TensorType:
    same_dtype(a, b)
    if a.dtype.is_bool:
        raise DTypeError("matmul has no meaning for bool", hint="cast to an integer or float type")
    if a.rank < 2 or b.rank < 2:
        raise ShapeError(
            f"matmul takes matrices or batches of them, got {a} and {b}",
            hint="give a vector a second dimension",
        )
    rows, inner_a = a.shape[-2:][::-1] if transpose_a else a.shape[-2:]
    inner_b, columns = b.shape[-2:][::-1] if transpose_b else b.shape[-2:]
    if unify(inner_a, inner_b) is None:
        flags = [n for n, t in (("first", transpose_a), ("second", transpose_b)) if t]
        said = f" (the {' and the '.join(flags)} transposed)" if flags else ""
        raise ShapeError(
            f"cannot multiply {a} by {b}{said}: inner dimensions {inner_a} and {inner_b} differ"
        )
    return TensorType(a.dtype, (*broadcast(a.shape[:-2], b.shape[:-2]), rows, columns))


def _evaluate(a: np.ndarray, b: np.ndarray, *, transpose_a: bool, transpose_b: bool) -> np.ndarray:
    if a.ndim < 2 or b.ndim < 2 or a.dtype != b.dtype or a.dtype.kind == "b":
        raise ValueError("matmul: the type rules say why")
    if a.dtype == _HALF:
        # There is no half-precision BLAS; the sums also need the wider type.
        wide = _evaluate(
            a.astype(np.float32), b.astype(np.float32), transpose_a=transpose_a, transpose_b=transpose_b
        )  # fmt: skip
        return wide.astype(np.float16)
    if transpose_b:
        b = b.swapaxes(-1, -2)
    if transpose_a:
        a = a.swapaxes(-1, -2)
    if a.shape[-1] == 1 == b.shape[-2]:
        # BLAS takes four times as long for an outer product.
        return np.multiply(a, b, order="C")  # type: ignore[no-any-return]
    if not transpose_a and a.ndim > 2 and b.ndim == 2 and a.flags.c_contiguous and a.shape[-1]:
        # One large product instead of one for each matrix of the batch.
        flat = np.matmul(a.reshape(-1, a.shape[-1]), b)
        return np.asarray(flat.reshape(*a.shape[:-1], b.shape[-1]))
    return np.matmul(a, b)  # type: ignore[no-any-return]


def _back_a(
    g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike, *, transpose_a: bool, transpose_b: bool
) -> TensorLike:  # fmt: skip
    if transpose_a:
        return unbroadcast(matmul(b, g, transpose_b, True), a)
    return unbroadcast(matmul(g, b, False, not transpose_b), a)


def _back_b(
    g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike, *, transpose_a: bool, transpose_b: bool
) -> TensorLike:  # fmt: skip
    if b.ndim == 2 and a.ndim > 2 and not transpose_a:
        # The sum over the batch is part of one product, so that it need not be made and added up.
        count = product(a.shape[:-1])
        a, g = reshape(a, (count, a.shape[-1])), reshape(g, (count, g.shape[-1]))
    if transpose_b:
        return unbroadcast(matmul(g, a, True, transpose_a), b)
    return unbroadcast(matmul(a, g, not transpose_a, False), b)


MATMUL = define(
    Op(
        name="matmul",
        kind=Kind.CONTRACTION,
        infer=_infer,
        evaluate=_evaluate,
        vjp=(_back_a, _back_b),
        jvp=(
            lambda t, y, a, b, *, transpose_a, transpose_b: matmul(t, b, transpose_a, transpose_b),
            lambda t, y, a, b, *, transpose_a, transpose_b: matmul(a, t, transpose_a, transpose_b),
        ),
        samples=_samples,
        doc="a[..., m, k] times b[..., k, n], either one transposed on request; batch axes broadcast",
        accuracy=SUM,
    )
)


def matmul(
    a: TensorLike, b: TensorLike, transpose_a: bool = False, transpose_b: bool = False
) -> TensorLike:
    """The matrix product, for each matrix of a batch; batch dimensions broadcast.

    Args:
        a: ``[..., m, k]``, or ``[..., k, m]`` if ``transpose_a``.
        b: ``[..., k, n]``, or ``[..., n, k]`` if ``transpose_b``.

    Raises:
        ShapeError: a rank below 2, inner dimensions that differ, or batch dimensions that do not broadcast.
        DTypeError: different element types, or bool.
    """
    return current().apply(
        MATMUL, (a, b), {"transpose_a": bool(transpose_a), "transpose_b": bool(transpose_b)}
    )
