"""Functions of operations run on both backends, which must agree and leave nothing to the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import bifront as bf
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import BY_NUMPY

SIZES = (0, 1, 7, 16, 17, 67)
NUMBERS = (np.float64, np.float32, np.float16, np.int8, np.int16, np.int32, np.int64, np.uint8)


def built(
    function: Callable[..., Value | Sequence[Value]],
    arrays: Sequence[np.ndarray],
    symbols: Sequence[str | None] = (),
) -> Graph:
    """The graph of a function; first axes with a symbol have any size."""
    builder = Building("g")
    inputs = []
    for i, a in enumerate(arrays):
        shape: tuple[object, ...] = a.shape
        if i < len(symbols) and symbols[i] is not None:
            shape = (symbol(str(symbols[i])), *a.shape[1:])
        inputs.append(builder.input(TensorType(BY_NUMPY[a.dtype], shape), f"x{i}"))  # type: ignore[arg-type]
    with using(builder):
        made = function(*inputs)
    return builder.close(inputs, [made] if isinstance(made, Value) else list(made))


def agree(
    function: Callable[..., Value | Sequence[Value]],
    *arrays: np.ndarray,
    symbols: Sequence[str | None] = (),
    ulp: float = 0,
    native: bool = True,
) -> tuple[np.ndarray, ...]:
    """Hold the native backend against the reference: equal bits, or so many units in the last place of the largest.

    Zeros and NaN count as equal whatever their signs.
    """
    graph = built(function, arrays, symbols)
    executable = bf.compile(graph, "native")
    if native and all(v.type.size != 0 for v in graph.outputs):
        assert "left to the reference" not in executable.explain(), executable.explain()
        assert " on native" in executable.explain()
    found = executable(*arrays)
    with np.errstate(all="ignore"):
        wanted = bf.compile(graph, "numpy")(*arrays)
    for x, y in zip(found, wanted, strict=True):
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        same = (x == y) | ((x != x) & (y != y))
        if ulp and y.dtype.kind == "f":
            finite = np.abs(np.where(np.isfinite(y), y, 0)).max(initial=0)
            with np.errstate(all="ignore"):
                near = np.abs(x - y) <= ulp * np.finfo(y.dtype).eps * max(float(finite), 1e-30)
            same |= near
        assert same.all(), (
            f"{graph}\nnative {x[~same][:5]}\nnumpy {y[~same][:5]} at {np.argwhere(~same)[:3]}"
        )
    return tuple(found)


def sample(rng: np.random.Generator, shape: Sequence[int], dtype: type) -> np.ndarray:
    """Numbers with many ties, and of floats the special ones too."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) < 0.5
    if kind != "f":
        low = 0 if kind == "u" else -9
        return rng.integers(low, 10, shape).astype(dtype)
    x = np.round(rng.standard_normal(shape) * 4) / 2
    special = rng.choice([0.0, -0.0, np.nan, np.inf, -np.inf], shape)
    return np.where(rng.random(shape) < 0.15, special, x).astype(dtype)
