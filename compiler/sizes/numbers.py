"""Arrays that are a number repeated, or numbers counted up: what a size makes of them is known for every size."""

from __future__ import annotations

import numpy as np

__all__ = ["counts_up", "repeated"]


def repeated(data: np.ndarray) -> int | float | None:
    """The number that fills an array, bit for bit; None where there is no such number."""
    if not data.size:
        return 0
    first = data.reshape(-1)[0]
    if np.ascontiguousarray(data).tobytes() != first.tobytes() * data.size:
        return None
    number = first.item()
    # Zeros and ones are written as whole numbers, whatever they fill.
    if number in (0, 1) and not np.signbit(first if data.dtype.kind == "f" else 0):
        return int(number)
    return number  # type: ignore[no-any-return]


def counts_up(data: np.ndarray) -> bool:
    """Whether an array is 0, 1, 2, ..."""
    return (
        data.ndim == 1
        and data.dtype.kind in "iuf"
        and bool(np.array_equal(data, np.arange(len(data))))
    )
