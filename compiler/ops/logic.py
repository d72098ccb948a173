"""Comparisons and logic: results are bool, and no gradient flows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..dispatch.current import current
from ..ir.dtypes import bool_
from ..ir.types import TensorType, broadcast
from .op import Kind, Op, Sample, TensorLike, define
from .rules import booleans, numbers
from .shapes import same_dtype

__all__ = [
    "EQ", "GE", "GT", "ISFINITE", "ISINF", "ISNAN", "LE", "LOGICAL_AND", "LOGICAL_NOT", "LOGICAL_OR",
    "LOGICAL_XOR", "LT", "NE",
    "eq", "ge", "gt", "isfinite", "isinf", "isnan", "le", "logical_and", "logical_not", "logical_or",
    "logical_xor", "lt", "ne",
]  # fmt: skip


def _infer_comparison(a: TensorType, b: TensorType) -> TensorType:
    same_dtype(a, b)
    return TensorType(bool_, broadcast(a.shape, b.shape))


def _infer_logical(a: TensorType, b: TensorType) -> TensorType:
    booleans(a, b)
    return TensorType(bool_, broadcast(a.shape, b.shape))


def _infer_not(x: TensorType) -> TensorType:
    booleans(x)
    return x


def _infer_test(x: TensorType) -> TensorType:
    numbers(x)
    return TensorType(bool_, x.shape)


def _pairs(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.integers(-1, 2, (2, 3)).astype(np.float64)
    yield Sample((x, np.zeros((2, 3))))
    yield Sample((x, x[:, :1]))
    yield Sample((x.astype(np.float32), np.float32(1) * np.ones(3, np.float32)))
    yield Sample((rng.integers(0, 3, (4,)), np.asarray(1)))
    yield Sample((np.array([True, False]), np.array([[True], [False]])))
    yield Sample((np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, -np.inf])))
    yield Sample((np.zeros((0, 3)), np.zeros((3,))))


def _truths(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((np.array([False, False, True, True]), np.array([False, True, False, True])))
    yield Sample((rng.random((2, 3)) < 0.5, np.asarray(True)))
    yield Sample((np.zeros((0, 1), bool), np.ones((1, 2), bool)))


def _truth(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.random((2, 3)) < 0.5,))
    yield Sample((np.asarray(True),))
    yield Sample((np.zeros((0, 2), bool),))


def _tests(rng: np.random.Generator) -> Iterator[Sample]:
    special = np.array([0.0, -1.5, np.nan, np.inf, -np.inf])
    yield Sample((special,))
    yield Sample((special.astype(np.float32),))
    yield Sample((np.asarray(np.nan),))
    yield Sample((np.arange(3),))
    yield Sample((np.zeros((0, 2)),))


def _comparison(name: str, evaluate: np.ufunc, sign: str) -> Op:
    doc = f"whether a {sign} b, elementwise"
    symmetric = evaluate in (np.equal, np.not_equal)
    return define(
        Op(
            name, Kind.ELEMENTWISE, _infer_comparison, evaluate, None, None, _pairs, doc,
            commutative=symmetric,
        )
    )  # fmt: skip


def _logical(name: str, evaluate: np.ufunc, doc: str) -> Op:
    return define(
        Op(
            name, Kind.ELEMENTWISE, _infer_logical, evaluate, None, None, _truths, doc,
            commutative=True,
        )
    )  # fmt: skip


def _test(name: str, evaluate: np.ufunc, doc: str) -> Op:
    return define(Op(name, Kind.ELEMENTWISE, _infer_test, evaluate, None, None, _tests, doc))


EQ = _comparison("eq", np.equal, "==")
NE = _comparison("ne", np.not_equal, "!=")
LT = _comparison("lt", np.less, "<")
LE = _comparison("le", np.less_equal, "<=")
GT = _comparison("gt", np.greater, ">")
GE = _comparison("ge", np.greater_equal, ">=")
LOGICAL_AND = _logical("logical_and", np.logical_and, "a and b, elementwise")
LOGICAL_OR = _logical("logical_or", np.logical_or, "a or b, elementwise")
LOGICAL_XOR = _logical("logical_xor", np.logical_xor, "whether just one of a and b holds")
LOGICAL_NOT = define(
    Op("logical_not", Kind.ELEMENTWISE, _infer_not, np.logical_not, None, None, _truth, "not x")
)
ISNAN = _test("isnan", np.isnan, "whether x is not a number")
ISINF = _test("isinf", np.isinf, "whether x is infinite, of either sign")
ISFINITE = _test("isfinite", np.isfinite, "whether x is neither infinite nor NaN")


def eq(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(EQ, a, b)


def ne(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(NE, a, b)


def lt(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(LT, a, b)


def le(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(LE, a, b)


def gt(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(GT, a, b)


def ge(a: TensorLike | float, b: TensorLike | float) -> TensorLike:
    return current().apply2(GE, a, b)


def logical_and(a: TensorLike, b: TensorLike) -> TensorLike:
    return current().apply2(LOGICAL_AND, a, b)


def logical_or(a: TensorLike, b: TensorLike) -> TensorLike:
    return current().apply2(LOGICAL_OR, a, b)


def logical_xor(a: TensorLike, b: TensorLike) -> TensorLike:
    return current().apply2(LOGICAL_XOR, a, b)


def logical_not(x: TensorLike) -> TensorLike:
    return current().apply1(LOGICAL_NOT, x)


def isnan(x: TensorLike) -> TensorLike:
    return current().apply1(ISNAN, x)


def isinf(x: TensorLike) -> TensorLike:
    return current().apply1(ISINF, x)


def isfinite(x: TensorLike) -> TensorLike:
    return current().apply1(ISFINITE, x)
