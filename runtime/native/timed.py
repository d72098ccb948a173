"""A native function with clocks between its kernels, and graphs that run in parts with clocks within each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, product
from ..buffers.reference import bytes_of
from ..executable import Arrays
from ..timing import CAPACITY, Part, Record
from .buffers import is_copy, label
from .steps import Computing, Fallback, Kernel

if TYPE_CHECKING:
    from .backend import NativeExecutable
    from .partition import Partition


class TimedNative:
    """``run`` or ``update`` of an executable whose functions have clocks."""

    def __init__(self, executable: NativeExecutable, kind: str) -> None:
        self._executable = executable
        self._kind = kind
        program = executable.program(kind)
        assert program.clock is not None
        self._clock = program.clock
        self.parts = tuple(_part(step) for step in program.clock.steps)

    @property
    def run(self) -> Callable[..., tuple[np.ndarray, ...]]:
        executable = self._executable
        return executable.update if self._kind == "update" else executable.run

    def prepare(self, arrays: Sequence[np.ndarray]) -> None:
        self._executable.prepare(self._kind, arrays)

    def take(self) -> Record:
        return self._clock.take()


class TimedInParts:
    """The ``run`` of an executable in parts: the native ones have clocks, and so has the reference between them."""

    def __init__(self, executable: NativeExecutable, partition: Partition) -> None:
        self._executable = executable
        self._partition = partition
        self._timed = [part.executable.timed("run") for part in partition.parts]
        self.parts = tuple(
            part if isinstance(timed, TimedNative) else replace(part, reference=True)
            for timed in self._timed
            for part in timed.parts
        )
        self._ready = False
        self._preparing = Lock()
        counts = [len(timed.parts) for timed in self._timed]
        self._first = [*accumulate(counts[:-1], initial=0)]

    def run(self, *arrays: np.ndarray) -> Arrays:
        if not self._executable.takes_in_parts(arrays):
            return self._executable.run(*arrays)
        return self._partition.run_by([timed.run for timed in self._timed], arrays)

    def prepare(self, arrays: Sequence[np.ndarray]) -> None:
        """Run once, and forget it: what a part needs is known when those before it have found out their sizes."""
        # Clocks of two runs at once would be mixed up.
        with self._preparing:
            if not self._ready and self._executable.takes_in_parts(arrays):
                self.run(*arrays)
                self.take()
                self._ready = True

    def take(self) -> Record:
        records = [timed.take() for timed in self._timed]
        logs = [
            r.log + np.array([first, 0, 0]) for r, first in zip(records, self._first, strict=True)
        ]
        return Record(
            np.concatenate([r.calls for r in records]),
            np.concatenate([r.spent for r in records]),
            np.concatenate(logs)[:CAPACITY],
        )


def _part(step: Computing) -> Part:
    if not isinstance(step, Kernel):
        return Part(step.node.op.name, (step.node,), reference=isinstance(step, Fallback))
    moved = tuple(_moved(step))
    nodes = step.cluster.nodes
    if is_copy(step):
        # The time is that of the operation that it is for, the arithmetic is not.
        served = () if step.serves is None else (step.serves,)
        return Part(label(step), served, moved, copies=True)
    return Part(label(step), tuple(nodes), moved)


def _moved(step: Kernel) -> Iterator[tuple[Dim, Dim]]:
    """The bytes that a kernel reads and writes: each base once, however often it is looked at."""
    seen = set()
    for view in step.cluster.reads():
        if view.base not in seen and not is_leaf(view.base):
            seen.add(view.base)
            yield product(view.shape) * view.base.dtype.itemsize, bytes_of(view.base.type)
    for value in step.cluster.outputs:
        size = bytes_of(value.type)
        yield size, size
