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


def compare(seed: int, sizes: tuple[int, ...], trains: bool) -> None:
    """Run a random program 50 times, compiled and not, each in a world of its own.

    Args:
        sizes: how many rows the inputs have; the shapes take turns.
        trains: whether the program trains itself, or is trained by what is written around it.
    """
    function, source = program(seed, trains)
    rng = np.random.default_rng(seed)
    inputs = [
        rng.standard_normal((2, sizes[i % len(sizes)], 3)).astype(np.float32) for i in range(RUNS)
    ]

    def run(f: object) -> list[object]:
        world = World()
        found: list[object] = []
        for x, y in inputs:
            result = f(world, torch.tensor(x), torch.tensor(y))  # type: ignore[operator]
            tracked = [t for t in result if t.requires_grad]
            if not trains and tracked:
                world.optimizer.zero_grad()
                sum(t.pow(2).mean() for t in tracked).backward()
                world.optimizer.step()
            found.append((_bytes(result), [t.requires_grad for t in result], world.state()))
        return found

    compiled = torch.compile(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mine = run(compiled)
    for i, (a, b) in enumerate(zip(run(function), mine, strict=True)):
        assert a == b, f"run {i} of\n{source}\n{compiled.explain()}"
    stats = compiled.stats
    assert stats.calls == RUNS == stats.hits + stats.misses + stats.eager_runs
    assert stats.hits, compiled.explain()


@pytest.mark.parametrize("seed", range(24))
def test_programs_that_train_themselves(seed: int) -> None:
    compare(seed, (3,), True)


@pytest.mark.parametrize("seed", range(100, 112))
def test_programs_that_are_trained(seed: int) -> None:
    compare(seed, (3,), False)


@pytest.mark.parametrize("seed", range(200, 212))
def test_programs_of_many_sizes(seed: int) -> None:
    compare(seed, (3, 5, 4), seed % 2 == 0)
