"""Run a script as ``__main__`` and see when it has a number, and how much is compiled for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import numpy as np

from ..comparison.observing import Times, Timing, run_script
from ..compiler.dispatch import Array, Look, using
from ..compiler.ir import Graph
from ..runtime.executable import Executable
from ..runtime.watching import Run, watch


class Seen(BaseException):
    """The first number is there. No ``except Exception`` of a program holds it."""


class UntilNumber(Timing):
    """Ends a program at the first number that it looks at."""

    __slots__ = ()

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        super().observed(array, look)
        raise Seen

    def ran(
        self,
        graph: Graph,
        binding: Mapping[str, int],
        outputs: Iterable[np.ndarray],
        arguments: Sequence[np.ndarray] | None = None,
    ) -> None:
        super().ran(graph, binding, outputs, arguments)
        if self.times.first_number is not None:
            raise Seen


def until_number(program: Callable[[], object], started: float) -> float:
    """How many seconds after a moment a program has its first number."""
    times = Times(started)
    with using(UntilNumber(times)), redirect_stdout(StringIO()), suppress(Seen):
        program()
    return times.now() if times.first_number is None else times.first_number


def seconds_to_number(script: Path, started: float) -> float:
    """How many seconds after a moment a script has its first number."""
    return until_number(lambda: run_script(script), started)


def seconds_of_steps(script: Path, started: float) -> dict[str, float]:
    """How many seconds after a moment a script has its first number, and how many a step takes then.

    A step is as quick as the quickest tenth of them: what is slower waited for the machine.
    """
    times = Times(started)
    with using(Timing(times)), redirect_stdout(StringIO()):
        run_script(script)
    assert times.first_number is not None
    return {
        "first": times.first_number,
        "step": float(np.quantile(np.diff(times.steps), 0.1)),
    }


def compilations(script: Path) -> int:
    """How many executables a script has compiled by its end."""
    made: dict[int, Executable] = {}

    def wrap(executable: Executable, how: str, run: Run) -> Run:
        made[id(executable)] = executable
        return run

    stop = watch(wrap)
    try:
        with redirect_stdout(StringIO()):
            run_script(script)
    finally:
        stop()
    return len(made)
