"""Clocks between the kernels of a native function: what a profile reads.

Word 3 of the runtime table is the address of a record of words of 8 bytes: how many entries the log has, the time when
the last part ended, for each part how often it ran and for how long, and the log itself, rows (part, start, end).
Times are nanoseconds of the system's monotonic clock, which is that of `time.perf_counter_ns`. They are taken on the
thread that calls; reading the clock costs some 30 ns a part.
"""

from __future__ import annotations

import sys
from typing import ClassVar

import numpy as np

from ..timing import CAPACITY, Record
from .emit import I32, I64, PTR, Builder, Module, Operand, number
from .places import Frame
from .steps import Schedule, Step, computing

WORD = 3
_COUNT, _LAST, _SUMS = 0, 1, 2
_MONOTONIC = 8 if sys.platform == "darwin" else 1


class Clock:
    """The record of one schedule, and the code that fills it."""

    available: ClassVar[bool] = sys.platform != "win32"
    """Whether the C library has the clock."""

    def __init__(self, schedule: Schedule) -> None:
        timed = computing(schedule.steps)
        self.steps = tuple(timed)
        self._numbers: dict[Step, int] = {step: i for i, step in enumerate(timed)}
        self._log = _SUMS + 2 * len(timed)
        self._words = np.zeros(self._log + 3 * CAPACITY, np.int64)

    @property
    def address(self) -> int:
        return int(self._words.ctypes.data)

    def take(self) -> Record:
        """What was noted since this was last asked for."""
        words = self._words
        kept = min(int(words[_COUNT]), CAPACITY)
        sums = words[_SUMS : self._log].reshape(-1, 2).copy()
        log = words[self._log : self._log + 3 * kept].reshape(-1, 3).copy()
        words[: self._log] = 0
        return Record(sums[:, 0], sums[:, 1], log)

    # Code.

    def begin(self, b: Builder, frame: Frame) -> None:
        """The function begins."""
        now = _now(b)
        b.store(now, b.offset(self._record(b, frame), number(I64, _LAST), I64))

    def note(self, b: Builder, frame: Frame, step: Step) -> None:
        """A step has ended, if it is one that is timed."""
        number_ = self._numbers.get(step)
        if number_ is None:
            return
        self._noting(b.module)
        record = self._record(b, frame)
        b.line(f"call void @note({record}, {number(I64, number_)})")

    def _record(self, b: Builder, frame: Frame) -> Operand:
        return b.load(b.offset(frame.word(0), number(I64, WORD), I64), PTR, 8)

    def _noting(self, module: Module) -> None:
        """``void note(ptr record, i64 part)``."""
        if "note" in module.made:
            return
        module.made["note"] = True
        b = Builder(module, "note", [("record", PTR), ("part", I64)], linkage="internal")
        record, part = b.parameters
        now = _now(b)
        last = b.offset(record, number(I64, _LAST), I64)
        before = b.load(last, I64)
        b.store(now, last)
        sums = b.offset(record, b.add(b.mul(part, number(I64, 2)), number(I64, _SUMS)), I64)
        b.store(b.add(b.load(sums, I64), number(I64, 1)), sums)
        spent = b.offset(sums, number(I64, 1), I64)
        b.store(b.add(b.load(spent, I64), b.sub(now, before)), spent)
        count = b.load(record, I64)
        with b.when(b.compare("slt", count, number(I64, CAPACITY))):
            row = b.add(b.mul(count, number(I64, 3)), number(I64, self._log))
            for i, value in enumerate((part, before, now)):
                b.store(value, b.offset(record, b.add(row, number(I64, i)), I64))
        b.store(b.add(count, number(I64, 1)), record)
        b.finish()


def _now(b: Builder) -> Operand:
    spec = b.alloca(I64, 2)
    b.module.declare("clock_gettime", "i32", [I32, PTR])
    b.line(f"call i32 @clock_gettime(i32 {_MONOTONIC}, {spec})")
    seconds = b.load(spec, I64)
    rest = b.load(b.offset(spec, number(I64, 1), I64), I64)
    return b.add(b.mul(seconds, number(I64, 10**9)), rest)
