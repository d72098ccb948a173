"""Tensors without dimensions are computed by NumPy's scalars: the bits are those of its functions on arrays."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch

VALUES = [0.0, -0.0, 1.0, -1.5, 1e-45, 3e38, -3e38, np.inf, -np.inf, np.nan, 0.1, 1 / 3]
OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], np.ufunc]] = {
    "+": (operator.add, np.add),
    "-": (operator.sub, np.subtract),
    "*": (operator.mul, np.multiply),
    "/": (operator.truediv, np.true_divide),
}


def bits(x: Any) -> tuple[np.dtype[Any], tuple[int, ...], bytes]:
    data = np.asarray(x)
    # Which of several NaNs it is, is left to the machine.
    return data.dtype, data.shape, np.where(np.isnan(data), np.nan, data).tobytes()


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_are_those_of_arrays(sign: str, dtype: type) -> None:
    apply, ufunc = OPERATORS[sign]
    for a, b in product(VALUES, repeat=2):
        x, y = (np.array(v).astype(dtype) for v in (a, b))
        want = bits(ufunc(x.reshape(1), y.reshape(1))[0])
        leaf, other = torch.tensor(x), torch.tensor(y)
        computed = leaf * 1.0
        assert bits(apply(leaf, other).numpy()) == want
        assert bits(apply(computed, other).numpy()) == want
        assert bits(apply(computed, other * 1.0).numpy()) == want
        assert bits(apply(computed, float(y)).numpy()) == want


@pytest.mark.parametrize("sign", OPERATORS)
def test_one_operand_may_have_dimensions(sign: str) -> None:
    apply, ufunc = OPERATORS[sign]
    row = np.array([1.0, 2.0, 0.5], np.float32)
    number = torch.tensor(np.float32(3)) * 1.0
    assert bits(apply(number, torch.tensor(row)).numpy()) == bits(ufunc(np.float32(3), row))
    assert bits(apply(torch.tensor(row), number).numpy()) == bits(ufunc(row, np.float32(3)))
    mixed = apply(number, torch.tensor(row.astype(np.float64)))
    assert mixed.dtype == torch.float64


def test_nobody_is_warned() -> None:
    zero = torch.tensor(0.0) * 1.0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        # As the compiler says it when it is imported; pytest has filters of its own.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"bifront\.")
        assert np.isnan((zero / zero).item())
        assert ((zero + 3e38) * (zero + 3e38)).item() == np.inf
    assert not told
