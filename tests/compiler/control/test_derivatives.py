"""Derivatives of programs with control flow, against finite differences, to second order and in both modes."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.autodiff import jvp, vjp
from bifront.compiler.ir import Graph
from bifront.compiler.ir.verify import verify
from bifront.compiler.passes import finish
from bifront.compiler.text import parse

from .interpreter import run
from .programs import PROGRAMS, Program

STEPS = (0, 1, 4)
cases = [(p, n) for p in PROGRAMS for n in (STEPS if "t" in str(p.shapes) else (2,))]
ids = [f"{p.name}-{n}" for p, n in cases]


def directional(graph: Graph, arrays: list[np.ndarray], way: list[np.ndarray]) -> list[np.ndarray]:
    """The derivative of every result along ``way``, by central differences."""
    eps = 1e-6
    ahead = run(graph, [a + eps * d for a, d in zip(arrays, way, strict=True)])
    behind = run(graph, [a - eps * d for a, d in zip(arrays, way, strict=True)])
    return [(x - y) / (2 * eps) for x, y in zip(ahead, behind, strict=True)]


def random_like(arrays: list[np.ndarray], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(a.shape) for a in arrays]


def inner(xs: list[np.ndarray], ys: list[np.ndarray]) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(xs, ys, strict=True)))


def check(graph: Graph, arrays: list[np.ndarray], tolerance: float) -> Graph:
    """Both modes of a graph against differences; gives the graph of its reverse mode."""
    way = random_like(arrays, 1)
    moved = directional(graph, arrays, way)
    forward = finish(jvp(graph))
    verify(forward)
    values = list(run(graph, arrays))
    pushed = run(forward, [*arrays, *way])
    for got, wanted in zip(pushed, [*values, *moved], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    back = vjp(graph)
    verify(back)
    finished = finish(back)
    verify(finished)
    seeds = random_like(values, 2)
    pulled = list(run(finished, [*arrays, *seeds]))
    assert inner(pulled, way) == pytest.approx(
        inner(list(seeds), moved), rel=tolerance, abs=tolerance
    )
    for a, b in zip(pulled, run(back, [*arrays, *seeds]), strict=True):
        np.testing.assert_array_equal(a, b, err_msg="finishing changed numbers")
    return finished


@pytest.mark.parametrize(("program", "steps"), cases, ids=ids)
def test_both_modes_agree_with_differences(program: Program, steps: int) -> None:
    graph = program.graph()
    verify(graph)
    assert parse(str(graph)).fingerprint() == graph.fingerprint()
    check(graph, program.arrays(steps), 1e-6)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_second_order(program: Program) -> None:
    graph = program.graph()
    back = finish(vjp(graph))
    arrays = program.arrays(3)
    seeds = random_like(list(run(graph, arrays)), 3)
    check(back, [*arrays, *seeds], 2e-5)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_finishing_changes_no_number_and_is_done_once(program: Program) -> None:
    graph = program.graph()
    finished = finish(graph)
    verify(finished)
    assert finish(finished).fingerprint() == finished.fingerprint()
    arrays = program.arrays(3)
    for a, b in zip(run(graph, arrays), run(finished, arrays), strict=True):
        np.testing.assert_array_equal(a, b)
