"""A profile: taken in a ``with`` block, shown as tables, a trace and a flame picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from time import perf_counter_ns
from types import TracebackType

from ...compiler.dispatch import RECORDING, current
from ...compiler.dispatch.current import switch
from ...compiler.dispatch.eager import EAGER
from ...compiler.errors import BifrontError
from ..watching import watch
from .analysis import KernelRow, LineRow, Slice, kernels, lines, slices
from .collecting import Collector
from .eager import TimedEager, TimedRecording
from .peaks import Peaks, peaks


class Profile:
    """What ran inside a ``with`` block, and what it took.

    Every graph that runs in the block, in a session, a compiled function or an executable, runs code of its own that
    reads the clock between kernels (some 30 ns each on the native backend, about a microsecond a step on NumPy). It is
    compiled when the graph first runs, in time that counts for nothing; outside of the block nothing changes.
    Operations that are evaluated at once on the thread of the block are timed one by one.

    Args:
        roofline: whether to hold kernels against what the machine can do; it is measured when it is first needed.
        say: told what is being measured meanwhile.

    Attributes:
        spent: nanoseconds of the block, without the compilation that the profile itself caused.
    """

    _taking = False

    def __init__(
        self, roofline: bool = True, say: Callable[[str], None] = lambda text: None
    ) -> None:
        self.collector = Collector()
        self._roofline = roofline
        self._say = say
        self._end: Callable[[], None] | None = None
        self._former: object = None
        self._start = 0
        self._wall = 0

    @classmethod
    def taking(cls) -> bool:
        """Whether one is being taken now; there is one at a time."""
        return Profile._taking

    def __enter__(self) -> Profile:
        if Profile._taking:
            raise BifrontError(
                "a profile is being taken already",
                hint="end it first; there is one at a time, of all threads",
            )
        if self._start:
            raise BifrontError("this profile was taken already", hint="take another: bf.profile()")
        interpreter: object = current()
        if interpreter is RECORDING:
            self._former = switch(TimedRecording(self.collector))
        elif interpreter is EAGER:
            self._former = switch(TimedEager(self.collector))
        self.collector.active = True
        self._end = watch(self.collector.wrap)
        Profile._taking = True
        self._start = perf_counter_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wall = perf_counter_ns() - self._start
        self.collector.active = False
        assert self._end is not None
        self._end()
        Profile._taking = False
        if self._former is not None:
            switch(self._former)  # type: ignore[arg-type]
            self._former = None

    # Figures.

    @property
    def spent(self) -> int:
        return max(self._wall - self.collector.compiling, 0)

    @property
    def measured(self) -> int:
        """Nanoseconds of all runs and of all operations that were evaluated at once."""
        sums = sum(s.spent for s in self.collector.sums.values())
        return sums + sum(e.spent for e in self.collector.eager.values())

    @property
    def python(self) -> int:
        """Nanoseconds of the block that nothing was timed in: the program itself, sessions, the profile's own work."""
        return max(self.spent - self.measured, 0)

    @cached_property
    def kernels(self) -> list[KernelRow]:
        """The kernels that ran, the costliest first."""
        return kernels(self.collector)

    @cached_property
    def slices(self) -> list[Slice]:
        """All that was timed, by line, operation and kernel."""
        return slices(self.collector)

    @cached_property
    def lines(self) -> list[LineRow]:
        """The user's lines, the costliest first; kernels that cover several are split by estimated cost."""
        return lines(self.slices)

    @cached_property
    def peaks(self) -> Peaks | None:
        """What the machine can do; None where nobody wants to know."""
        return peaks(self._say) if self._roofline else None

    # Files.

    def save(self, path: str | Path) -> Path:
        """Write the trace: every kernel of every run on a time line, which chrome://tracing and ui.perfetto.dev open.

        Args:
            path: a file that ends in .json.

        Returns:
            The path that was written.

        Raises:
            BifrontError: the name ends in something else.
        """
        from .trace import trace

        path = _ending(path, ".json", "trace")
        path.write_text(json.dumps(trace(self.collector, self._start)), encoding="utf-8")
        return path

    def flame(self, path: str | Path) -> Path:
        """Write the flame picture: the user's lines, their operations, and the kernels, as wide as they took time.

        Args:
            path: a file that ends in .svg; browsers show it, with figures where the mouse is.

        Returns:
            The path that was written.

        Raises:
            BifrontError: the name ends in something else.
        """
        path = _ending(path, ".svg", "flame picture")
        path.write_text(self.to_svg(), encoding="utf-8")
        return path

    def to_svg(self) -> str:
        """The flame picture as SVG."""
        from .flame import svg, tree
        from .report import duration

        title = f"{duration(self.measured)} in runs and operations, of {duration(self.spent)}"
        return svg(tree(self.slices), title)

    def table(self, rows: int | None = None) -> str:
        """The tables as text, with so many rows at most; None: all."""
        from .report import text

        return text(self, rows)

    def __str__(self) -> str:
        from .report import text

        return text(self)

    def _repr_html_(self) -> str:
        from .report import notebook

        return notebook(self)


def _ending(path: str | Path, suffix: str, what: str) -> Path:
    path = Path(path)
    if path.suffix != suffix:
        raise BifrontError(
            f"a {what} cannot be written to {path.name!r}", hint=f"end the name in {suffix}"
        )
    return path
