"""The native backend: `compile(graph, "native")`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.autodiff.inline import specialize
from ...compiler.errors import BifrontError
from ...compiler.ir import Graph, substitute
from ...compiler.pipeline.optimizing import optimize
from ..assumptions import all_assumptions
from ..executable import Arrays, Executable, Observer, compile
from ..regions import nodes_within
from ..timing import NotReplaced
from .arena import layout_of
from .common import begin_common
from .fallbacks import why
from .lowered import lowered
from .memory import settled
from .partition import Partition
from .program import Program
from .schedule import may_fail
from .sized import choosing, sizes_at
from .steps import Schedule, Unsupported

if TYPE_CHECKING:
    from ...compiler.pictures.groups import Grouping
    from ..buffers import MemoryPlan
    from ..timing import Timed


def build(graph: Graph, observer: Observer | None) -> Executable:
    """The executable of a graph on this backend; what `compile` asks for.

    With an observer, who wants to see every value, and where a size is only found out while the graph runs, it is the
    reference's.
    """
    if observer is not None:
        return compile(graph, "numpy", observer)
    return NativeExecutable(graph)


def _nothing() -> Arrays:
    """A graph of nothing: a session's, where all that it does is to give variables their first values."""
    return ()


class NativeExecutable(Executable):
    """A graph as one native function.

    Args:
        clocked: whether its parts are timed.

    Attributes:
        reason: why it is not native as a whole, or None; then it runs in parts, or the reference runs it.
    """

    def __init__(self, graph: Graph, clocked: bool = False) -> None:
        super().__init__(graph, "native")
        self.reason: str | None = None
        self._clocked = clocked
        self._partition: Partition | None = None
        begin_common()
        try:
            self._assumed = all_assumptions(graph)
            self._simple = lowered(graph)
            self._fresh = Program(self._simple, False, clocked)
            if not self._fresh.symbols and (failing := _fails_on_nothing(self._simple, {})):
                raise Unsupported(f"{failing} may fail though it has nothing to compute")
        except Unsupported as error:
            self.reason = str(error)
            self._split()
            return
        self._entries: dict[tuple[int, ...], Callable[..., Arrays]] = {}
        self._updates: dict[tuple[int, ...], Callable[..., Arrays]] = {}
        self._where = [(graph.parameters.index(s.value), s.axis) for s in self._binding.solves]
        if self._fresh.symbols:
            self.run = choosing(self._where, self._entries, self._run_first)
        elif graph.parameters or graph.results or self._fresh.schedule.steps:
            self.run = self._first_run
        else:
            self.run = _nothing

    def _split(self) -> None:
        """Native code for the parts of a graph that is none as a whole."""
        self.run = self._reference
        try:
            self._partition = Partition(optimize(self.graph))
        except Unsupported:
            return
        self._sizes: dict[tuple[tuple[int, ...], ...], bool] = {}
        self.run = self._run_in_parts

    def _run_in_parts(self, *arrays: np.ndarray) -> Arrays:
        assert self._partition is not None
        return (self._partition.run if self.takes_in_parts(arrays) else self._reference)(*arrays)

    def takes_in_parts(self, arrays: Sequence[np.ndarray]) -> bool:
        """Whether the parts run on some arrays, and not the reference as a whole."""
        if not self._fits(arrays):
            return False
        shapes = tuple([a.shape for a in arrays])
        if shapes not in self._sizes:
            self._sizes[shapes] = self._known(arrays)
        return self._sizes[shapes]

    def _known(self, arrays: Sequence[np.ndarray]) -> bool:
        """Whether arguments are what the graph takes; the reference says what is wrong with others."""
        try:
            self.check(*arrays)
            return self._agree(self.binding(*arrays))
        except BifrontError:
            return False

    def _first_run(self, *arrays: np.ndarray) -> Arrays:
        """The code is made when it is needed: whoever replaces states in place never needs this form."""
        bound = self._bound
        if self.run == self._first_run:
            self.run = bound
        return bound(*arrays)

    @cached_property
    def _bound(self) -> Callable[..., Arrays]:
        return self._fresh.bind({}, self._missed, self._failed)

    @cached_property
    def update(self) -> Callable[..., Arrays]:
        if self.reason is not None or self._donating is None:
            return self.run
        if self._fresh.symbols:
            return choosing(self._where, self._updates, self._update_first)
        return self._donating.bind({}, self._not_replaced, self._failed)

    @cached_property
    def _donating(self) -> Program | None:
        program = Program(self._simple, True, self._clocked)
        return program if any(u is not None for u in program.schedule.updates) else None

    @cached_property
    def _numpy(self) -> Executable:
        return compile(self.graph, "numpy")

    def _reference(self, *arrays: np.ndarray) -> Arrays:
        return self._numpy.run(*arrays)

    # Sizes.

    def _run_first(self, *arrays: np.ndarray) -> Arrays:
        """The first run of some sizes."""
        return self._entry(self._entries, self._fresh, arrays, self._missed)(*arrays)

    def _update_first(self, *arrays: np.ndarray) -> Arrays:
        """The first run of some sizes in which states are replaced."""
        program = self._donating
        assert program is not None
        return self._entry(self._updates, program, arrays, self._not_replaced)(*arrays)

    def _entry(
        self,
        entries: dict[tuple[int, ...], Callable[..., Arrays]],
        program: Program,
        arrays: Sequence[np.ndarray],
        miss: Callable[..., Arrays],
    ) -> Callable[..., Arrays]:
        """The function for the sizes of some arrays."""
        if not self._fits(arrays):
            return self._reference
        sizes = self.binding(*arrays)
        entry: Callable[..., Arrays] = self._reference
        if self._agree(sizes) and _fails_on_nothing(self._simple, sizes) is None:
            entry = program.bind(sizes, miss, self._failed)
        entries[sizes_at(arrays, self._where)] = entry
        return entry

    def _agree(self, sizes: Mapping[str, int]) -> bool:
        """Whether sizes fit each other as the code takes them to, which broadcasting leaves open."""
        try:
            specialize(self.graph, sizes)
        except BifrontError:
            return False
        return all(substitute(a, sizes) == substitute(b, sizes) for a, b in self._assumed)

    def _fits(self, arrays: Sequence[np.ndarray]) -> bool:
        return len(arrays) == len(self.graph.parameters) and all(
            isinstance(a, (np.ndarray, np.generic))
            and a.dtype == v.dtype.numpy
            and a.ndim == v.ndim
            for a, v in zip(arrays, self.graph.parameters, strict=True)
        )

    # What the entry does not take.

    def _missed(self, *arrays: np.ndarray) -> Arrays:
        """Scalars and what lies in memory in another way are copied; the reference complains about others."""
        if not self._fits(arrays):
            return self._reference(*arrays)
        straight = [
            np.require(np.asarray(a), v.dtype.numpy, ["C", "A"])
            for a, v in zip(arrays, self.graph.parameters, strict=True)
        ]
        if all(a is b for a, b in zip(straight, arrays, strict=True)):
            return self._reference(*arrays)
        results = self.run(*straight)
        # A state that the graph leaves as it is comes back as the array that was given.
        same = {id(a): b for a, b in zip(straight, arrays, strict=True)}
        return tuple([same.get(id(r), r) for r in results])

    def _not_replaced(self, *arrays: np.ndarray) -> Arrays:
        """Scalars and states are moved to where they can be replaced, and fast: once, as they come back from there.

        NumPy computes scalars of arrays without dimensions; those have no memory to be written to. Memory that may not
        be written to, or is given twice, is left as it is.
        """
        if any(isinstance(a, np.generic) for a in arrays):
            return self.update(*map(np.asarray, arrays))
        if self._donating is not None and self._fits(arrays):
            written = {u for u in self._donating.schedule.updates if u is not None}
            moved = [settled(a) if i in written else a for i, a in enumerate(arrays)]
            if any(a is not b for a, b in zip(moved, arrays, strict=True)):
                return self.update(*moved)
        if self._clocked:
            # The other form has clocks of its own, and may not be compiled yet, which is no part of a run.
            raise NotReplaced
        return self.run(*arrays)

    def _failed(self, status: int, *arrays: np.ndarray) -> Arrays:
        """The reference raises the error, and says where."""
        return self._reference(*arrays)

    # Timing.

    def program(self, kind: str) -> Program:
        """What ``run`` or ``update`` executes."""
        return (self._donating or self._fresh) if kind == "update" else self._fresh

    def prepare(self, kind: str, arrays: Sequence[np.ndarray]) -> None:
        """Make the function that ``run`` or ``update`` needs for the sizes of some arrays."""
        if self.reason is not None:
            return
        donating = self._donating if kind == "update" else None
        if not self._fresh.symbols:
            # Either is made when it is first asked for.
            bound = self._bound if donating is None else self.update
            if donating is None:
                self.run = bound
            return
        entries, program, miss = self._entries, self._fresh, self._missed
        if donating is not None:
            entries, program, miss = self._updates, donating, self._not_replaced
        if not self._fits(arrays):
            return
        if sizes_at(arrays, self._where) not in entries:
            self._entry(entries, program, arrays, miss)

    def timed(self, kind: str) -> Timed:
        from .clock import Clock
        from .timed import TimedInParts, TimedNative

        if self._partition is not None:
            return TimedInParts(self, self._partition)
        if self.reason is not None or not Clock.available:
            return self._numpy.timed(kind)
        return TimedNative(self._with_clocks, kind)

    @cached_property
    def _with_clocks(self) -> NativeExecutable:
        return NativeExecutable(self.graph, clocked=True)

    # Telling.

    @property
    def source(self) -> str:
        if self._partition is not None:
            return "\n".join(part.executable.source for part in self._partition.parts)
        return self._fresh.text if self.reason is None else self._numpy.source

    @property
    def _shown(self) -> Program:
        """What is shown of the two programs: the one that replaces states, where it does."""
        return self._donating or self._fresh

    @property
    def memory(self) -> MemoryPlan:
        if self._partition is not None:
            from .joining import memory_in_parts

            return memory_in_parts(self._partition)
        if self.reason is not None:
            return self._numpy.memory
        from .buffers import memory_of

        return memory_of(self._shown.schedule, self.graph.name or "graph")

    def grouping(self) -> Grouping:
        from .groups import grouping_of
        from .joining import grouping_in_parts

        if self._partition is not None:
            assert self.reason is not None
            return grouping_in_parts(self._partition, self.reason)
        if self.reason is not None:
            return self._numpy.grouping().because(self.reason)
        return grouping_of(self._shown.schedule)

    def explain(self, binding: Mapping[str, int] | None = None) -> str:
        from .routing import told

        if self._partition is not None:
            return (
                f"{self.graph.name} in {len(self._partition.parts)} parts, because {self.reason}\n"
                f"{self._partition.explain(binding)}"
            )
        if self.reason is not None:
            return (
                f"{self.graph.name} on numpy, because {self.reason}\n{self._numpy.explain(binding)}"
            )
        made: Schedule = self._fresh.schedule
        kernels = list(made.kernels())
        lines = [
            f"{self.graph.name} on native: {len(self.graph.nodes)} operations, "
            f"{len(self._simple.nodes)} after rewriting, in {len(kernels)} kernels",
        ]
        sizes = {**dict.fromkeys(self._fresh.symbols, 1), **(binding or {})}
        layout = layout_of(made, sizes)
        lines.append(f"  arena: {layout.size:,} bytes for {len(made.pieces)} pieces")
        lines += told(self._fresh.routes)
        if made.fallbacks:
            names = ", ".join(dict.fromkeys(f.node.op.name for f in made.fallbacks))
            lines.append(f"  left to the reference: {names}")
            lines += [f"    {reason}" for reason in dict.fromkeys(map(why, made.fallbacks))]
        return "\n".join(lines)


def _fails_on_nothing(graph: Graph, sizes: Mapping[str, int]) -> str | None:
    """An operation without elements at which a fault could be met, where the reference may raise an error even so."""
    for node in nodes_within(graph):
        if may_fail(node) and substitute(node.output.type.size, sizes) == 0:
            return node.op.name
    return None
