"""Functions that have no operation in the IR: computed with NumPy, with no gradient, and constants to a trace.

They serve integer work around a program (bit arithmetic, histograms, unique values), not the program itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler.dispatch import leaf
from ...compiler.dispatch.current import current
from .tensor import Tensor, wrap


def numbers(x: Any) -> Any:
    """The NumPy array behind a tensor; anything else as it is."""
    if not isinstance(x, Tensor):
        return x
    current().observed(x.array)
    return np.asarray(x.array.data)


def outside(name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``function`` of the arrays behind the arguments; each array that it gives becomes a tensor."""
    found = function(*[numbers(a) for a in args], **kwargs)
    if isinstance(found, tuple):
        return tuple([wrap(leaf(np.asarray(f))) for f in found])
    return wrap(leaf(np.asarray(found)))
