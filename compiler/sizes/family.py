"""The runs of one program at many sizes: which of them are one graph, and which graph holds for the next sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..ir import Shape
from ..tracing.path import Path
from .covering import extend
from .general import General
from .generalize import Ask, generalize
from .observed import Observed
from .refusal import Refusal

__all__ = ["Family", "Member", "Run"]

KEPT = 8
"""How many runs that are nobody's instance are remembered."""
EVIDENCE = 4
"""From how many runs a path is made at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run of the program, loops rolled up, pullbacks as markers.

    Attributes:
        observed: what it asked about sizes; None where nobody watched.
    """

    path: Path
    observed: Observed | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of its inputs and states."""
        states = [s.input for s in self.path.states]
        return tuple([v.shape for v in (*self.path.inputs, *states)])


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A path for many sizes, and the runs that it was made from."""

    general: General
    runs: tuple[Run, ...]


class Family:
    """What is known of a program at all sizes.

    Attributes:
        members: the paths for many sizes, the latest first.
        refusals: why runs have no one graph, the latest last.
    """

    def __init__(self, licence: Ask = lambda _: None) -> None:
        self.members: list[Member] = []
        self.refusals: list[Refusal] = []
        self._licence = licence
        self._alone: list[Run] = []

    def find(self, shapes: Sequence[Shape]) -> tuple[Member, dict[str, int]] | None:
        """A path that is known to hold for inputs and states of these shapes, and the sizes of its symbols."""
        for member in self.members:
            sizes = member.general.sizes(shapes)
            if sizes is not None and member.general.holds(sizes):
                return member, sizes
        return None

    def add(self, run: Run) -> Member | None:
        """Learn from one more run: a path that covers it now, or None while it stands alone."""
        for i, member in enumerate(self.members):
            wider = extend(member.general, run.path)
            if wider is not None:
                self.members[i] = Member(wider, member.runs)
                return self.members[i]
        for i, member in enumerate(self.members):
            made = self._together((*member.runs[-EVIDENCE + 1 :], run))
            if made is not None:
                self.members[i] = self._gathered(made)
                return self.members[i]
        for other in self._alone:
            made = self._together((other, run))
            if made is not None:
                self._alone.remove(other)
                self.members.insert(0, self._gathered(made))
                return self.members[0]
        self._alone.insert(0, run)
        del self._alone[KEPT:]
        return None

    def _gathered(self, member: Member) -> Member:
        """A new member with what is known of runs that stood alone so far."""
        for run in list(self._alone):
            wider = extend(member.general, run.path)
            if wider is not None:
                self._alone.remove(run)
                member = Member(wider, member.runs)
        return member

    def _together(self, runs: tuple[Run, ...]) -> Member | None:
        shapes = {run.shapes for run in runs}
        if len(shapes) < 2:
            return None
        observed = [run.observed for run in runs if run.observed is not None]
        watched = observed if len(observed) == len(runs) else []
        found = generalize([run.path for run in runs], watched, self._licence)
        if isinstance(found, Refusal):
            self.refusals.append(found)
            return None
        return Member(found, runs)
