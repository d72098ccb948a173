"""One run, as an object: what the prompt, tests and pages step through."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..compiler.location import Location
from ..runtime.stepping import machine
from ..runtime.stepping.expressions import parse
from ..runtime.stepping.gradients import gradient, scalar_result
from ..runtime.stepping.naming import find, lookup
from ..runtime.stepping.state import State
from ..runtime.stepping.stops import Stop
from ..runtime.stepping.walk import Walk
from . import showing
from .places import read_stop

__all__ = ["Debugging"]


class Debugging:
    """A run of a graph that is stepped through, forwards and backwards.

    Numbers are those of the reference. A run that was only looked at ends as one that nobody looked at; what a changed
    value leads to is what the steps computed.

    Attributes:
        graph: what runs.
        walk: the run and its earlier moments.
        stops: the breakpoints.
    """

    def __init__(
        self,
        graph: Graph,
        arrays: Sequence[np.ndarray],
        plain: Callable[..., tuple[np.ndarray, ...]],
        stops: Sequence[Stop] = (),
    ) -> None:
        self.graph = graph
        self.walk = Walk(graph, arrays)
        self.stops: list[Stop] = list(stops)
        self._arrays = arrays
        self._plain = plain

    # Where it stands.

    @property
    def state(self) -> State:
        """The moment now."""
        return self.walk.state

    @property
    def location(self) -> Location | None:
        """The user's line whose node runs next."""
        return self.state.location

    @property
    def finished(self) -> bool:
        """Whether everything is computed."""
        return self.state.finished

    @property
    def iteration(self) -> int | None:
        """The number of the iteration of the innermost loop, from 0; None outside of loops."""
        entry = self.state.inner.entry
        return entry.iteration if entry is not None else None

    def __str__(self) -> str:
        return "\n".join((*showing.made(self.state), *showing.place(self.state)))

    # Moving. A failing operation raises its error, and the run stays before it.

    def step(self) -> Debugging:
        """Compute one node; go into branches and loops, and out of them at their end."""
        self.walk.step()
        return self

    def next(self) -> Stop | None:
        """Go to the user's next line, or to a breakpoint inside a loop on the way, which it gives."""
        return self.walk.next(self.stops)

    def out(self) -> Stop | None:
        """Go behind the branch or loop that the run is in."""
        return self.walk.out(self.stops)

    def back(self) -> bool:
        """Take back one step, or one change; False at the beginning."""
        return self.walk.back()

    def previous(self) -> bool:
        """Go back to the beginning of the line before; False at the beginning."""
        return self.walk.previous()

    def run_to(self, target: str | None = None) -> Stop | None:
        """Go on to a breakpoint.

        Args:
            target: the breakpoint, as `read_stop` takes it: ``train.py:12``, ``%3``, ``loss``, ``log``, ``nan``,
                ``if max(abs(v)) > 10``; None: any of `stops`.

        Returns:
            The breakpoint that was hit; None at the end of the run.

        Raises:
            BifrontError: the target is no breakpoint, or an operation fails.
        """
        return self.walk.run(self.stops if target is None else [read_stop(target, self.state)])

    def run_back_to(self, target: str | None = None) -> Stop | None:
        """As `run_to`, backwards; None at the beginning."""
        stops = self.stops if target is None else [read_stop(target, self.state)]
        return self.walk.run_back(stops)

    def stop_at(self, text: str) -> Stop:
        """Add a breakpoint.

        Raises:
            BifrontError: the text is none.
        """
        stop = read_stop(text, self.state)
        self.stops.append(stop)
        return stop

    # Looking.

    def value(self, name: str) -> np.ndarray:
        """A value that is computed already.

        Args:
            name: as in the text IR (``%3``), of a state (``w``) or of a variable in the source (``loss``); ``v`` is
                what the last step computed. In a loop, those of this iteration come first.

        Raises:
            BifrontError: there is none of that name, or it is not computed yet.
        """
        return lookup(self.state, name)

    def evaluate(self, expression: str) -> object:
        """What an expression over values gives: ``max(abs(%3)) > 10``.

        Raises:
            BifrontError: it is no expression, or its values are not to be had.
        """
        return parse(expression).value(self.value)

    def gradient(self, name: str, of: str | None = None) -> np.ndarray:
        """The gradient of a scalar with respect to a value, at the numbers of this run.

        Args:
            name: of a float that is computed already. In a loop it is that of this iteration.
            of: a scalar of the outermost graph; None: its first output that is one.

        Raises:
            BifrontError: there are no such values, or no derivative.
        """
        frame, value = find(self.state, name)
        return gradient(self.state, frame, value, scalar_result(self.state, of))

    def set(self, name: str, value: object) -> None:
        """Change a value that is computed already; what was computed from it, and what comes, follows.

        Args:
            value: an array or number, or an expression as text: ``"%3 * 0.5"``.

        Raises:
            BifrontError: the value is not one of the innermost graph, or the new one has another shape or type.
        """
        new = self.evaluate(value) if isinstance(value, str) else value
        frame, found = find(self.state, name)
        if frame is not self.state.inner:
            raise BifrontError(
                f"{name} belongs to the graph around this {self.state.inner.program.graph.name}",
                hint="step out of it to change it, or change what this region has of it",
            )
        self.walk.set(found, np.asarray(new))

    def chain(self, name: str, depth: int = 3) -> str:
        """What a value was computed from, to a depth, a line for each value.

        Raises:
            BifrontError: there is none of that name, or it is not computed yet.
        """
        frame, value = find(self.state, name)
        return "\n".join(showing.chain(frame, value, depth))

    # Ending.

    def finish(self) -> tuple[np.ndarray, ...]:
        """Go on to the end: outputs, then new states.

        Raises:
            BifrontError: an operation fails.
        """
        if not self.state.changed:
            return self._plain(*self._arrays)
        self.walk.run()
        return machine.results(self.state)

    @property
    def position(self) -> int:
        """How many nodes of the innermost graph have run."""
        return self.state.inner.at


def is_name(text: str) -> bool:
    """Whether a text is the name of a value, and no larger expression."""
    return re.fullmatch(r"%[\w./]+|[A-Za-z_]\w*", text.strip()) is not None
