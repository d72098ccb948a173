"""What a program ran, as graphs: sessions report their runs, eager loops are cut at each optimizer step.

An eager program has no runs of its own. `Capture` records everything it computes and cuts the history

* after each ``optimizer.step()`` (or, in a loop that updates its parameters by hand, before a parameter is written a
  second time): what the step needed is one run, whose outputs are the values that the program looked at;
* around values that the program looked at without any step: those that share a computation are one run.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..compiler.dispatch import Array, Look, Origin, Recording
from ..compiler.ir import Graph
from ..compiler.ops import GATHER, GATHER_ND, SLICE, Kind
from ..compiler.tracing import Boundary, history_until, lift

ROOM = 2**28
"""Bytes of arguments that are kept at most."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one graph.

    Attributes:
        graph: what ran; symbolic dimensions stay symbolic.
        binding: sizes of its symbolic dimensions in this run.
        outputs: the values that the program got.
        finished: when, in seconds since the capture began.
        arguments: what the graph was given, in the order of its parameters; None where nobody asked for it, or where
            it is not to be had any more.
    """

    graph: Graph
    binding: Mapping[str, int]
    outputs: tuple[np.ndarray, ...]
    finished: float
    arguments: tuple[np.ndarray, ...] | None = None

    @property
    def initializes(self) -> bool:
        """Whether the run only gives states their first values."""
        read = {v for node in self.graph.nodes for v in node.inputs}
        changed = [s for s in self.graph.states if s.changes]
        fresh = [s for s in changed if s.input not in read]
        return not self.graph.outputs and not self.graph.inputs and bool(fresh)


@dataclass(frozen=True, slots=True)
class _Step:
    """An optimizer step whose outputs are not all known yet: a loss is often looked at after the step."""

    writes: Mapping[Origin, Array]
    written: frozenset[Array]
    nodes: frozenset[Array]
    finished: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """A value that the program looked at, as it was then."""

    array: Array
    value: np.ndarray
    at: float


class Log:
    """What was recorded so far; `finish` gives the runs.

    Args:
        arguments: whether to keep what a run was given, for the first run of each graph on each set of sizes.
    """

    def __init__(self, arguments: bool = False) -> None:
        self._known: set[object] | None = set() if arguments else None
        self._room = ROOM
        self._runs: list[Run] = []
        self._start = time.perf_counter()
        self._seen: dict[Array, _Seen] = {}
        self._writes: dict[Origin, Array] = {}
        self._written: set[Array] = set()
        self._pending: _Step | None = None

    def ran(
        self,
        graph: Graph,
        binding: Mapping[str, int],
        outputs: Iterable[np.ndarray],
        arguments: Sequence[np.ndarray] | None = None,
    ) -> None:
        kept = self._keep(graph, binding, arguments)
        self._runs.append(Run(graph, dict(binding), tuple(outputs), self._now(), kept))

    def _keep(
        self, graph: Graph, binding: Mapping[str, int], given: Sequence[np.ndarray] | None
    ) -> tuple[np.ndarray, ...] | None:
        """A copy of what a run is given, if it is the first of its kind."""
        if (
            self._known is None
            or given is None
            or not all(isinstance(a, np.ndarray) for a in given)
        ):
            return None
        key = (graph.fingerprint(), tuple(sorted(binding.items())))
        size = sum(a.nbytes for a in given)
        if key in self._known or size > self._room:
            return None
        self._known.add(key)
        self._room -= size
        return tuple([np.array(a) for a in given])

    def _lifted(
        self,
        name: str,
        seen: Sequence[_Seen],
        writes: Mapping[Origin, Array],
        boundary: Boundary,
        at: float,
    ) -> None:
        """The graph of eager values is one more run."""
        leaves: list[Array] = []
        graph = lift(
            name,
            [s.array for s in seen],
            {},
            writes,
            boundary=boundary,
            is_input=lambda _: True,
            leaves=leaves,
        )
        kept = self._keep(graph, {}, [a.data for a in leaves])
        self._runs.append(Run(graph, {}, tuple(s.value for s in seen), at, kept))

    def observed(self, array: Array) -> None:
        if array not in self._seen:
            self._seen[array] = _Seen(array, np.array(array.data), self._now())

    def wrote(self, new: Array) -> None:
        origin = new.origin
        assert origin is not None
        if new.tracked and origin in self._writes:
            self.stepped()
        self._writes.pop(origin, None)  # states come in the order of their last writes
        self._writes[origin] = new
        self._written.add(new)

    def stepping(self) -> None:
        """An optimizer is about to step: parameters written before were initialized, not trained."""
        before = {o: a for o, a in self._writes.items() if a.tracked}
        if not before:
            return
        for array in [a for a in self._written if not a.tracked and _is_initial(a)]:
            self._written.discard(array)
            _forget(array)
        self._cut(before, keep_streams=True)

    def stepped(self) -> None:
        self._cut(self._writes)

    def _cut(self, writes: Mapping[Origin, Array], keep_streams: bool = False) -> None:
        """What made these values is one run; what else was written belongs to the next.

        Args:
            keep_streams: whether random numbers that this run did not draw are the next run's.
        """
        self._settle()
        chosen = {o: a for o, a in writes.items() if o.kind != "key"}
        self._writes = {o: a for o, a in self._writes.items() if o not in chosen}
        if not chosen:
            return
        written = frozenset(self._written)
        self._written = {a for a in written if a.origin not in chosen}
        history = history_until(chosen.values(), _boundary(written))
        for origin in [o for o in self._writes if o.kind == "key"]:
            after = _own_stream(self._writes[origin], history)
            if after is not None:
                chosen[origin] = after
                if after is not self._writes[origin]:
                    continue
            elif keep_streams:
                continue
            else:
                _forget(self._writes[origin])
            del self._writes[origin]
        nodes = frozenset(a for a in history if a.op is not None and not _is_batch(a))
        self._pending = _Step(chosen, written, nodes, self._now())

    def finish(self) -> list[Run]:
        """All runs in the order in which they finished; what was written since the last step makes no run."""
        self._settle()
        self._evaluations(list(self._seen.values()), _boundary(self._written))
        self._seen = {}
        self._writes = {}
        self._written = set()
        return sorted(self._runs, key=lambda run: run.finished)

    def _settle(self) -> None:
        """Everything that will be seen of the pending step was seen: lift it and forget its history."""
        step = self._pending
        if step is None:
            return
        self._pending = None
        boundary = _boundary(step.written)
        left = frozenset(step.writes.values())
        inner = step.nodes - left

        def outside(array: Array) -> bool:
            return array in left or boundary(array)

        outputs: list[_Seen] = []
        others: list[_Seen] = []
        rest: dict[Array, _Seen] = {}
        for seen in self._seen.values():
            needs = history_until((seen.array,), outside)
            if seen.array in left or not inner.isdisjoint(needs):
                outputs.append(seen)
            elif seen.at <= step.finished and left.isdisjoint(needs):
                others.append(seen)
            else:
                rest[seen.array] = seen
        self._seen = rest
        self._evaluations(others, boundary)
        self._lifted("step", outputs, step.writes, boundary, step.finished)
        for array in {*step.nodes, *(s.array for s in outputs)}:
            _forget(array)

    def _evaluations(self, seen: list[_Seen], boundary: Boundary) -> None:
        """Values that share a computation, or data, are outputs of one run."""
        groups: list[tuple[set[Array], list[_Seen]]] = []
        for one in seen:
            if one.array.op is None:
                continue
            needs = {a for a in history_until((one.array,), boundary) if a.origin is None}
            members = [one]
            for group in [g for g in groups if not g[0].isdisjoint(needs)]:
                groups.remove(group)
                needs |= group[0]
                members = [*group[1], *members]
            groups.append((needs, members))
        for _, members in groups:
            self._lifted("evaluation", members, {}, boundary, max(s.at for s in members))
        for one in seen:
            _forget(one.array)

    def _now(self) -> float:
        return time.perf_counter() - self._start


class Capture(Recording):
    """Records everything that an eager program does into a `Log`."""

    __slots__ = ("log",)

    def __init__(self, log: Log, grad: bool = True) -> None:
        super().__init__(everything=True, grad=grad)
        self.log = log

    def derive(self, grad: bool) -> Capture:
        return Capture(self.log, grad)

    def ran(
        self,
        graph: Graph,
        binding: Mapping[str, int],
        outputs: Iterable[np.ndarray],
        arguments: Sequence[np.ndarray] | None = None,
    ) -> None:
        """A session ran a graph."""
        self.log.ran(graph, binding, outputs, arguments)

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        self.log.observed(array)

    def wrote(self, old: Array, new: Array) -> None:
        self.log.wrote(new)

    def stepping(self) -> None:
        self.log.stepping()

    def stepped(self) -> None:
        self.log.stepped()


_BATCHING = (SLICE, GATHER, GATHER_ND)


def _boundary(written: Collection[Array]) -> Boundary:
    """Where a run begins: at data, and at leaves as they were before anything was ``written`` in it."""

    def boundary(array: Array) -> bool:
        if array.origin is not None:
            return array.op is not None and array not in written
        return _is_batch(array)

    return boundary


def _is_batch(array: Array) -> bool:
    """Whether the value was cut out of a data set: a loop over batches feeds it, it does not compute it."""
    if array.op not in _BATCHING:
        return False
    source = array.inputs[0]
    return isinstance(source, Array) and source.op is None and source.origin is None


def _is_initial(array: Array) -> bool:
    """Whether a leaf was given a value that depends on no other leaf: a buffer's first value, not an update of it."""
    history = history_until((array,), lambda a: a.origin is not None)
    origin = array.origin
    return (
        origin is not None
        and origin.kind != "key"
        and all(a is array or a.origin is None for a in history)
    )


def _own_stream(last: Array, history: Iterable[Array]) -> Array | None:
    """The key that the history leaves behind, where it draws; the first key that it draws with becomes a leaf.

    Draws before it (initial values, a shuffle) and after it (the step that follows initial values) moved the counter
    on too, but are no part of the run.
    """
    drawn = {x for a in history if a.op is not None and a.op.kind is Kind.RANDOM for x in a.inputs}
    first: Array | None = None
    after = following = None
    key: Array | float = last
    while isinstance(key, Array):
        if key in drawn:
            first = key
            after = after or following or key
        following = key
        key = key.inputs[0] if key.inputs else 0.0
    if first is not None:
        _forget(first)
    return after


def _forget(array: Array) -> None:
    """Make a value a leaf: its history belongs to a run that is complete."""
    array.op = None
    array.inputs = ()
