"""Loops with any body: they are found, and compute what the unrolled program computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import bifront.imperative as torch
from bifront.compiler.ir import Graph

from .programs import floats, graph_of, rerolled

BINARY = [torch.add, torch.sub, torch.mul, torch.maximum]
UNARY = [torch.tanh, torch.sin, torch.neg, lambda x: x[:, :1] * x, lambda x: x.T @ x[:, :2]]
CARRIES, SEQUENCES = 2, 2


@dataclass(frozen=True)
class Body:
    """One iteration.

    Attributes:
        steps: an operation, and which of the values so far it takes: the carries, the slices, a weight, a number that
            is the same each time, one that counts, and the results of the steps before.
        following: which values are the next carries.
        collected: which value is collected in a list; None for none.
        backwards: whether the slices are taken from the end.
    """

    steps: tuple[tuple[int, int, int], ...]
    following: tuple[int, ...]
    collected: int | None
    backwards: bool

    def __call__(self, xs, ys, h, c, w):
        n, out = len(xs), []
        carries = [h, c]
        for t in range(n)[:: -1 if self.backwards else 1]:
            values = [*carries, xs[t], ys[t], w, 0.5, t]
            for kind, i, j in self.steps:
                a, b = values[i % len(values)], values[j % len(values)]
                values.append(_apply(kind, a, b, w))
            tensors = [v for v in values if isinstance(v, torch.Tensor)]
            carries = [tensors[i % len(tensors)] for i in self.following]
            if self.collected is not None:
                out.append(tensors[self.collected % len(tensors)])
        return [*carries, *([torch.stack(out)] if out else [])]


def _apply(kind, a, b, w):
    """A [2, 2] tensor again."""
    if not isinstance(a, torch.Tensor):
        a = w * a
    if kind < len(BINARY):
        return BINARY[kind](a, b if isinstance(b, torch.Tensor) else w + b)
    return UNARY[kind - len(BINARY)](a)


INDEX = st.integers(0, 20)
BODIES = st.builds(
    Body,
    st.lists(
        st.tuples(st.integers(0, len(BINARY) + len(UNARY) - 1), INDEX, INDEX),
        min_size=1,
        max_size=6,
    ).map(tuple),
    st.tuples(INDEX, INDEX),
    st.none() | INDEX,
    st.booleans(),
)


def arguments(length: int) -> list[np.ndarray]:
    return [
        floats(length, 2, 2),
        floats(length, 2, 2, seed=1),
        floats(2, 2, seed=2),
        floats(2, 2, seed=3),
        floats(2, 2, seed=4),
    ]


def bodies(graph: Graph) -> list[tuple[str, object, list[str]]]:
    """The loops of a graph without their lengths."""
    return [
        (n.op.name, n.attrs.get("reverse"), [r.fingerprint() for r in n.regions])
        for n in graph.nodes
        if n.regions
    ]


@settings(max_examples=80)
@given(BODIES, st.integers(3, 6))
def test_a_loop_computes_what_the_program_does(body, length):
    rerolled(body, *arguments(length))


@settings(max_examples=40)
@given(BODIES)
def test_loops_of_any_length_have_one_body(body):
    found = [rerolled(body, *arguments(n)) for n in (5, 7)]
    first, second = (bodies(graph_of(f.path)) for f in found)
    assert first == second


def test_bodies_are_found():
    steps = ((2, 0, 2), (0, 7, 1), (4, 8, 0), (3, 8, 3))
    found = rerolled(Body(steps, (9, 10), 8, True), *arguments(6))
    assert [(loop.kind, loop.trips) for loop in found.loops] == [("scan", 6)]
    assert len(found.path.nodes) < 4
