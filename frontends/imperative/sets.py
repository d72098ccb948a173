"""Values counted and compared: `unique`, `bincount`, `histc`, `allclose`, `isin`. They compute outside the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.dispatch.current import current
from .api import export
from .outside import numbers, outside
from .tensor import Tensor


@export("unique")
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different values in order; also where each element went, and how often each occurs."""

    def find(x: np.ndarray) -> tuple[Any, ...]:
        values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
        return values, inverse.reshape(x.shape if dim is None else -1), counts

    values, inverse, counts = outside("unique", find, input)
    wanted = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


@export("unique_consecutive")
def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The values with repetitions of neighbours left out."""

    def find(x: np.ndarray) -> tuple[Any, ...]:
        rows = x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0)
        flat = rows.reshape(len(rows), -1)
        starts = np.ones(len(rows), bool)
        starts[1:] = (flat[1:] != flat[:-1]).any(1)
        inverse = np.cumsum(starts) - 1
        places = np.flatnonzero(starts)
        values = rows[places] if dim is None else np.moveaxis(rows[places], 0, dim)
        counts = np.diff(np.append(places, len(rows)))
        return values, inverse.reshape(x.shape if dim is None else -1), counts

    values, inverse, counts = outside("unique_consecutive", find, input)
    wanted = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


@export("bincount")
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each integer from 0 occurs, or the sum of its weights."""
    return outside("bincount", lambda x, w: np.bincount(x, w, minlength), input, weights)  # type: ignore[no-any-return]


@export("histc")
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of equal bins from ``min`` to ``max`` (both 0: those of the data)."""

    def count(x: np.ndarray) -> np.ndarray:
        low, high = (min, max) if min != max else (float(x.min()), float(x.max()))
        return np.histogram(x, bins, (low, high))[0].astype(x.dtype)

    return outside("histc", count, input)  # type: ignore[no-any-return]


@export("isin", method=False)
def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> Tensor:
    """Whether each element is among the others."""
    return outside("isin", np.isin, elements, test_elements, invert=invert)  # type: ignore[no-any-return]


@export("isclose")
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether ``|input - other| <= atol + rtol * |other|``, elementwise."""
    return outside("isclose", np.isclose, input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)  # type: ignore[no-any-return]


@export("allclose")
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether `isclose` holds everywhere."""
    a, b = numbers(input), numbers(other)
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


@export("equal")
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same numbers."""
    current().observed(input.array)
    current().observed(other.array)
    return bool(np.array_equal(input.array.data, other.array.data))
