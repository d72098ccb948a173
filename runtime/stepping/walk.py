"""A run that is walked through: its moment now, those before it, and what it stops at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compiler.ir import Graph, Value
from . import machine
from .state import State
from .stops import Stop, first_hit, reaches_into

__all__ = ["Walk"]

KEPT = 100_000
"""How many moments can be gone back to; with more, the older half is let go of, all but the very first."""


class Walk:
    """Moves through one run of a graph, in both directions.

    Each move gives the breakpoint that ended it, or None. Going back computes nothing: it takes up an earlier moment as
    it was, so that what was changed after it is undone.

    Args:
        graph: what runs.
        arrays: one for each of ``graph.parameters``.

    Attributes:
        state: the moment now.

    Raises:
        FeedError, ShapeError: the arrays are not what the graph takes.
    """

    def __init__(self, graph: Graph, arrays: Sequence[np.ndarray]) -> None:
        self.state = machine.start(graph, arrays)
        self._past: list[State] = []

    # Forwards. Where a node's operation fails, the error is raised, and the moment stays that before it.

    def step(self) -> None:
        """One node; into branches and loops."""
        if not self.state.finished:
            self._go(machine.into(self.state))

    def next(self, stops: Sequence[Stop] = ()) -> Stop | None:
        """To the next of the user's lines; through branches and loops, unless a breakpoint in one is hit."""
        begin = self.state
        while not self.state.finished:
            found = self._over(stops, begin.depth)
            if found is not None:
                return found
            if self.state.depth < begin.depth or self.state.line != begin.line:
                return None
            if self.state.depth > 1 and self.state.inner.entry is not begin.inner.entry:
                return None
        return None

    def out(self, stops: Sequence[Stop] = ()) -> Stop | None:
        """Behind the branch or loop whose region is being run; to the end of the run where there is none."""
        begin = self.state
        if begin.depth == 1:
            return self.run(stops)
        while self.state.depth >= begin.depth:
            found = self._advance(stops)
            if found is not None:
                return found
        return None

    def run(self, stops: Sequence[Stop] = ()) -> Stop | None:
        """To the next breakpoint; to the end of the run where none is hit."""
        while not self.state.finished:
            found = self._advance(stops)
            if found is not None:
                return found
        return None

    # Backwards.

    def back(self) -> bool:
        """To the moment before; False at the beginning."""
        if not self._past:
            return False
        self.state = self._past.pop()
        return True

    def previous(self) -> bool:
        """To the beginning of the user's line before this one; False at the beginning."""
        begin, depth = self.state, self.state.depth
        if not self.back():
            return False
        while self._past and (
            self.state.depth > depth or (self.state.line == begin.line and begin.line is not None)
        ):
            self.back()
        line, entry = self.state.line, self.state.inner.entry
        while self._past and line is not None:
            before = self._past[-1]
            deeper = before.depth > self.state.depth
            if not deeper and (before.line != line or before.inner.entry is not entry):
                break
            self.back()
        return True

    def run_back(self, stops: Sequence[Stop] = ()) -> Stop | None:
        """To the breakpoint that was passed last; to the beginning where there is none."""
        while self.back():
            before = self._past[-1] if self._past else None
            found = first_hit(stops, before, self.state)
            if found is not None:
                return found
        return None

    # Changes.

    def set(self, value: Value, array: np.ndarray) -> None:
        """Have a value of the innermost frame be another; what was computed from it is computed anew.

        Raises:
            BifrontError: it is not known there, or the array does not fit.
        """
        self._go(machine.with_value(self.state, value, array))

    def _advance(self, stops: Sequence[Stop]) -> Stop | None:
        """One step, as large as it may be without passing a breakpoint."""
        node = self.state.inner.node
        whole = node is not None and bool(node.regions) and not reaches_into(stops, node)
        before = self.state
        self._go(machine.over(before) if whole else machine.into(before))
        return first_hit(stops, before, self.state)

    def _over(self, stops: Sequence[Stop], depth: int) -> Stop | None:
        """One node of a frame with all that its regions do."""
        found = self._advance(stops)
        while found is None and self.state.depth > depth:
            found = self._advance(stops)
        return found

    def _go(self, state: State) -> None:
        self._past.append(self.state)
        self.state = state
        if len(self._past) > KEPT:
            del self._past[1 : KEPT // 2]
