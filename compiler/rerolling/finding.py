"""Choose the repetitions that become loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..ir import Node
from ..tracing.path import Check
from .conditions import find_while
from .plans import Plan
from .refusal import Refusal, explain
from .relations import Blame, Relation, relate, worth_it
from .search import Run, find_runs
from .stream import Stream

__all__ = ["find"]

_PROBE = 8
"""How many iterations are looked at first, where those from an earlier one on were no loop."""
_MULTIPLES = 3
"""How many multiples of a period are tried at once,"""
_DEPTH = 4
"""and how often: loops within loops that do nothing else have the period of the innermost."""


@dataclass(slots=True)
class Found:
    """The loops of a path, which do not overlap, and repetitions that are none."""

    plans: list[Plan]
    refusals: list[Refusal]


def find(stream: Stream) -> Found:
    """Look through the repetitions, those that cover most first."""
    found = Found([], [])
    taken = bytearray(len(stream.items))
    for run in find_runs(stream.tokens):
        if any(taken[run.start : run.end]):
            continue
        plans, refusal = _plans(stream, run)
        for plan in plans:
            first = plan.relation.start
            taken[first : plan.relation.end] = b"\1" * len(plan.items)
        found.plans += plans
        if refusal is not None and not plans and run.times > 2:
            found.refusals.append(refusal)
    found.plans.sort(key=lambda plan: plan.relation.start)
    return found


def _plans(stream: Stream, run: Run) -> tuple[list[Plan], Refusal | None]:
    """The loops in one run, and why there is none."""
    checks = [i for i in stream.items[run.start : run.start + run.period] if isinstance(i, Check)]
    if checks:
        found = find_while(stream, run)
        return ([], found) if isinstance(found, Refusal) else ([found], None)
    plans: list[Plan] = []
    refusal: Refusal | None = None
    start = run.start
    while run.end - start >= 2 * run.period:
        relation, blame = _best(stream, start, run)
        if relation is None:
            refusal = refusal or explain(stream, run, blame)
            start += run.period
        else:
            plans.append(Plan(stream, relation))
            start = relation.end
    return plans, refusal


def _best(stream: Stream, start: int, run: Run) -> tuple[Relation | None, Blame | None]:
    """The loop that begins at an item: of iterations as short as can be, or of several of them at once."""
    times = (run.end - start) // run.period
    best = relate(stream, start, run.period, min(times, _PROBE) if start > run.start else times)
    if best.times == _PROBE < times:
        best = relate(stream, start, run.period, times)
    blame = best.blames[0] if best.blames else None
    found = [best]
    for _ in range(_DEPTH):
        last = found[-1]
        times = (run.end - start) // last.period
        if last.times >= times:
            break
        longer = [
            relate(stream, start, last.period * several, times // several)
            for several in _multiples(stream, last, times)
        ]
        if not longer:
            break
        found.append(max(longer, key=lambda r: r.end))
    best = max(found, key=lambda r: (r.end, -r.period) if _is_free(stream, r) else (0, 0))
    return (best if _is_free(stream, best) else None), blame


def _is_free(stream: Stream, relation: Relation) -> bool:
    """Whether a loop is worth it, and no gradient is taken with respect to what it makes or copies."""
    if not worth_it(relation):
        return False
    place = stream.place
    if any(relation.start <= place.get(v, -1) < relation.end for v in stream.pinned):
        return False
    pinned = {v for v in stream.pinned if v.producer is not None and not v.producer.inputs}
    if not pinned:
        return True
    items = stream.items[relation.start : relation.end]
    return all(pinned.isdisjoint(i.inputs) for i in items if isinstance(i, Node))


def _multiples(stream: Stream, relation: Relation, times: int) -> Iterator[int]:
    """How many iterations may make up one: until an operand from outside comes again."""
    candidates: set[int] = set()
    for blame in relation.blames:
        numbers = [stream.number(v) for v in blame.values]
        candidates.add(blame.good)
        if numbers[0] in numbers[1:]:
            candidates.add(numbers.index(numbers[0], 1))
    yield from sorted(c for c in candidates if 2 <= c <= times // 2)[:_MULTIPLES]
