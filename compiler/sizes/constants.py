"""Constants that follow from sizes, written as the operations that make them for every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..dispatch import Building, using
from ..ir import Dim, Value
from ..ir.dtypes import BY_NUMPY
from ..library import arange, eye, lower_mask, upper_mask
from ..ops import add, div, extent, full
from ..ops import constant as constant_of
from .numbers import repeated, steps

__all__ = ["constant"]

Fit = Callable[[tuple[int, ...]], Dim]


def constant(builder: Building, arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    """What stands for one array of each run: a number repeated, numbers counted up, a triangle, a diagonal.

    Args:
        fit: the dimension that some numbers are; raises where there is none.

    Returns:
        None where the arrays are nothing of that kind.
    """
    first = arrays[0]
    if any(a.dtype != first.dtype or a.ndim != first.ndim for a in arrays):
        return None
    with using(builder):
        for form in (_scalar, _quotient, _counted, _repeated, _square):
            made = form(arrays, fit)
            if made is not None:
                return made
    return None


def _shape(arrays: Sequence[np.ndarray], fit: Fit) -> tuple[Dim, ...]:
    columns = zip(*(a.shape for a in arrays), strict=True)
    return tuple([c[0] if len(set(c)) == 1 else fit(c) for c in columns])


def _scalar(arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    first = arrays[0]
    if first.ndim or first.dtype.kind == "b":
        return None
    numbers = [a.item() for a in arrays]
    if any(not np.isfinite(n) or n != int(n) for n in numbers):
        return None
    return extent(fit(tuple([int(n) for n in numbers])), BY_NUMPY[first.dtype])  # type: ignore[return-value]


def _quotient(arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    """``1 / n`` or ``n / (n - 1)``."""
    first = arrays[0]
    if first.ndim or first.dtype not in (np.float32, np.float64):
        return None
    dtype = BY_NUMPY[first.dtype]
    counts = [_count(a, lambda c: 1 / c, lambda n: 1 / n) for a in arrays]
    if None not in counts:
        return div(constant_of(1, dtype), extent(fit(tuple(map(int, counts))), dtype))  # type: ignore[arg-type, return-value]
    counts = [_count(a, lambda c: c / (c - 1), lambda n: n / (n - 1)) for a in arrays]
    if None in counts:
        return None
    dim = fit(tuple(map(int, counts)))  # type: ignore[arg-type]
    return div(extent(dim, dtype), extent(dim - 1, dtype))  # type: ignore[return-value]


def _count(
    number: np.ndarray, guess: Callable[[float], float], quotient: Callable[[int], float]
) -> int | None:
    """The whole number from which a quotient was computed; None where there is none.

    Dividing in float32 gives the same bits as rounding the float64 quotient, up to 2**24.
    """
    value = number.item()
    if not np.isfinite(value) or value in (0, 1):
        return None
    count = round(guess(value))
    if not 1 < count < 1 << 24:
        return None
    same = number.dtype.type(quotient(count)).tobytes() == number.tobytes()
    return count if same else None


def _repeated(arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    numbers = {repr(repeated(a)) for a in arrays}
    number = repeated(arrays[0])
    if len(numbers) > 1 or number is None:
        return None
    return full(_shape(arrays, fit), number, BY_NUMPY[arrays[0].dtype])  # type: ignore[return-value]


def _counted(arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    found = [steps(a) for a in arrays]
    known = [f for f in found if f is not None]
    if len(known) != len(found) or len({step for _, step in known}) > 1:
        return None
    (count,) = _shape(arrays, fit)
    dtype = BY_NUMPY[arrays[0].dtype]
    starts = tuple([start for start, _ in known])
    if len(set(starts)) == 1:
        return arange(starts[0], count, known[0][1], dtype)  # type: ignore[return-value]
    return add(arange(0, count, known[0][1], dtype), extent(fit(starts), dtype))  # type: ignore[return-value]


def _square(arrays: Sequence[np.ndarray], fit: Fit) -> Value | None:
    """The identity, or a triangle of truth values."""
    if arrays[0].ndim != 2:
        return None
    dtype = BY_NUMPY[arrays[0].dtype]
    if all(np.array_equal(a, np.eye(*a.shape)) for a in arrays):
        rows, columns = _shape(arrays, fit)
        return eye(rows, columns, dtype)  # type: ignore[return-value]
    if not dtype.is_bool:
        return None
    for fill, make in ((np.tril, lower_mask), (np.triu, upper_mask)):
        offset = _offset(arrays[0], lower=fill is np.tril)
        if offset is not None and all(
            np.array_equal(a, fill(np.ones(a.shape, bool), offset)) for a in arrays
        ):
            rows, columns = _shape(arrays, fit)
            return make(rows, columns, offset)  # type: ignore[return-value]
    return None


def _offset(data: np.ndarray, lower: bool) -> int | None:
    """The number of the diagonal up to (or from) which the first row, or the first column, is true."""
    row, column = data[0], data[:, 0]
    if lower:
        return int(row.sum()) - 1 if row[0] else -int(np.argmax(column)) if column.any() else None
    return int(np.argmax(row)) if row.any() and not row[0] else 1 - int(column.sum())
