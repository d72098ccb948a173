"""The native elementary functions against NumPy in a wider type, all over the floats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.special

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

from bifront.runtime.native import elementary
from bifront.runtime.native.emit import F16, F32, I32, Builder, Module, Operand
from bifront.runtime.native.machine import machine

from .compiled import compiled

WIDE: dict[type, type] = {np.float32: np.float64, np.float64: np.longdouble}
needs_longdouble = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= 52, reason="long double is no wider than double here"
)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def _erf(x: np.ndarray) -> np.ndarray:
    """In float64 from SciPy; in long double, which it lacks, the series of erf(x) e^(x^2), whose terms are positive."""
    if x.dtype == np.float64:
        return scipy.special.erf(x)
    size = np.minimum(np.abs(x), 7)
    term = total = size * 2 / np.sqrt(np.arctan(np.longdouble(1)) * 4)
    for k in range(1, 220):
        term = term * 2 * size * size / (2 * k + 1)
        total = total + term
    return np.copysign(total * np.exp(-size * size), x)


# The largest error allowed, in units of the last place (float32, float64), and the reference in the wider type.
FUNCTIONS: dict[str, tuple[float, float, Callable[[np.ndarray], np.ndarray]]] = {
    "arctan": (1.5, 1.6, np.arctan),
    "ceil": (0, 0, np.ceil),
    "cos": (1.6, 1.7, np.cos),
    "erf": (1.2, 1.6, _erf),
    "exp": (1, 1, np.exp),
    "expm1": (1.5, 1.8, np.expm1),
    "floor": (0, 0, np.floor),
    "log": (1, 1, np.log),
    "log1p": (1.5, 1.5, np.log1p),
    "round": (0, 0, np.rint),
    "rsqrt": (1.5, 1.5, lambda x: 1 / np.sqrt(x)),
    "sigmoid": (1.7, 1.7, _sigmoid),
    "sin": (1.6, 1.7, np.sin),
    "sqrt": (0.5, 0.5, np.sqrt),
    "tan": (0.51, 1.6, np.tan),
    "tanh": (1.5, 1.5, np.tanh),
}
with_instructions = pytest.mark.parametrize(
    "avx512",
    [
        False,
        pytest.param(True, marks=pytest.mark.skipif(not machine().avx512, reason="no AVX-512")),
    ],
    ids=["plain", "avx512"],
)
SPECIAL = (
    0.0, 1.0, 0.5, 2.0, 3.0, 0.75, np.inf, np.nan, 1e-45, 1e-40, 1.1754944e-38, 3.4028235e38, 88.7228, 88.7229,
    87.34, 103.97, 103.98, 0.3466, 5e-324, 1e-310, 2.2250738585072014e-308, 1.7976931348623157e308, 709.78, 709.79,
    745.13, 745.14, np.pi, np.pi / 2, np.pi / 4, 65535.0, 1e22,
)  # fmt: skip


def _specials(dtype: type) -> np.ndarray:
    with np.errstate(over="ignore"):
        values = np.array(SPECIAL).astype(dtype)
    return np.concatenate([values, -values])


def _patterns(dtype: type, count: int) -> np.ndarray:
    """Floats of bit patterns all over the type, at a stride that is no power of two, and the special ones."""
    bits = np.dtype(dtype).itemsize * 8
    stride = (1 << bits) // count | 1
    whole = np.arange(count, dtype=np.uint64) * np.uint64(stride)
    return np.concatenate([whole.astype(f"u{bits // 8}").view(dtype), _specials(dtype)])


def _usual(dtype: type, count: int) -> np.ndarray:
    """Numbers of moderate size: half of all patterns are tiny, and the functions do little on them."""
    rng = np.random.default_rng(7)
    spans = [rng.uniform(-s, s, count // 4) for s in (1, 4, 40, 760)]
    return np.concatenate(spans).astype(dtype)


def _errors(y: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Distances in units in the last place; infinite where infinities, NaN or the sign of a zero differ."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(y.dtype)
        unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, 1)).astype(y.dtype))
        distance = np.abs(y.astype(exact.dtype) - exact) / unit
    finite = np.isfinite(y) & np.isfinite(rounded)
    same = (y == rounded) | (np.isnan(y) & np.isnan(exact))
    errors = np.where(finite, distance, np.where(same, 0, np.inf))
    zeros = (y == 0) & (rounded == 0)
    return np.where(zeros & (np.signbit(y) != np.signbit(rounded)), np.inf, errors)


def _check(y: np.ndarray, exact: np.ndarray, bound: float, *x: np.ndarray) -> None:
    errors = _errors(y, exact)
    worst = int(np.argmax(errors))
    at = ", ".join(repr(a[worst]) for a in x)
    assert errors[worst] <= bound, (
        f"{errors[worst]:.3f} > {bound} ulp at {at}: {y[worst]!r}, not {exact[worst]!r}"
    )


def _exact(name: str, x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return FUNCTIONS[name][2](x.astype(WIDE[x.dtype.type]))


@with_instructions
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_everywhere(name: str, avx512: bool) -> None:
    x = np.concatenate([_patterns(np.float32, 1 << 20), _usual(np.float32, 1 << 18)])
    _check(
        compiled(getattr(elementary, name), np.float32, 16, avx512=avx512)(x),
        _exact(name, x),
        FUNCTIONS[name][0],
        x,
    )


@needs_longdouble
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64_everywhere(name: str) -> None:
    x = np.concatenate([_patterns(np.float64, 1 << 18), _usual(np.float64, 1 << 18)])
    _check(
        compiled(getattr(elementary, name), np.float64, 8)(x),
        _exact(name, x),
        FUNCTIONS[name][1],
        x,
    )


@pytest.mark.parametrize("lanes", [0, 2, 4, 8, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@with_instructions
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_width_gives_the_same_bits(name: str, dtype: type, lanes: int, avx512: bool) -> None:
    x = np.concatenate([_patterns(dtype, 1 << 10), _usual(dtype, 1 << 10)])
    emit = getattr(elementary, name)
    y = compiled(emit, dtype, lanes, avx512=avx512)(x)
    widest = compiled(emit, dtype, 32 if dtype is np.float32 else 16, avx512=avx512)(x)
    np.testing.assert_array_equal(y, widest)


PAIRS: dict[str, tuple[float, float, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "arctan2": (1.6, 1.7, np.arctan2),
    "pow": (0.6, 1.1, np.power),
}


def _grid(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of numbers whose powers and angles are exact or special."""
    numbers = [
        0.0,
        1.0,
        np.inf,
        np.nan,
        0.5,
        2.0,
        3.0,
        4.0,
        2.0**24,
        2.0**24 + 2,
        2.0**60,
        2.0**-60,
    ]
    positive = np.array([*numbers, np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal], dtype)
    x, y = np.meshgrid(*[np.concatenate([positive, -positive])] * 2)
    return x.ravel(), y.ravel()


