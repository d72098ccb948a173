"""Gradients of functions written with operations, taken eagerly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bifront.compiler.autodiff import backward
from bifront.compiler.dispatch import Array, Recording, leaf


def arrays(*values: object, dtype: str = "float64") -> list[Array]:
    return [leaf(np.asarray(v, dtype)) for v in values]


def gradients(function: Callable[..., Array], *values: object, order: int = 1) -> list[np.ndarray]:
    """The gradients of the sum of what the function gives, for each argument.

    With an ``order`` of 2, those of the sum of all gradients.
    """
    leaves = [leaf(np.asarray(v, np.float64), tracked=True) for v in values]
    results: list[Array] = [function(*leaves)]
    for _ in range(order):
        seeds = [leaf(np.ones(y.shape)) for y in results]
        found = backward(results, seeds, leaves, interpreter=Recording())
        results = [found.get(x, leaf(np.zeros(x.shape))) for x in leaves]
    return [np.asarray(y.data) for y in results]
