"""What an executable knows of its memory: buffers, their lifetimes, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ...compiler.errors import BifrontError
from ...compiler.ir import Dim, Expr, Node, Value, substitute, symbols_of
from ...compiler.location import Location
from ..packing import Layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Role(Enum):
    """What a buffer is to the run."""

    INPUT = "input"
    STATE = "state"
    CONSTANT = "constant"
    TEMPORARY = "temporary"
    RESULT = "result"

    @property
    def given(self) -> bool:
        """Whether the memory is there before the run."""
        return self in (Role.INPUT, Role.STATE, Role.CONSTANT)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A buffer.

    Attributes:
        name: the value that it holds, as the graph's text names it; several, where they take it over in turn.
        role: what it is to the run.
        nodes: what writes it, in order; none where it is given.
        location: the user's line that its (first) value comes from.
        size: in bytes.
        first, last: the first and the last step in which it is needed. What is given is needed where it is read.
        offset: where it begins in the arena, in bytes; None where sizes are not known.
        piece: which piece of the arena it is; None where it is none.
        over: the input or state over whose memory it is written, or nothing.
        values: those that the name names, where it names values.
        results: which of the graph's results lie in it.
    """

    name: str
    role: Role
    nodes: tuple[Node, ...]
    location: Location | None
    size: Dim
    first: int
    last: int
    piece: int | None = None
    offset: int | None = None
    over: str = ""
    values: tuple[Value, ...] = ()
    results: tuple[int, ...] = ()

    @property
    def taken(self) -> Dim:
        """The bytes that the run itself takes for it."""
        return 0 if self.over or self.role.given else self.size


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The plan of buffers of an executable; as text, a table.

    Sizes are bytes: numbers, or polynomials of the graph's symbols until `at` puts sizes in. Scratch memory inside a
    kernel or inside an operation's own evaluation is not planned, and not counted.

    Attributes:
        name, backend: of the executable.
        steps: what each step computes, in the order in which they run; the steps of loops and branches are among them.
        buffers: in the order in which they come to life; what is given first.
        separate: what all values that lie in memory would take if each had memory of its own, for the whole run.
        unfused: the same, if every operation wrote its result to memory.
        layout: lays the arena out for given sizes; None where there is no arena.
        arena: its size; None without one, or where sizes are not known.
    """

    name: str
    backend: str
    steps: tuple[str, ...]
    buffers: tuple[Allocation, ...]
    separate: Dim
    unfused: Dim
    layout: Callable[[Mapping[str, int]], Layout] | None = None
    arena: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols whose sizes are not known."""
        return tuple(symbols_of([*(b.size for b in self.buffers), self.separate, self.unfused]))

    def at(self, sizes: Mapping[str, int] | None = None, **more: int) -> MemoryPlan:
        """The plan for given sizes of the symbols: numbers in place of polynomials, and offsets in the arena.

        Raises:
            BifrontError: the graph has no such symbol.
        """
        given = {**(sizes or {}), **more}
        unknown = sorted(set(given) - {*self.symbols, *self.sizes})
        if unknown:
            raise BifrontError(
                f"the graph has no size {unknown[0]!r}",
                hint=f"it has {', '.join(self.symbols)}" if self.symbols else "all sizes are known",
            )
        buffers = [replace(b, size=substitute(b.size, given)) for b in self.buffers]
        plan = replace(
            self,
            buffers=tuple(buffers),
            separate=substitute(self.separate, given),
            unfused=substitute(self.unfused, given),
            sizes={**self.sizes, **given},
        )
        return plan.placed()

    def placed(self) -> MemoryPlan:
        """With offsets in the arena, where there is one and all sizes are known."""
        if self.layout is None or self.symbols:
            return self
        found = self.layout(self.sizes)
        buffers = [
            b if b.piece is None else replace(b, offset=found.offsets[b.piece])
            for b in self.buffers
        ]
        return replace(self, buffers=tuple(buffers), arena=found.size)

    @property
    def in_place(self) -> tuple[str, ...]:
        """The inputs and states whose memory the run writes to."""
        return tuple(b.over for b in self.buffers if b.over)

    @property
    def given(self) -> Dim:
        """Bytes that are there before the run: inputs, states and constants."""
        return _total(b.size for b in self.buffers if b.role.given)

    @property
    def total(self) -> Dim:
        """The bytes of all buffers that the run takes, as if none shared memory with another."""
        return _total(b.taken for b in self.buffers)

    def alive(self, step: int) -> Dim:
        """Bytes of the run's own buffers that are needed in a step."""
        return _total(b.taken for b in self.buffers if b.first <= step <= b.last)

    @property
    def peaks(self) -> tuple[tuple[int, Dim], ...]:
        """The steps in which most bytes are needed, and how many: one, unless it depends on sizes which it is."""
        worst: list[tuple[int, Dim]] = []
        for step in range(len(self.steps)):
            alive = self.alive(step)
            if any(_at_most(alive, other) for _, other in worst):
                continue
            worst = [*(w for w in worst if not _at_most(w[1], alive)), (step, alive)]
        return tuple(worst)

    @property
    def peak(self) -> int:
        """Bytes of the run's own buffers that are alive at the worst moment.

        Raises:
            BifrontError: it depends on sizes that are not known; `peaks` has the polynomials.
        """
        worst = max((w for _, w in self.peaks), key=_known, default=0)
        return _known(worst)

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw memory over time: every buffer as a box, from its first to its last step, as high as it has bytes.

        Args:
            path: a file to write; its suffix says what kind (.png, .svg, .pdf).

        Returns:
            The figure, which a notebook shows.

        Raises:
            EngineMissing: matplotlib is not installed.
            BifrontError: sizes are not known (`at` puts them in).
        """
        from .plotting import plot

        return plot(self, path)

    def __str__(self) -> str:
        from .showing import text

        return text(self)

    def _repr_html_(self) -> str:
        from .showing import notebook

        return notebook(self)

    def __repr__(self) -> str:
        return f"<plan of {len(self.buffers)} buffers of {self.name} on {self.backend}>"


def _total(sizes: Iterable[Dim]) -> Dim:
    total: Dim = 0
    for size in sizes:
        total = total + size
    return total


def _at_most(a: Dim, b: Dim) -> bool:
    """Whether one number of bytes is never greater than another, whatever the sizes are."""
    rest = b - a
    if isinstance(rest, Expr):
        return all(factor >= 0 for _, factor in rest.terms)
    return rest >= 0


def _known(size: Dim) -> int:
    if isinstance(size, int):
        return size
    names = symbols_of((size,))
    raise BifrontError(
        f"how many bytes {size} are depends on {', '.join(names)}",
        hint=f"put sizes in: memory.at({', '.join(f'{n}=64' for n in names)})",
    )
