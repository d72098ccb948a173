"""Writing where integers say: repeated places, negative indices, and those out of range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.ir import Value
from bifront.compiler.ops import (
    add,
    broadcast_to,
    expand_dims,
    mul,
    scatter_add,
    scatter_add_along,
    scatter_add_nd,
    scatter_set_nd,
    zeros_like,
)

from .both_backends import NUMBERS, SIZES, agree, built, sample

RNG = np.random.default_rng(0)
INDICES = (np.int8, np.int32, np.int64, np.uint8)


def numbers(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Small whole numbers, whose sums are exact in every type; sums of infinities are NaN in any order."""
    if np.dtype(dtype).kind == "b":
        return sample(RNG, shape, dtype)
    x = RNG.integers(0, 4, shape).astype(dtype)
    if np.dtype(dtype).kind == "f" and x.size > 3:
        x.reshape(-1)[:3] = np.nan, np.inf, -0.0
    return x


def picks(shape: tuple[int, ...], extent: int, dtype: type = np.int64) -> np.ndarray:
    low = 0 if np.dtype(dtype).kind == "u" else -extent
    return RNG.integers(low, extent, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_slices_are_added(dtype: type) -> None:
    for n in SIZES:
        for width in (1, 3, 17, 40):
            x, u = numbers((5, width), dtype), numbers((n, width), dtype)
            agree(lambda x, i, u: scatter_add(x, i, u, 0), x, picks((n,), 5), u)
            agree(lambda x, i, u: scatter_add(zeros_like(x), i, u, 0), x, picks((n,), 5), u)
            agree(lambda x, i, u: scatter_add(x, i, u, 0), x, picks((n,), 5), u, symbols=("v", "n", "n"))  # fmt: skip
        x, u = numbers((2, 5, 3), dtype), numbers((2, 4, n, 3), dtype)
        agree(lambda x, i, u: scatter_add(x, i, u, 1), x, picks((4, n), 5), u)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
def test_elements_are_added_along_an_axis(dtype: type) -> None:
    for n in SIZES:
        x = numbers((5, 17), dtype)
        agree(lambda x, i, u: scatter_add_along(x, i, u, 0), x, picks((n, 17), 5), numbers((n, 17), dtype))  # fmt: skip
        agree(lambda x, i, u: scatter_add_along(x, i, u, 1), x, picks((5, n), 17), numbers((5, n), dtype))  # fmt: skip
        x, i, u = numbers((2, 3, 4), dtype), picks((2, n, 4), 3), numbers((2, n, 4), dtype)
        agree(lambda x, i, u: scatter_add_along(x, i, u, 1), x, i, u)


@pytest.mark.parametrize("dtype", [*NUMBERS, np.bool_])
@pytest.mark.parametrize("function", [scatter_add_nd, scatter_set_nd])
def test_places_named_by_several_indices(function: object, dtype: type) -> None:
    for n in SIZES:
        for width in (1, 17):
            x = numbers((3, 4, width), dtype)
            i, j = picks((n,), 3), picks((n,), 4)
            agree(function, x, numbers((n, width), dtype), i, j)  # type: ignore[arg-type]
            agree(function, x, numbers((n, 4, width), dtype), i)  # type: ignore[arg-type]
            u = numbers((n, min(n, 7), width), dtype)
            agree(function, x, u, i[:, None], j[None, :7])  # type: ignore[arg-type]
    agree(function, numbers((3, 4), dtype), numbers((4,), dtype), np.array(-1))  # type: ignore[arg-type]
    agree(function, numbers((3, 4), dtype), numbers((3, 4), dtype))  # type: ignore[arg-type]


@pytest.mark.parametrize("index", INDICES)
def test_every_type_of_index(index: type) -> None:
    x, u = numbers((100, 3), np.float32), numbers((64, 3), np.float32)
    agree(lambda x, i, u: scatter_add(x, i, u, 0), x, picks((64,), 100, index), u)
    agree(lambda x, i, u: scatter_add_along(x, i, u, 0), x, picks((64, 3), 100, index), u)
    agree(scatter_set_nd, x, u, picks((64,), 100, index))


def test_indices_of_few_bits_reach_all_places() -> None:
    """Counted from the end of a long axis, or multiplied by the width of a row, they need more bits."""
    x, u = numbers((300, 3), np.float32), numbers((4, 3), np.float32)
    i = np.array([-1, -128, 127, 5], np.int8)
    for function in (
        lambda x, i, u: scatter_add(x, i, u, 0),
        lambda x, i, u: scatter_add_along(x, repeated(i, u), u, 0),
        lambda x, i, u: scatter_set_nd(x, u, i),
    ):
        (found,) = agree(function, x, i, u)
        (wanted,) = agree(function, x, i.astype(np.int64), u)
        assert np.array_equal(found, wanted, equal_nan=True)


def test_small_updates_are_added_up_before_a_large_number() -> None:
    for dtype, large, count in ((np.float32, 2.0**26, 4000), (np.float16, 2048.0, 400)):
        x = np.full((2, 3), large, dtype)
        i, u = np.zeros((count,), np.int64), np.ones((count, 3), dtype)
        (found,) = agree(lambda x, i, u: scatter_add(x, i, u, 0), x, i, u, ulp=1)
        assert found[0, 0] == large + count


def test_what_is_around() -> None:
    def step(x: Value, i: Value, u: Value) -> Value:
        sums = scatter_add(zeros_like(x), i, mul(u, 2.0), 0)  # type: ignore[arg-type]
        return add(x, mul(sums, 0.5))  # type: ignore[return-value,arg-type]

    agree(step, numbers((9, 5), np.float32), picks((30,), 9), numbers((30, 5), np.float32))


FAULTS: dict[str, Callable[[Value, Value, Value], object]] = {
    "scatter_add": lambda x, i, u: scatter_add(x, i, u, 0),
    "scatter_add_along": lambda x, i, u: scatter_add_along(x, repeated(i, u), u, 0),
    "scatter_add_nd": lambda x, i, u: scatter_add_nd(x, u, i),
    "scatter_set_nd": lambda x, i, u: scatter_set_nd(x, u, i),
}


def repeated(i: Value, u: Value) -> Value:
    return broadcast_to(expand_dims(i, 1), u.shape)  # type: ignore[return-value]


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("bad", [5, -6, 2**40])
def test_an_index_out_of_range_raises_the_error(name: str, bad: int) -> None:
    x, u = np.zeros((5, 3)), np.ones((4, 3))
    for place in range(4):
        i = np.array([0, 1, 2, 3])
        executable = bf.compile(built(FAULTS[name], (x, i, u)), "native")  # type: ignore[arg-type]
        assert executable(x, i, u)[0].sum() == 12
        i[place] = bad
        with pytest.raises(bf.IndexOutOfRange, match=f"index {bad} is out of range") as caught:
            executable(x, i, u)
        assert "test_scattering.py" in str(caught.value)
        assert not x.any()
