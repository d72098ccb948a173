"""Random graphs: the native backend is as near as the operations promise, on one thread and on two, in place or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import settings

import bifront as bf
from bifront.compiler.ir import symbols_of
from bifront.runtime.executable import Executable

from .agreement import small_parts, threads
from .judging import Judge
from .random_graphs import arrays_for, random_graph

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

EACH = 20
COUNT = EACH * settings().max_examples
"""2000 graphs; 40,000 with --hypothesis-profile=search."""
SIZES = [(7, 17), (1, 16), (16, 1), (17, 7), (40, 65), (0, 5), (5, 0)]


def bits(arrays: Sequence[np.ndarray]) -> list[tuple[object, bytes]]:
    return [(a.shape, a.tobytes()) for a in arrays]


def wrong(seed: int) -> str | None:
    """What is wrong with the native code of a graph; None where nothing is."""
    graph = random_graph(seed)
    open_ = symbols_of(d for v in graph.parameters for d in v.shape)
    with small_parts():
        executable = bf.compile(graph, "native")
        for rows, columns in (SIZES[seed % 7], SIZES[(seed + 3) % 7])[: 2 if open_ else 1]:
            sizes = {"rows": rows, "columns": columns} if open_ else {}
            found = wrong_at(executable, sizes, seed)
            if found is not None:
                return f"graph {seed} at {sizes}: {found}\n{graph}"
    return None


def wrong_at(executable: Executable, sizes: dict[str, int], seed: int) -> str | None:
    graph = executable.graph
    arrays = arrays_for(graph, sizes, seed)
    before = bits(arrays)
    try:
        wanted = bf.compile(graph, "numpy")(*arrays)
    except bf.BifrontError as error:
        try:
            executable(*arrays)
        except type(error) as found:
            return None if str(found) == str(error) else f"{found}\ninstead of\n{error}"
        return f"no {type(error).__name__}: {error}"
    with threads(1):
        results = executable(*arrays)
    if [(a.dtype, a.shape) for a in results] != [(a.dtype, a.shape) for a in wanted]:
        return "results have other types than the reference's"
    complaints = Judge(graph, arrays, results, sizes).complaints()
    if complaints:
        return "\n".join(complaints)
    with threads(2):
        if bits(executable(*arrays)) != bits(results):
            return "two threads give other bits"
        if bits(arrays) != before:
            return "arguments were written to"
        if graph.states:
            updated = executable.update(*[a.copy() for a in arrays])
            complaints = Judge(graph, arrays, updated, sizes).complaints()
            if complaints:
                return "in place: " + "\n".join(complaints)
    return None


@pytest.mark.parametrize("first", range(0, COUNT, EACH))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_graphs(first: int) -> None:
    for seed in range(first, first + EACH):
        found = wrong(seed)
        assert found is None, found
