"""Whether nobody but the tensors themselves can see their memory, so that a run may write over it.

Reference counts say so: NumPy's views keep their base alive, and histories, twins and aliases keep the `Array` or its
numbers. Who only knows an address is told of elsewhere (`storage.Storage.pinned`).
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount

import numpy as np

from ....compiler.dispatch import Array, leaf

__all__ = ["alone"]


def alone(arrays: Sequence[Array], places: Sequence[int]) -> bool:
    """Whether these values are held by one tensor each, and their numbers by nothing but the value.

    They must stand in ``arrays`` and in one other list, in which the caller keeps them.
    """
    for i in places:
        a = arrays[i]
        data = a.data
        if (
            getrefcount(a) != _VALUE
            or getrefcount(data) != _NUMBERS
            or a.origin is None
            or data.base is not None
        ):
            return False
    return True


def _counts(arrays: Sequence[Array], place: int) -> tuple[int, int]:
    """What `alone` counts: how many references its own frame has differs between versions of Python."""
    a = arrays[place]
    data = a.data
    return getrefcount(a), getrefcount(data)


def _expected() -> tuple[int, int]:
    handle, lists = [leaf(np.empty(1))], 2
    held = [[handle[0]] for _ in range(lists)]
    return _counts(held[0], 0)


_VALUE, _NUMBERS = _expected()
