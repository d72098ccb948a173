"""Runs of imperative programs as paths, with what they asked about sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import bifront as bf
import bifront.imperative as torch
from bifront.compiler.ir import Graph
from bifront.compiler.passes import finish
from bifront.compiler.rerolling import reroll
from bifront.compiler.sizes import General, Licence, Observed, generalize
from bifront.compiler.sizes.covering import whole
from bifront.compiler.tracing import Path, Start, expand_pullbacks, outsiders, unfold
from bifront.frontends.imperative.compiling.length import plain_length
from bifront.frontends.imperative.compiling.lengths import Lengths
from bifront.frontends.imperative.compiling.tracer import Log, Tracing


class Run:
    """One run of a function.

    Attributes:
        path: what it computed; leaves that were not arguments are constants.
        observed: what it asked about sizes.
        result: what it returned.
        sites: the instructions at which it computed something.
    """

    def __init__(self, function: Callable[..., Any], *args: torch.Tensor) -> None:
        lengths = Lengths()
        log = Log(lengths)
        with Tracing(log).listening():
            result = function(*args)
        self.result = plain_length(result)
        self.observed: Observed = lengths.close()
        outputs = [t.array for t in (result if isinstance(result, (list, tuple)) else [result])]
        inputs = {t.array: f"x{i}" for i, t in enumerate(args)}
        # The parameters of the program are states that stay as they are.
        leaves = [a for a in outsiders(log.events, outputs) if a not in inputs and a.tracked]
        starts = [Start(f"w{i}", a, None) for i, a in enumerate(leaves)]
        self.path: Path = unfold(function.__name__, log.events, inputs, starts, outputs)
        sites = [n.location.instruction for n in self.path.nodes if n.location is not None]
        self.sites = [s for s in sites if s is not None]
        log.forget()


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def runs(function: Callable[..., Any], *shapes: Sequence[tuple[int, ...]]) -> list[Run]:
    """One run for each list of the arguments' shapes."""
    return [Run(function, *[numbers(*s, seed=i) for i, s in enumerate(each)]) for each in shapes]


def general(
    function: Callable[..., Any], *shapes: Sequence[tuple[int, ...]], ran: Sequence[Any] = ()
) -> Any:
    """What `generalize` says about runs with arguments of these shapes: loops are rolled up first."""
    done = runs(function, *shapes)
    licence = Licence([function.__code__, *(f.__code__ for f in ran)], done[0].sites)
    return generalize([reroll(r.path).path for r in done], [r.observed for r in done], licence)


def finished(path: Path) -> Graph:
    """The graph of a path, as it is compiled."""
    return finish(whole(expand_pullbacks(path)))


def execute(made: General, run: Run, args: Sequence[torch.Tensor]) -> list[np.ndarray]:
    """What the general path gives for other arguments."""
    states = [np.zeros(0)] * 0
    graph = finished(made.path)
    del run
    return [np.asarray(r) for r in bf.compile(graph)(*[a.numpy() for a in args], *states)]


def same_bits(x: np.ndarray, y: np.ndarray) -> bool:
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def sizes(**named: int) -> Mapping[str, int]:
    return named
