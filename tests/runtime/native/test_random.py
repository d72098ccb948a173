"""Random numbers in kernels: bit for bit those of the reference, however the elements lie in vectors."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.ir import DType, Value, symbol
from bifront.compiler.ir.dtypes import float16, float32, float64, int64
from bifront.compiler.ops import (
    add,
    cast,
    constant,
    gt,
    iota,
    mul,
    next_key,
    random_bits,
    random_normal,
    random_truncated_normal,
    random_uniform,
    reduce_sum,
    transpose,
    where,
)

from .both_backends import SIZES, agree

KEYS = [np.array(k) for k in ((7, 0), (-1, 2**40), (2**63 - 1, -(2**63)), (0, 1))]
DRAWS = (random_uniform, random_normal, random_truncated_normal)


def same_bits(function: object, *arrays: np.ndarray, **options: object) -> None:
    """Zeros of another sign would not be the same."""
    (found,) = agree(function, *arrays, **options)  # type: ignore[arg-type]
    assert not np.signbit(found[found == 0]).any()


@pytest.mark.parametrize("dtype", [float64, float32, float16])
@pytest.mark.parametrize("draw", DRAWS)
def test_floats(draw: object, dtype: DType) -> None:
    for key in KEYS[1:3]:
        for n in SIZES:
            for shape in ((n,), (3, n), (2, n, 4)):
                agree(lambda key, shape=shape: draw(key, shape, dtype), key)  # type: ignore[operator]
    agree(lambda key: draw(key, (), dtype), KEYS[0])  # type: ignore[operator]
    agree(lambda key: draw(key, (300, 171), dtype), KEYS[1])  # type: ignore[operator]


def test_bits() -> None:
    for key in KEYS:
        for shape in ((), (1,), (7,), (16,), (17,), (3, 5), (5, 64), (0, 2), (2, 3, 37)):
            agree(lambda key, shape=shape: random_bits(key, shape), key)


def test_far_tails_of_the_normal_distribution() -> None:
    """So many draws that both branches of the tails are taken."""
    (z,) = agree(lambda key: random_normal(key, (1 << 17,), float64), KEYS[0])
    assert np.abs(z).max() > 4


def test_draws_join_the_loops_that_use_them() -> None:
    x = np.random.default_rng(0).standard_normal((33, 50)).astype(np.float32)

    def dropout(key: Value, x: Value) -> Value:
        keep = gt(random_uniform(key, x.shape, x.dtype), 0.3)
        return where(keep, mul(x, 1 / 0.7), constant(0, x.dtype))  # type: ignore[return-value,arg-type]

    agree(dropout, KEYS[0], x)
    agree(dropout, KEYS[1], x, symbols=(None, "n"))
    agree(lambda key, x: add(transpose(random_normal(key, (50, 33), float32)), x), KEYS[0], x)
    agree(lambda key, x: reduce_sum(add(random_uniform(key, (33, 50), float32), x), 1), KEYS[0], x, ulp=32)  # fmt: skip
    agree(lambda key, x: add(random_uniform(key, (33, 1), float32), x), KEYS[0], x)
    agree(lambda key, x: add(cast(random_uniform(key, (50,), float64), float32), x), KEYS[0], x)


def test_draws_of_any_size() -> None:
    for n in SIZES:
        x = np.zeros((n, 5), np.float32)
        size, symbols = symbol("n"), (None, "n")
        agree(
            lambda key, x, size=size: random_normal(key, (size, 5), float32),
            KEYS[0],
            x,
            symbols=symbols,
        )
        agree(
            lambda key, x, size=size: add(random_uniform(key, (5, size), float32), transpose(x)),
            KEYS[0], x, symbols=symbols,
        )  # fmt: skip


def test_keys_that_are_computed() -> None:
    def two(key: Value) -> list[Value]:
        first = random_uniform(key, (2,), float64)
        key = next_key(key)  # type: ignore[assignment]
        return [first, key, random_bits(key, (2,)), random_normal(next_key(key), (7,), float32)]  # type: ignore[list-item]

    agree(two, KEYS[1])
    agree(lambda x: random_bits(iota(2, int64), (9,)), np.zeros(1))
