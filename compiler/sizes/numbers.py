"""Arrays that are a number repeated, or numbers counted up: what a size makes of them is known for every size."""

from __future__ import annotations

import numpy as np

__all__ = ["repeated", "steps"]


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


def steps(data: np.ndarray) -> tuple[int, int] | None:
    """The first number and the step of whole numbers at equal distances; None where an array is something else."""
    if data.ndim != 1 or data.dtype.kind not in "iuf" or len(data) < 2:
        return None
    if not np.isfinite(data).all() or any(d != int(d) for d in data[:2]):
        return None
    start, step = int(data[0]), int(data[1]) - int(data[0])
    if step == 0 or not np.array_equal(data, start + step * np.arange(len(data))):
        return None
    return start, step
