"""Programs with control flow and their derivatives: the backend gives the bits of a plain interpretation."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.autodiff import jvp, vjp
from bifront.compiler.ir import Graph, substitute
from bifront.compiler.passes import finish
from bifront.runtime.executable import compile

from ..compiler.control.interpreter import run
from ..compiler.control.programs import PROGRAMS, Program

DERIVED = {
    "itself": lambda g: g,
    "finished": finish,
    "reverse": lambda g: finish(vjp(g)),
    "reverse, unfinished": vjp,
    "forward": jvp,
    "reverse twice": lambda g: finish(vjp(finish(vjp(g)))),
    "forward of reverse": lambda g: finish(jvp(finish(vjp(g)))),
}


def arguments(program: Program, graph: Graph, steps: int) -> list[np.ndarray]:
    """The program's own inputs; cotangents and tangents of the right sizes behind them."""
    rng = np.random.default_rng(7)
    own = program.arrays(steps)
    sizes = {"t": steps}
    for value in graph.parameters[len(own) :]:
        shape = [substitute(d, sizes) for d in value.shape]
        own.append(rng.uniform(0.2, 0.9, shape))  # type: ignore[arg-type]
    return own


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
@pytest.mark.parametrize("way", DERIVED)
def test_the_same_bits(program: Program, way: str) -> None:
    graph = DERIVED[way](program.graph())
    executable = compile(graph)
    for steps in (0, 1, 5):
        arrays = arguments(program, graph, steps)
        for got, wanted in zip(executable(*arrays), run(graph, arrays), strict=True):
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            assert got.tobytes() == wanted.tobytes(), steps
