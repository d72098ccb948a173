"""Matrix products of integers and of half precision."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ops import add, matmul, mul

from .both_backends import agree

RNG = np.random.default_rng(0)
SHAPES = [(1, 1, 1), (0, 3, 2), (3, 0, 2), (3, 2, 0), (7, 16, 17), (17, 7, 1), (1, 100, 33)]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.float16])
def test_products(dtype: type) -> None:
    ulp = 2 if dtype is np.float16 else 0
    for m, k, n in SHAPES:
        for flip_a in (False, True):
            for flip_b in (False, True):
                a = RNG.integers(0, 100, (k, m) if flip_a else (m, k)).astype(dtype)
                b = RNG.integers(0, 100, (n, k) if flip_b else (k, n)).astype(dtype)
                agree(lambda a, b, f=flip_a, g=flip_b: matmul(a, b, f, g), a, b, ulp=ulp)
    a, b = RNG.integers(0, 9, (2, 1, 5, 3)).astype(dtype), RNG.integers(0, 9, (4, 3, 6)).astype(dtype)  # fmt: skip
    agree(matmul, a, b, ulp=ulp)
    agree(lambda a, b: add(mul(matmul(a, b), matmul(a, b)), 1), a, b, ulp=4 * ulp)  # type: ignore[arg-type]
    agree(matmul, a[0, 0], b[0], symbols=("n",), ulp=ulp)
