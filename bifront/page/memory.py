"""Memory over time: what is alive in each step of a run, on each backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..comparison.source import Source
from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..compiler.pipeline.cost import UNKNOWN
from ..runtime.buffers.memory import MemoryPlan
from ..runtime.executable import compile


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a run.

    Attributes:
        name: what it computes.
        alive: bytes of the run's own buffers that are needed in it.
        made: the buffers that come to life in it, with their bytes.
        lines: of the program's own source.
    """

    name: str
    alive: int
    made: tuple[tuple[str, int], ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """The plan of a graph on one backend, in bytes.

    Attributes:
        key: which side's graph it is.
        given: inputs, states and constants, which are there before.
        peak: the most that is alive.
        separate: without reuse of dead memory.
        unfused: if every operation wrote its result to memory, and without reuse.
        in_place: the inputs and states that are written over.
        sizes: what symbols were taken to be.
    """

    key: str
    backend: str
    given: int
    peak: int
    separate: int
    unfused: int
    in_place: tuple[str, ...]
    sizes: Mapping[str, int]
    steps: tuple[Moment, ...]


def memory(graph: Graph, sizes: Mapping[str, int], source: Source, key: str) -> tuple[Memory, ...]:
    """The plans of a graph, the reference's first.

    Args:
        sizes: of symbolic dimensions; one that is not given counts as `UNKNOWN`.
    """
    found = []
    for backend in ("numpy", "native") if find_spec("llvmlite") else ("numpy",):
        try:
            plan = compile(graph, backend).memory
        except BifrontError:  # what this backend cannot do is no reason to have no page
            continue
        wanted = {s: sizes.get(s, UNKNOWN) for s in plan.symbols}
        found.append(_memory(plan.at(wanted), backend, source, key))
    return tuple(found)


def sizes_of(graph: Graph, arguments: Sequence[np.ndarray] | None) -> Mapping[str, int]:
    """The sizes of a graph's symbols in a run."""
    if arguments is None:
        return {}
    try:
        executable = compile(graph, "numpy")
        executable.check(*arguments)
        return executable.binding(*arguments)
    except BifrontError:
        return {}


def _memory(plan: MemoryPlan, backend: str, source: Source, key: str) -> Memory:
    lines: list[dict[int, None]] = [{} for _ in plan.steps]
    made: list[list[tuple[str, int]]] = [[] for _ in plan.steps]
    here = Path(source.file).resolve()
    for buffer in plan.buffers:
        if buffer.role.given or not plan.steps:
            continue
        step = min(buffer.first, len(plan.steps) - 1)
        places = [n.location for n in buffer.nodes] or [buffer.location]
        lines[step].update(
            (p.line, None) for p in places if p is not None and Path(p.file).resolve() == here
        )
        if buffer.taken != 0:
            made[step].append((buffer.name, _number(buffer.taken)))
    steps = tuple(
        Moment(name, _number(plan.alive(i)), tuple(made[i]), tuple(lines[i]))
        for i, name in enumerate(plan.steps)
    )
    return Memory(
        key,
        backend,
        _number(plan.given),
        max((s.alive for s in steps), default=0),
        _number(plan.separate),
        _number(plan.unfused),
        plan.in_place,
        plan.sizes,
        steps,
    )


def _number(size: object) -> int:
    # A size that is found out in the run itself is in no plan.
    return size if isinstance(size, int) else 0
