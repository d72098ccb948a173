"""Values that no operand decides: constants, and numbers that follow from shapes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..dispatch.current import current
from ..ir.dims import Dim
from ..ir.dtypes import BY_NUMPY, DType
from ..ir.types import Shape, TensorType
from .op import Kind, Op, Sample, TensorLike, define

__all__ = [
    "CONSTANT", "EXTENT", "FULL", "constant", "extent", "full", "ones_like", "zeros_like",
]  # fmt: skip


def _constant_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((), {"value": rng.standard_normal((2, 3))})
    yield Sample((), {"value": np.asarray(3, np.int64)})


CONSTANT = define(
    Op(
        name="constant",
        kind=Kind.CREATION,
        infer=lambda *, value: TensorType(BY_NUMPY[value.dtype], value.shape),
        evaluate=lambda *, value: value,
        vjp=None,
        jvp=None,
        samples=_constant_samples,
        doc="the array `value`",
    )
)


def _full_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((), {"value": 1.5, "shape": (2, 3), "dtype": BY_NUMPY[np.dtype("float32")]})
    yield Sample((), {"value": 7, "shape": (), "dtype": BY_NUMPY[np.dtype("int32")]})


def _evaluate_full(*, value: float, shape: tuple[int, ...], dtype: DType) -> np.ndarray:
    return np.full(shape, value, dtype.numpy)


def _infer_full(*, value: float, shape: Shape, dtype: DType) -> TensorType:
    return TensorType(dtype, shape)


FULL = define(
    Op(
        name="full",
        kind=Kind.CREATION,
        infer=_infer_full,
        evaluate=_evaluate_full,
        vjp=None,
        jvp=None,
        samples=_full_samples,
        doc="`shape` filled with the number `value`",
    )
)


def _extent_samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((), {"dim": 6, "dtype": BY_NUMPY[np.dtype("float32")]})


def _infer_extent(*, dim: Dim, dtype: DType) -> TensorType:
    return TensorType(dtype, ())


def _evaluate_extent(*, dim: int, dtype: DType) -> np.ndarray:
    return np.asarray(dim, dtype.numpy)


EXTENT = define(
    Op(
        name="extent",
        kind=Kind.CREATION,
        infer=_infer_extent,
        evaluate=_evaluate_extent,
        vjp=None,
        jvp=None,
        samples=_extent_samples,
        doc="the dimension `dim` as a number; a constant wherever the dimension is known",
    )
)


def constant(value: object, dtype: DType | None = None) -> TensorLike:
    """A value known when the program is written; numbers and lists become arrays of ``dtype``."""
    return current().constant(np.asarray(value, dtype.numpy if dtype is not None else None))


def full(shape: Shape, value: float, dtype: DType) -> TensorLike:
    """A tensor of one repeated number."""
    return current().apply(FULL, (), {"value": value, "shape": shape, "dtype": dtype})


def zeros_like(x: TensorLike) -> TensorLike:
    return full(x.shape, 0, x.dtype)


def ones_like(x: TensorLike) -> TensorLike:
    return full(x.shape, 1, x.dtype)


def extent(dim: Dim, dtype: DType) -> TensorLike:
    """A dimension as a scalar of the given type; a constant where the dimension is known."""
    if isinstance(dim, int):
        return current().constant(np.asarray(dim, dtype.numpy))
    return current().apply(EXTENT, (), {"dim": dim, "dtype": dtype})
