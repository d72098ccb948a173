"""Values that no operand decides: constants, and numbers that follow from shapes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..ir.dims import Dim
from ..ir.dtypes import BY_NUMPY, DType
from ..ir.types import Shape, TensorType
from .op import Kind, Op, Sample, define


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
