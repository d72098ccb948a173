"""A native function with clocks between its kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, product
from ..buffers.reference import bytes_of
from ..timing import Part, Record
from .buffers import is_copy, label
from .steps import Computing, Fallback, Kernel

if TYPE_CHECKING:
    from .backend import NativeExecutable


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
