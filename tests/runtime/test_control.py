"""Branches and loops give the bits of Python's own, at any nesting, and share no memory."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bifront.runtime.executable import compile

from .nested import random_nested_program, run_plainly
from .programs import arrays_for

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
SIZES = [
    {"rows": 3, "columns": 5, "steps": 4},
    {"rows": 1, "columns": 4, "steps": 0},
    {"rows": 20, "columns": 17, "steps": 2},
]


@pytest.mark.parametrize("seed", range(150))
def test_the_same_bits_as_one_by_one(seed: int) -> None:
    graph = random_nested_program(seed)
    executable = compile(graph)
    for i, sizes in enumerate(SIZES):
        arrays = arrays_for(graph, sizes, seed + i)
        before = [a.tobytes() for a in arrays]
        expected = run_plainly(graph, arrays, sizes)
        for _ in range(2):
            found = executable(*arrays)
            for value, a, b in zip(graph.results, found, expected, strict=True):
                assert type(a) is np.ndarray
                assert (a.dtype, a.shape) == (b.dtype, b.shape), executable.source
                assert a.tobytes() == b.tobytes(), f"{value}\n{executable.source}"
        assert [a.tobytes() for a in arrays] == before
        unchanged = {len(graph.outputs) + k for k, s in enumerate(graph.states) if not s.changes}
        fresh = [r for k, r in enumerate(found) if k not in unchanged]
        for a, b in combinations(fresh, 2):
            assert not np.shares_memory(a, b), executable.source
        for a in fresh:
            assert not any(np.shares_memory(a, b) for b in arrays)
            assert a.flags.writeable
