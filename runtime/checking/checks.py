"""`Checks`: the checks around a block of a program."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.dispatch import EAGER, RECORDING, Array, current
from ...compiler.dispatch.current import switch
from ...compiler.errors import BifrontError
from ...compiler.lints import LINTS, Finding
from ..executable import Executable
from ..watching import Run, watch
from .border import LISTENERS, Event, Ran, tell
from .check import Check
from .interpreters import CheckedEager, CheckedRecording
from .linting import Linting
from .table import WATCHERS, chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op


class Checks:
    """What checks find in a ``with`` block.

    Args:
        names: which checks; None: all.
        raise_: raise the first finding where it is found, or at the end of the block where only that can tell.

    Attributes:
        findings: what was found so far, in order, each line once for each check.
    """

    def __init__(self, names: Sequence[str] | None = None, raise_: bool = False) -> None:
        self.names = chosen(names)
        self.findings: list[Finding] = []
        self._raises = raise_
        self._known: set[tuple[object, ...]] = set()
        self._watchers = [WATCHERS[n](self.add, raise_) for n in self.names if n in WATCHERS]
        self._seeing = [w for w in self._watchers if type(w).evaluated is not Check.evaluated]
        lints = [n for n in self.names if n in LINTS]
        self._linting: Linting | None = Linting(lints, self.add)
        self._over = False
        self._end: Callable[[], None] | None = None
        self._former: object = None
        self._busy = threading.local()

    def add(self, finding: Finding) -> None:
        """Keep a finding; raises it where that was asked for."""
        at = finding.location
        key = (finding.check, at and (at.file, at.line), None if at else finding.message)
        if key in self._known:
            return
        self._known.add(key)
        self.findings.append(finding)
        if self._raises:
            raise finding.error()

    def __enter__(self) -> Checks:
        if LISTENERS:
            raise BifrontError(
                "a program is being checked already",
                hint="end that first; there is one at a time, of all threads",
            )
        if self._over:
            raise BifrontError("these checks were made already", hint="make others: bf.check()")
        interpreter: object = current()
        if interpreter is RECORDING:
            self._former = switch(CheckedRecording(self._see))
        elif interpreter is EAGER:
            self._former = switch(CheckedEager(self._see))
        self._end = watch(self._wrap)
        LISTENERS.append(self._told)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        LISTENERS.remove(self._told)
        assert self._end is not None
        self._end()
        if self._former is not None:
            switch(self._former)  # type: ignore[arg-type]
            self._former = None
        self._over = True
        watchers, self._watchers = self._watchers, []
        self._seeing = []
        self._linting = None  # what they kept of the program is let go of
        if error is None:
            for watcher in watchers:
                watcher.finish()
            if self._raises and self.findings:
                # It was raised before, inside of something that went on without it.
                raise self.findings[0].error()

    def _told(self, event: Event) -> None:
        if getattr(self._busy, "inside", False):
            return
        self._busy.inside = True
        try:
            if self._linting is not None:
                self._linting.told(event)
            for watcher in self._watchers:
                watcher.told(event)
        finally:
            self._busy.inside = False

    def _see(self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array) -> None:
        for watcher in self._seeing:
            watcher.evaluated(op, inputs, attrs, result)

    def _wrap(self, executable: Executable, kind: str, plain: Run) -> Run:
        """What an executable does while it is checked. Arguments stay as they are, to be looked at."""

        if kind == "update":
            made: Run = executable.run  # what was put around it just now
            return made

        def run(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
            results = plain(*arrays)
            if not getattr(self._busy, "inside", False):
                tell(Ran(executable, arrays, results))
            return results

        return run

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        if not self.findings:
            return "Nothing was found."
        return "\n\n".join(map(str, self.findings))
