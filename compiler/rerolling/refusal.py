"""Why a repetition is no loop, in the user's words."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Value
from ..location import Location
from .relations import Blame
from .search import Run
from .stream import Stream

__all__ = ["Refusal", "explain"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A repetition that stays unrolled.

    Attributes:
        location: the first operation of it.
        reason: why it is no loop.
    """

    location: Location | None
    reason: str

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location is not None else ""
        return f"{where}{self.reason}"


def explain(stream: Stream, run: Run, blame: Blame | None) -> Refusal:
    """What keeps the iterations of a run from being those of a loop."""
    location = stream.items[run.start].location
    times = run.times
    if blame is None:
        return Refusal(location, f"{times} equal steps are too few or too short to be a loop")
    node, operand, values, good = blame
    later = values[min(good, len(values) - 1)]
    before, after = _name(stream, values[max(good - 1, 0)]), _name(stream, later)
    return Refusal(
        node.location,
        f"{times} equal steps are no loop: operand {operand + 1} of {node.op.name} is {before} in step "
        f"{good} and {after} in step {good + 1}",
    )


def _name(stream: Stream, value: Value) -> str:
    """A value as people know it."""
    base = stream.base(value)
    view = "a part of " if base is not value else ""
    if base.hint:
        return f"{view}%{base.hint}"
    node = base.producer
    if node is None:
        return f"{view}an input {base.type}"
    if stream.constant(base) is not None:
        return f"{view}a constant {base.type}"
    return f"{view}the result of {node.op.name} at {base.location}"
