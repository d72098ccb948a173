"""Random programs give the same compiled: results, gradients and state, to the bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import bifront.imperative as torch

from .programs import World, program

RUNS = 50


def _bytes(result: object) -> list[bytes]:
    assert isinstance(result, tuple)
    return [t.detach().numpy().tobytes() for t in result]


@pytest.mark.parametrize("seed", range(24))
def test_compiled_equals_eager(seed: int) -> None:
    function, source = program(seed)
    rng = np.random.default_rng(seed)
    inputs = [rng.standard_normal((2, 3, 3)).astype(np.float32) for _ in range(RUNS)]

    def run(f: object) -> list[object]:
        world = World()
        found: list[object] = []
        for x, y in inputs:
            result = f(world, torch.tensor(x), torch.tensor(y))  # type: ignore[operator]
            found.append((_bytes(result), [t.requires_grad for t in result], world.state()))
        return found

    compiled = torch.compile(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mine = run(compiled)
    for i, (a, b) in enumerate(zip(run(function), mine, strict=True)):
        assert a == b, f"run {i} of\n{source}\n{compiled.explain()}"
    assert compiled.stats.calls == RUNS
