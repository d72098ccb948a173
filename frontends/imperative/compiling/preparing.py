"""From the path of a run to one that is worth keeping: its loops found again, its gradients written out."""

from __future__ import annotations

from dataclasses import dataclass

from ....compiler.rerolling import reroll
from ....compiler.tracing import Path, expand_pullbacks

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A path with its loops.

    Attributes:
        rolled: the path with gradients still as markers.
        loops: whether it has any.
        told: the loops that were found, and repetitions that are none, in words.
    """

    path: Path
    rolled: Path
    loops: bool
    told: list[str]


def prepare(path: Path) -> Prepared:
    """Find the loops of a path again, and write out its gradients."""
    told: list[str] = []
    loops = False
    try:
        rerolled = reroll(path)
    except Exception as error:
        # What is not understood stays unrolled, which is right, only longer.
        told.append(f"loops were not looked for: {type(error).__name__}: {error}")
    else:
        loops = bool(rerolled.loops)
        path = rerolled.path
        for loop in rerolled.loops:
            told.append(f"{loop.location}: a loop of {loop.trips} iterations became a {loop.kind}")
        told += [str(refusal) for refusal in rerolled.refusals]
    return Prepared(expand_pullbacks(path), path, loops, told)
