"""The branchless kernels give NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ops.choice import ABOVE_ZERO_FROM, CHOOSE_FROM, above_zero, choose

SHAPES = [(3,), (70, 64), (CHOOSE_FROM,), (2, 50, 50)]
TYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    x = (rng.standard_normal(shape) * 50).astype(dtype)
    if x.dtype.kind == "f":
        special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0], dtype)
        x = np.where(rng.random(shape) < 0.2, rng.choice(special, shape), x)
    return x


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_choose_moves_bits(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(0)
    a, b = numbers(rng, shape, dtype), numbers(rng, shape, dtype)
    condition = rng.random(shape) < 0.5
    scalar = np.asarray(b.flat[0])
    zeros = [np.zeros((), dtype), -np.zeros((), dtype) if dtype[0] == "f" else scalar]
    for first, second in [
        (a, b), (a, scalar), (scalar, b), (a, zeros[0]), (a, zeros[1]), (zeros[0], b),
        (np.asfortranarray(a), b), (a, b[:1]), (scalar, scalar),
    ]:  # fmt: skip
        for c in (condition, np.asfortranarray(condition), condition[:1]):
            found, expected = choose(c, first, second), np.where(c, first, second)
            assert found.dtype == expected.dtype
            assert found.shape == expected.shape
            assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", TYPES[:-1])
def test_above_zero(dtype: str) -> None:
    rng = np.random.default_rng(0)
    for size in (7, ABOVE_ZERO_FROM, 3000):
        x = numbers(rng, (size,), dtype)
        np.testing.assert_array_equal(above_zero(x), np.maximum(x, 0))
        assert above_zero(x).dtype == x.dtype
