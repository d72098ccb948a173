"""A graph on the numpy backend against a plain run of the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bifront.compiler.ir import Graph
from bifront.runtime.executable import Executable

from .programs import arrays_for

Arrays = Sequence[np.ndarray]


def run_twice(
    executable: Executable,
    sizes: dict[str, int],
    seed: int,
    run_plainly: Callable[[Graph, Arrays, dict[str, int]], Arrays],
) -> tuple[Arrays, Arrays]:
    """Run a graph twice on random arrays; gives them and the results of the second run.

    They must have the bits of the plain run, and the arrays must be left as they were.
    """
    graph = executable.graph
    arrays = arrays_for(graph, sizes, seed)
    before = [a.tobytes() for a in arrays]
    expected = run_plainly(graph, arrays, sizes)
    for _ in range(2):
        found = executable(*arrays)
        for value, a, b in zip(graph.results, found, expected, strict=True):
            assert type(a) is np.ndarray
            assert (a.dtype, a.shape) == (b.dtype, b.shape), executable.source
            assert a.tobytes() == b.tobytes(), f"{value}\n{executable.source}"
    assert [a.tobytes() for a in arrays] == before
    return arrays, found
