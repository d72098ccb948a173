"""What backends offer to a profile: an executable in parts that are timed one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..compiler.ir import Dim, Node, substitute, symbols_of
from ..compiler.pipeline.cost import UNKNOWN, Cost, node_cost

CAPACITY = 1 << 14
"""Parts of one run that are logged one by one; beyond, they are only added up."""


class NotReplaced(Exception):
    """Raised by a timed ``update`` whose states may not be written over: it is for the timed ``run`` to do it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is timed as one: a kernel, or an operation.

    Attributes:
        name: what it computes.
        nodes: the operations.
        moved: pairs of bytes, of which the lesser is read or written: of what a view shows, and of what is there.
            None: whatever the operations read and write one by one.
        copies: whether it only copies, for these operations.
        reference: whether it is left to the reference by a backend that has kernels.
    """

    name: str
    nodes: tuple[Node, ...]
    moved: tuple[tuple[Dim, Dim], ...] | None = None
    reference: bool = False
    copies: bool = False

    def cost(self, sizes: Mapping[str, int]) -> Cost:
        """Bytes and arithmetic of one execution."""
        costs = [node_cost(n, sizes) for n in self.nodes if not n.regions]
        moved = sum(c.moved for c in costs)
        if self.moved is not None:
            moved = sum(min(_known(a, sizes), _known(b, sizes)) for a, b in self.moved)
        return Cost(len(self.nodes), moved, 0 if self.copies else sum(c.flops for c in costs))


def _known(dim: Dim, sizes: Mapping[str, int]) -> int:
    found = substitute(dim, {s: sizes.get(s, UNKNOWN) for s in symbols_of((dim,))})
    assert isinstance(found, int)
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """What one run took, in nanoseconds of `time.perf_counter_ns`.

    Attributes:
        calls, spent: of each part: how often it ran, and for how long together.
        log: rows (part, start, end), in order; the first `CAPACITY`.
    """

    calls: np.ndarray
    spent: np.ndarray
    log: np.ndarray


class Timed(Protocol):
    """An executable's ``run`` or ``update``, with clocks between its parts."""

    @property
    def parts(self) -> Sequence[Part]: ...

    @property
    def run(self) -> Callable[..., tuple[np.ndarray, ...]]:
        """The function of arrays.

        Raises:
            NotReplaced: of an ``update`` alone; nothing was computed, and no array has been changed.
        """
        ...

    def prepare(self, arrays: Sequence[np.ndarray]) -> None:
        """Compile what a run on such arrays needs."""

    def take(self) -> Record:
        """What the last run took. Runs must not overlap."""
        ...
