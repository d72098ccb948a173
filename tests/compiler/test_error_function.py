"""The reference's erf: its accuracy, its edges, and that it needs nothing but NumPy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import special

from bifront.compiler.ops.error_function import error_function

FLOATS = np.float32, np.float64
WIDE = np.finfo(np.longdouble).nmant > 52


def _series(x: np.ndarray) -> np.ndarray:
    """In long double, the series of erf(x) e^(x^2), whose terms are positive."""
    size = np.abs(x).astype(np.longdouble)
    term = total = size * 2 / np.sqrt(np.arctan(np.longdouble(1)) * 4)
    for k in range(1, 220):
        term = term * 2 * size * size / (2 * k + 1)
        total = total + term
    return np.copysign(total * np.exp(-size * size), x)


def _units(y: np.ndarray, exact: np.ndarray) -> float:
    """The largest error in units in the last place."""
    unit = np.spacing(np.abs(exact).astype(y.dtype))
    return float(np.max(np.abs(y.astype(exact.dtype) - exact) / unit))


@pytest.mark.parametrize("span", [6.5, 1.25, 0.01, 1e-300])
def test_is_within_2_units_in_the_last_place(span: float) -> None:
    x = np.linspace(-span, span, 100_001)
    single = x.astype(np.float32)
    assert _units(error_function(single), special.erf(single.astype(np.float64))) <= 1.5
    if WIDE:
        assert _units(error_function(x), _series(x)) <= 1.5


@pytest.mark.parametrize("dtype", FLOATS)
def test_of_what_is_not_finite_or_has_no_digits_to_lose(dtype: type) -> None:
    x = np.array(
        [0, np.inf, np.nan, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal], dtype
    )
    with np.errstate(all="raise"):
        y = error_function(np.concatenate((x, -x)))
    wanted = np.array([0, 1, np.nan, 1, x[-1]], dtype)
    assert_array_equal(y, np.concatenate((wanted, -wanted)))
    assert_array_equal(np.signbit(y[[0, 5]]), [False, True])


@pytest.mark.parametrize("dtype", FLOATS)
def test_an_elements_bits_do_not_depend_on_those_around_it(dtype: type) -> None:
    x = np.random.default_rng(0).normal(0, 2, 40_001).astype(dtype)
    whole = error_function(x)
    for part in (slice(0, 1), slice(3, 20), slice(16_000, 16_900), slice(1, None, 7)):
        assert_array_equal(error_function(x[part]), whole[part])


@pytest.mark.parametrize("dtype", FLOATS)
def test_of_any_layout_and_shape(dtype: type) -> None:
    x = np.random.default_rng(1).normal(size=(6, 5, 4)).astype(dtype)
    y = error_function(x)
    for look in (lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[:0], lambda a: a[1, 2, 3, ...]):
        made = error_function(look(x))
        assert made.dtype == dtype
        assert_array_equal(made, look(y))
    assert_array_equal(error_function(np.broadcast_to(x[0], (3, 5, 4))), np.stack([y[0]] * 3))


def test_a_program_with_it_does_without_scipy() -> None:
    program = (
        "import sys; import bifront.imperative as torch; import bifront.imperative.nn.functional as F; "
        "F.gelu(torch.ones(3)); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
