"""Eager programs as paths, and the same programs written with loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import bifront.imperative as torch
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, close
from bifront.compiler.ir.dtypes import BY_NUMPY
from bifront.compiler.ir.verify import verify
from bifront.compiler.passes import finish
from bifront.compiler.rerolling import Rerolled, reroll, unroll
from bifront.compiler.tracing import Path, Start, expand_pullbacks, outsiders, unfold
from bifront.frontends.imperative.compiling.tracer import Log, Tracing
from bifront.runtime.executable import compile


def record(program: Callable[..., object], *arrays: np.ndarray) -> Path:
    """The path of one run; leaves that gradients flow to are states that stay as they are."""
    log = Log()
    given = [torch.tensor(a) for a in arrays]
    with Tracing(log).listening():
        result = program(*given)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    outputs = [t.array for t in results]
    inputs = {t.array: f"x{i}" for i, t in enumerate(given)}
    leaves = [a for a in outsiders(log.events, outputs) if a not in inputs and a.tracked]
    starts = [Start(f"w{i}", a, None) for i, a in enumerate(leaves)]
    path = unfold("program", log.events, inputs, starts, outputs, settled=True)
    log.forget()
    return path


def graph_of(path: Path) -> Graph:
    """What a path computes, with its gradients."""
    path = expand_pullbacks(path)
    return finish(close(path.name, path.inputs, path.outputs, path.states))


def rerolled(program: Callable[..., object], *arrays: np.ndarray) -> Rerolled:
    """The program's loops; makes sure that the path still computes the same, to the bit."""
    path = record(program, *arrays)
    found = reroll(path)
    before, after = graph_of(path), graph_of(found.path)
    verify(after)
    given = [*arrays, *([np.ones(s.input.shape, s.input.dtype.numpy) for s in path.states])]
    assert before.inputs == path.inputs
    trips = [loop.trips for loop in found.loops if loop.kind == "while"]
    assert unroll(after, trips=trips).fingerprint() == unroll(before).fingerprint()
    for a, b in zip(compile(before)(*given), compile(after)(*given), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    return found


def written(program: Callable[..., object], *arrays: np.ndarray, gradient: bool = False) -> Graph:
    """The graph of a program over values of the arrays' types."""
    builder = Building("program")
    types = [TensorType(BY_NUMPY[np.asarray(a).dtype], np.shape(a)) for a in arrays]
    inputs = [builder.input(t, f"x{i}") for i, t in enumerate(types)]
    with using(builder):
        result = program(*inputs)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    return finish(builder.close(inputs, results))


def kinds(found: Rerolled) -> list[tuple[str, int]]:
    return [(loop.kind, loop.trips) for loop in found.loops]


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def number(value: float) -> np.ndarray:
    return np.asarray(value, np.float32)


Arrays = Sequence[np.ndarray]
