"""Turn what a loop in the program left behind, one iteration after the other, back into a loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..location import Location
from ..tracing.path import Path
from .finding import find
from .fusing import fuse
from .plans import Plan
from .rebuild import rebuild
from .refusal import Refusal
from .settled import without_settled
from .stream import Stream
from .writes import collect_writes

__all__ = ["Loop", "Rerolled", "reroll"]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that was found.

    Attributes:
        location: the line of its first operation.
        kind: ``scan`` or ``while``.
        trips: how many iterations were recorded.
    """

    location: Location | None
    kind: str
    trips: int


@dataclass(frozen=True, slots=True)
class Rerolled:
    """A path with its loops.

    Attributes:
        loops: those that were found, outer ones before inner ones.
        refusals: repetitions that are no loops, and why.
    """

    path: Path
    loops: tuple[Loop, ...]
    refusals: tuple[Refusal, ...]


def reroll(path: Path) -> Rerolled:
    """Find loops in a path, loops within loops included, and write each as one node.

    A `Path` is one run of a program, in which a loop is as many copies of its body as it made iterations. Where these
    hang together as the iterations of a loop do, they become a `SCAN`; where a look at a value decided about each of
    them, and nothing else of the program's state did, a `WHILE`. Values that were collected in a list become stacks.
    What does not fit stays as it was. The path itself is returned where there is no loop.

    Looks at values that were settled from the start count for what they are: they may be those of a loop's first
    iteration. The path that is returned has none.
    """
    plain = without_settled(path)
    rerolled = _reroll(plain)
    if plain is path:
        return rerolled
    with_looks = _reroll(path)
    if len(with_looks.path.nodes) >= len(rerolled.path.nodes):
        return rerolled
    return replace(with_looks, path=without_settled(with_looks.path))


def _reroll(path: Path) -> Rerolled:
    loops: list[Loop] = []
    original, path = path, collect_writes(path)
    while True:
        stream = Stream(path)
        found = find(stream)
        if not found.plans:
            refusals = dict.fromkeys(found.refusals)
            path = fuse(path) if loops else original
            return Rerolled(path, tuple(loops), tuple(refusals))
        inside: list[Loop] = []

        def inner(body: Path, inside: list[Loop] = inside) -> Path:
            again = reroll(body)
            inside += again.loops
            return again.path

        loops += [_account(plan) for plan in found.plans]
        path = rebuild(stream, found.plans, inner)
        loops += inside


def _account(plan: Plan) -> Loop:
    return Loop(plan.location, "scan" if plan.condition is None else "while", plan.times)
