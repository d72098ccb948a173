"""Collecting: what ran while a profile was taken, when, and on which thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import TypeAlias

import numpy as np

from ...compiler.location import Location, caller
from ..executable import Arrays, Executable
from ..timing import NotReplaced, Record, Timed
from ..watching import Run

KEPT = 200_000
"""Events that are kept one by one, for the trace; beyond, they are only added up."""

Sizes: TypeAlias = "tuple[tuple[str, int], ...]"


@dataclass(eq=False, slots=True)
class Program:
    """An executable's ``run`` or ``update``, in parts."""

    executable: Executable
    timed: Timed
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return self.executable.graph.name or "graph"

    @property
    def backend(self) -> str:
        return self.executable.backend


@dataclass(slots=True)
class Sum:
    """All runs of a program on one set of sizes, asked for at one line.

    Attributes:
        spent: nanoseconds of the runs.
        calls, parts: how often each part ran, and the nanoseconds that it took.
    """

    program: Program
    sizes: dict[str, int]
    place: Location
    runs: int = 0
    spent: int = 0
    calls: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    parts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: when it began and ended (`time.perf_counter_ns`), where, and its log."""

    sum: Sum
    thread: int
    start: int
    end: int
    log: np.ndarray


@dataclass(slots=True)
class EagerSum:
    """All evaluations of an operation at one line."""

    op: str
    place: Location
    calls: int = 0
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One operation that was evaluated at once."""

    sum: EagerSum
    thread: int
    start: int
    end: int


class Collector:
    """Gathers what is reported to it.

    Attributes:
        compiling: nanoseconds spent on compiling what has clocks; no part of any run.
        dropped: events that were only added up.
    """

    def __init__(self) -> None:
        self.active = False
        self.sums: dict[tuple[object, ...], Sum] = {}
        self.eager: dict[tuple[object, ...], EagerSum] = {}
        self.ran: list[Ran] = []
        self.evaluated: list[Evaluated] = []
        self.compiling = 0
        self.dropped = 0
        self._events = 0
        self._inside = threading.local()
        self._lock = threading.Lock()

    # Runs.

    def wrap(self, executable: Executable, kind: str, plain: Run) -> Run:
        """What an executable does while it is watched."""
        program: Program | None = None
        inside = self._inside

        def run(*arrays: np.ndarray) -> Arrays:
            nonlocal program
            if not self.active or getattr(inside, "run", False):
                # What runs within a run is a part of it.
                return plain(*arrays)
            inside.run = True
            try:
                began = perf_counter_ns()
                if program is None:
                    program = Program(executable, executable.timed(kind))
                program.timed.prepare(arrays)
                self.compiling += perf_counter_ns() - began
                with program.lock:
                    start = perf_counter_ns()
                    results = program.timed.run(*arrays)
                    end = perf_counter_ns()
                    record = program.timed.take()
                self._add(program, executable, arrays, record, start, end)
                return results
            except NotReplaced:
                pass
            finally:
                inside.run = False
            return executable.run(*arrays)

        return run

    def _add(
        self,
        program: Program,
        executable: Executable,
        arrays: Sequence[np.ndarray],
        record: Record,
        start: int,
        end: int,
    ) -> None:
        code, lasti = caller(2)
        sizes = executable.binding(*arrays)
        key = (id(program), *sizes.items(), code, lasti)
        with self._lock:
            found = self.sums.get(key)
            if found is None:
                found = self.sums[key] = Sum(program, sizes, Location.of_code(code, lasti))
                found.calls = np.zeros(len(record.calls), np.int64)
                found.parts = np.zeros(len(record.calls), np.int64)
            found.runs += 1
            found.spent += end - start
            found.calls += record.calls
            found.parts += record.spent
            if self._room(1 + len(record.log)):
                self.ran.append(Ran(found, threading.get_ident(), start, end, record.log))

    # Operations that are evaluated at once.

    def evaluation(self, op: str, start: int, end: int) -> None:
        """An operation was evaluated, outside of any run."""
        if getattr(self._inside, "run", False):
            return
        code, lasti = caller(2)
        key = (op, code, lasti)
        with self._lock:
            found = self.eager.get(key)
            if found is None:
                found = self.eager[key] = EagerSum(op, Location.of_code(code, lasti))
            found.calls += 1
            found.spent += end - start
            if self._room(1):
                self.evaluated.append(Evaluated(found, threading.get_ident(), start, end))

    def _room(self, events: int) -> bool:
        if self._events + events > KEPT:
            self.dropped += events
            return False
        self._events += events
        return True
