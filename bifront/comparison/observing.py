"""Run a script as it is and keep what it ran, or when it ran it."""

from __future__ import annotations

import resource
import runpy
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np

from ..compiler.dispatch import Array, Look, Recording, using
from ..compiler.ir import Graph
from ..runtime.capture import Capture, Log, Run
from ..runtime.executable import using_backend


def capture_script(path: Path, arguments: bool = False) -> tuple[list[Run], str]:
    """Run a script as ``__main__`` and return the runs it made and what it printed.

    It runs on the reference, whose numbers are those of eager evaluation to the last bit.

    Args:
        arguments: whether to keep what graphs were given when they first ran.
    """
    log = Log(arguments)
    printed = StringIO()
    with using(Capture(log)), using_backend("numpy"), redirect_stdout(printed):
        run_script(path)
    return log.finish(), printed.getvalue()


@dataclass(slots=True)
class Times:
    """When things happened, in seconds since the process began to import bifront."""

    started: float
    first_number: float | None = None
    steps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return time.perf_counter() - self.started


class Timing(Recording):
    """Like the default interpreter, but notes when a number was first seen and when each step ended."""

    __slots__ = ("times",)

    def __init__(self, times: Times) -> None:
        super().__init__()
        self.times = times

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        if self.times.first_number is None:
            self.times.first_number = self.times.now()

    def stepped(self) -> None:
        self.times.steps.append(self.times.now())

    def ran(
        self,
        graph: Graph,
        binding: Mapping[str, int],
        outputs: Iterable[np.ndarray],
        arguments: Sequence[np.ndarray] | None = None,
    ) -> None:
        """A session ran a graph: a step if it changed a variable for a feed."""
        if graph.inputs and any(s.changes for s in graph.states):
            self.stepped()
        if graph.outputs and self.times.first_number is None:
            self.times.first_number = self.times.now()


def time_script(path: Path, started: float) -> dict[str, float | None]:
    """Run a script as ``__main__``, silently; gives seconds and megabytes."""
    times = Times(started)
    with using(Timing(times)), redirect_stdout(StringIO()):
        run_script(path)
    gaps = np.diff(times.steps)
    # ru_maxrss is in kilobytes on Linux and in bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "first_number_s": times.first_number,
        "step_s": float(np.median(gaps)) if len(gaps) else None,
        "total_s": times.now(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
    }


def run_script(path: Path) -> None:
    """Run a script as ``__main__``, with its folder first on the path, as Python does."""
    before, argv = list(sys.path), sys.argv
    sys.path.insert(0, str(path.parent))
    sys.argv = [str(path)]
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise
    finally:
        sys.path[:], sys.argv = before, argv
