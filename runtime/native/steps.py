"""The steps of a native function, and what the schedule of a graph is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...compiler.fusion import Cluster
from ...compiler.ir import Dim, Graph, Node, Value
from .places import Buffer, Place, Sizes


class Unsupported(Exception):
    """A graph that cannot be compiled natively; the message says why."""


@dataclass(eq=False, slots=True)
class Kernel:
    """A cluster and its memory.

    Attributes:
        at: its number among the steps that lifetimes count.
        scratch: memory that its kernel needs for itself.
        serves: the node that a copy is made for; None where the cluster's own nodes are what is computed.
    """

    cluster: Cluster
    places: Mapping[Value, Place]
    at: int
    scratch: Buffer | None = None
    serves: Node | None = None


@dataclass(eq=False, slots=True)
class Fallback:
    """A node that the reference computes, on arrays that are views of the memory here."""

    node: Node
    operands: tuple[Place | None, ...]
    results: tuple[Place, ...]
    index: int
    at: int


@dataclass(eq=False, slots=True)
class Routine:
    """A node with a function of its own, on memory that lies row by row."""

    node: Node
    operands: tuple[Place | None, ...]
    result: Place
    scratch: tuple[Place, ...]
    at: int


@dataclass(eq=False, slots=True)
class Repeat:
    """A loop: its position is a counter; ``condition`` is where the truth value lies that says whether it goes on."""

    counter: int
    length: Dim | None
    reverse: bool
    maximum: int | None
    test: list[Step]
    condition: Place | None
    body: list[Step]


@dataclass(eq=False, slots=True)
class Choice:
    condition: Place
    then: list[Step]
    otherwise: list[Step]


@dataclass(eq=False, slots=True)
class Checkpoint:
    """From here on memory that was given is overwritten: a fault that was noted ends the run before."""


Computing = Kernel | Routine | Fallback
Step = Computing | Repeat | Choice | Checkpoint


@dataclass(eq=False)
class Schedule:
    """The steps of a graph's native function.

    Attributes:
        updates: for each result the parameter whose memory it takes over, or None.
        same: for each result the parameter that it is, unchanged, or None.
    """

    graph: Graph
    steps: list[Step] = field(default_factory=list)
    sizes: Sizes = field(default_factory=Sizes)
    pieces: list[Buffer] = field(default_factory=list)
    constants: list[np.ndarray] = field(default_factory=list)
    fallbacks: list[Fallback] = field(default_factory=list)
    updates: list[int | None] = field(default_factory=list)
    same: list[int | None] = field(default_factory=list)
    counters: int = 1

    def kernels(self) -> Iterator[Kernel]:
        for step in walk(self.steps):
            if isinstance(step, Kernel):
                yield step


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each before those inside it."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from walk(step.test)
            yield from walk(step.body)
        elif isinstance(step, Choice):
            yield from walk(step.then)
            yield from walk(step.otherwise)


def computing(steps: Iterable[Step]) -> list[Computing]:
    """The steps that compute something: what plans of buffers, pictures and profiles number."""
    return [s for s in walk(steps) if isinstance(s, (Kernel, Routine, Fallback))]
