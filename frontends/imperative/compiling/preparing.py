"""From the path of a run to one that is worth keeping: its loops found again, its gradients written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ....compiler.ir import Graph, close
from ....compiler.passes import finish
from ....compiler.rerolling import reroll, unroll
from ....compiler.tracing import PULLBACK, Path, expand_pullbacks

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
    proof: Callable[[], bool] | None
    """Whether the path does what the run did to the last bit: with its loops written out it is the same operations.
    None where there is nothing to prove."""


def prepare(path: Path) -> Prepared:
    """Find the loops of a path again, and write out its gradients."""
    told: list[str] = []
    loops = False
    run = path
    trips: list[int] = []
    try:
        rerolled = reroll(path)
    except Exception as error:
        # What is not understood stays unrolled, which is right, only longer.
        told.append(f"loops were not looked for: {type(error).__name__}: {error}")
    else:
        loops = bool(rerolled.loops)
        path = rerolled.path
        trips = [loop.trips for loop in rerolled.loops if loop.kind == "while"]
        for loop in rerolled.loops:
            told.append(f"{loop.location}: a loop of {loop.trips} iterations became a {loop.kind}")
        told += [str(refusal) for refusal in rerolled.refusals]
    expanded = expand_pullbacks(path)
    proof = None
    if loops and any(node.op is PULLBACK for node in run.nodes):
        proof = partial(_same_operations, run, expanded, trips)
    return Prepared(expanded, path, loops, told, proof)


def _same_operations(run: Path, rolled: Path, trips: Sequence[int]) -> bool:
    """Whether a path with loops, written out, is the run that it was made from.

    The forward part always is. A gradient may not be: where a value has several parts of a gradient, a loop can only
    add them up one iteration after the other, and backward through the run may have come to them in another order.
    """
    try:
        plain = unroll(finish(_graph(expand_pullbacks(run))))
        written_out = unroll(finish(_graph(rolled)), trips=trips)
    except Exception:
        # What cannot be compared is not proven.
        return False
    return plain.fingerprint() == written_out.fingerprint()


def _graph(path: Path) -> Graph:
    return close(
        path.name, path.inputs, (*path.outputs, *(c.value for c in path.checks)), path.states
    )
