"""What holds from run to run: breakpoints, whether the next run stops at its start, where commands come from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import numpy as np

from ..compiler.errors import BifrontError
from ..runtime.executable import Executable
from ..runtime.stepping.intercepting import intercepted
from ..runtime.stepping.stops import Stop, first_hit
from ..runtime.watching import Run
from .session import Debugging

__all__ = ["Debugger", "DebuggerQuit", "prompting"]


class DebuggerQuit(SystemExit):
    """The person quit: the run is given up, nothing is changed, and the program ends unless it catches this."""


class Debugger:
    """Steps through the runs of a program, one after the other.

    Args:
        commands: what to do in place of asking at the terminal; after the last one, runs go on by themselves.
        output: where to write; None: standard output.

    Attributes:
        stops: the breakpoints by their numbers.
        temporary: the numbers of those that go when they are hit.
        stopping: whether the next run stops at its start.
        detached: whether nothing stops any more.
        runs: how many runs there were.
    """

    def __init__(self, commands: Sequence[str] | None = None, output: TextIO | None = None) -> None:
        # One text is as many commands as it has lines.
        lines = commands.splitlines() if isinstance(commands, str) else commands
        self.commands: list[str] | None = None if lines is None else list(lines)
        self.stops: dict[int, Stop] = {}
        self.temporary: set[int] = set()
        self.stopping = True
        self.detached = False
        self.runs = 0
        self._output = output
        self._asking = False
        self._numbers = 0

    def write(self, text: str = "") -> None:
        """Show a line."""
        print(text, file=self._output or sys.stdout)

    def add(self, stop: Stop, temporary: bool = False) -> int:
        """Add a breakpoint; gives its number."""
        self._numbers += 1
        self.stops[self._numbers] = stop
        if temporary:
            self.temporary.add(self._numbers)
        return self._numbers

    def number_of(self, stop: Stop) -> int:
        """The number of a breakpoint."""
        return next(number for number, one in self.stops.items() if one is stop)

    def through(
        self, executable: Executable, plain: Run, arrays: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, ...]:
        """Let a person step through a run.

        Raises:
            DebuggerQuit: the person quit.
        """
        if self._asking:
            return plain(*arrays)  # what the prompt itself computes, as a gradient
        self.runs += 1
        if self.detached or not (self.stopping or self.stops):
            return plain(*arrays)
        try:
            debugging = Debugging(executable.graph, [np.asarray(a) for a in arrays], plain)
        except BifrontError:
            return plain(*arrays)  # it says what is wrong with the arguments
        self._asking = True
        try:
            self.step_through(debugging)
        finally:
            self._asking = False
        return debugging.finish()

    def step_through(self, debugging: Debugging) -> None:
        """Stop where there is something to stop at, and ask; comes back when the run is to go on.

        Raises:
            DebuggerQuit: the person quit.
        """
        from .prompt import Prompt

        prompt = Prompt(debugging, self)
        found = first_hit(self.stops.values(), None, debugging.state)
        if found is None and not self.stopping:
            prompt.go_on()
            return
        prompt.stopped(found)


_active: Debugger | None = None
_shared = Debugger()
"""That of the terminal, whose breakpoints stay."""


@contextmanager
def prompting(
    commands: Sequence[str] | None = None, debugger: Debugger | None = None
) -> Iterator[Debugger]:
    """Step through every run of a graph inside the block; where that is done already, nothing changes.

    Args:
        commands: what to do in place of asking at the terminal.
        debugger: what to ask; None: a new one for commands, else that of the terminal.

    Raises:
        BifrontError: a profile is being taken.
    """
    global _active
    if _active is not None:
        yield _active
        return
    if debugger is None:
        debugger = _shared if commands is None else Debugger(commands)
        debugger.stopping = True
    _active = debugger
    try:
        with intercepted(debugger.through):
            yield debugger
    finally:
        _active = None