def _pairs(dtype: type, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Bases and exponents: of moderate results, bases close to 1 with large exponents, negative bases, any bits."""
    rng = np.random.default_rng(11)
    near = 1 + rng.uniform(-1e-3, 1e-3, count)
    x = [np.exp(rng.uniform(-20, 20, count)), near, -np.exp(rng.uniform(-9, 9, count))]
    y = [
        rng.uniform(-40, 40, count),
        rng.uniform(-8e5, 8e5, count),
        np.rint(rng.uniform(-30, 30, count)),
    ]
    bits = _patterns(dtype, count)[:count]
    return (
        np.concatenate([*x, bits]).astype(dtype),
        np.concatenate([*y, rng.permutation(bits)]).astype(dtype),
    )


@pytest.mark.parametrize("lanes", [0, 2, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_special_values(name: str, dtype: type, lanes: int) -> None:
    x, y = _grid(dtype)
    with np.errstate(all="ignore"):
        exact = PAIRS[name][2](x.astype(WIDE[dtype]), y.astype(WIDE[dtype])).astype(dtype)
    got = compiled(getattr(elementary, name), dtype, lanes, 2)(x, y)
    special = (x == 0) | (y == 0) | ~np.isfinite(x) | ~np.isfinite(y) | (np.abs(x) == np.abs(y))
    if name == "arctan2":
        np.testing.assert_array_equal(got[special], exact[special])
    _check(got, exact.astype(WIDE[dtype]), 1.0 if name == "pow" else 1.6, x, y)


@pytest.mark.parametrize(
    "dtype",
    [np.float32, pytest.param(np.float64, marks=needs_longdouble)],
    ids=["float32", "float64"],
)
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_everywhere(name: str, dtype: type) -> None:
    x, y = _pairs(dtype, 1 << 16)
    *bounds, function = PAIRS[name]
    # The powers of float32 need more than float64 for a reference, where the exponents are large.
    wide = np.longdouble if name == "pow" else WIDE[dtype]
    with np.errstate(all="ignore"):
        exact = function(x.astype(wide), y.astype(wide))
    got = compiled(getattr(elementary, name), dtype, 8, 2)(x, y)
    _check(got, exact, bounds[dtype is np.float64], x, y)


def test_angles_close_to_multiples_of_a_right_angle() -> None:
    """Where the remainder is smallest: float64 and float32 closest to a multiple of pi/2 (known from its expansion)."""
    closest = float.fromhex("0x1.6ac5b262ca1ffp+849")  # 6381956970095103 * 2^797: r = 4.7e-19
    x = np.array([closest, -closest, 1e22, 2.0**120, 1.7976931348623157e308])
    cosines = [-4.687165924254628e-19] * 2 + [
        0.5232147853951389,
        -0.9258790228548379,
        -0.9999876894265599,
    ]
    sines = [1.0, -1.0, -0.8522008497671888, 0.37782010936075204, 0.004961954789184062]
    np.testing.assert_allclose(compiled(elementary.cos, np.float64, 4)(x), cosines, rtol=4e-16)
    np.testing.assert_allclose(compiled(elementary.sin, np.float64, 4)(x), sines, rtol=4e-16)


@pytest.mark.parametrize("lanes", [0, 4])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_integer_powers_wrap_around(dtype: type, lanes: int) -> None:
    x, y = np.meshgrid(np.arange(-12, 13, dtype=dtype), np.arange(0, 70, dtype=dtype))
    got = compiled(elementary.integer_pow, dtype, lanes, 2)(x.ravel(), y.ravel())
    np.testing.assert_array_equal(got, np.power(x.ravel(), y.ravel()))


def test_float16_goes_through_float32() -> None:
    def emit(b: Builder, x: Operand) -> Operand:
        half = b.convert("fptrunc", x, x.type.with_element(F16))
        return b.convert(
            "fpext", elementary.in_float32(elementary.exp, b, half), x.type.with_element(F32)
        )

    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        exact = np.exp(x.astype(np.float64))
        y = compiled(emit, np.float32, 16)(x.astype(np.float32)).astype(np.float16)
    _check(y, exact, 0.51, x)


def test_other_types_are_refused() -> None:
    b = Builder(Module(), "f", [("x", I32)])
    with pytest.raises(ValueError, match="float32 or float64"):
        elementary.exp(b, b.parameters[0])


@with_instructions
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits_are_reached_and_not_left(dtype: type, avx512: bool) -> None:
    x = np.array([np.inf, 3e38, 800], dtype)
    for name, below in (("tanh", -1), ("erf", -1), ("sigmoid", 0)):
        function = compiled(getattr(elementary, name), dtype, 16, avx512=avx512)
        np.testing.assert_array_equal(function(x), 1)
        np.testing.assert_array_equal(function(-x), below)
