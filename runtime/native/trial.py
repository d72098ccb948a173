"""Own code against BLAS: both ways of a product, compiled and run as any graph is."""

from __future__ import annotations

from functools import cache
from time import perf_counter

import numpy as np

from ...compiler.dispatch import Building, using
from ...compiler.ir import Graph, TensorType, Value
from ...compiler.ir.dtypes import float32, float64
from ...compiler.ops import matmul
from .emit import F32
from .engine import disk, remember
from .products import Product
from .products.choice import BLAS, ENOUGH, OWN, Rounds
from .products.library import library

ROUNDS = 15
"""Runs of each, by turns, at most."""
LEAST_ROUNDS = 3
"""After so many, BLAS that is not ahead is not tried further."""
SECONDS = 0.2
"""After this time no further round is begun, if there were enough to take BLAS."""


@cache
def measured(product: Product, key: str) -> Rounds | None:
    """Seconds of a product by own code and by BLAS, remembered or measured now; None where nothing is remembered.

    Args:
        product: all sizes are known.
        key: what the times depend on besides the machine.

    Raises:
        ImportError: there is no BLAS that can be used.
    """
    if disk().directory is None:
        return None
    text = remember(lambda: " ".join(map(repr, _measure(product))), f"times {key}")
    seconds = [float(word) for word in text.split()]
    return tuple(zip(seconds[::2], seconds[1::2], strict=True))


def _measure(product: Product) -> list[float]:
    """Own code, BLAS, own code, BLAS, ..."""
    from .program import Program

    library()
    graph = _graph(product)
    dtype = np.float32 if product.type is F32 else np.float64
    arrays = [np.ones(shape, dtype) for shape in _shapes(product)]
    runs = [Program(graph, False, wish=wish).bind({}, _refuse, _refuse) for wish in (OWN, BLAS)]
    for run in runs:
        run(*arrays)  # memory is touched, and threads are started
    seconds: list[float] = []
    end = perf_counter() + SECONDS
    for done in range(ROUNDS):
        if done >= ENOUGH and perf_counter() > end:
            break
        if done >= LEAST_ROUNDS and min(seconds[1::2]) >= min(seconds[::2]):
            break
        for run in runs:
            begin = perf_counter()
            run(*arrays)
            seconds.append(perf_counter() - begin)
    return seconds


def _shapes(product: Product) -> tuple[tuple[int, int], tuple[int, int]]:
    """Those of the operands."""
    m, n, k = product.m, product.n, product.k
    assert m is not None
    assert n is not None
    assert k is not None
    return (k, m) if product.transpose_a else (m, k), (n, k) if product.transpose_b else (k, n)


def _graph(product: Product) -> Graph:
    dtype = float32 if product.type is F32 else float64
    builder = Building("trial")
    operands = [builder.input(TensorType(dtype, s), "operand") for s in _shapes(product)]
    with using(builder):
        made = matmul(operands[0], operands[1], product.transpose_a, product.transpose_b)
    assert isinstance(made, Value)
    return builder.close(operands, [made])


def _refuse(*arguments: object) -> tuple[np.ndarray, ...]:
    raise AssertionError("the arguments are what the graph takes, and nothing fails in it")
