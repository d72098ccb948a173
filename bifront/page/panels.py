"""What a page shows below the sources: passes, values, timings, memory, figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..comparison.detail import Detail
from ..comparison.source import Source
from ..compiler.ir import Graph
from .graphs import Picture
from .identity import Identity, identify
from .memory import Memory, memory, sizes_of
from .passes import Passes, passes
from .timings import Flame, flame
from .values import Values, values


@dataclass(frozen=True, slots=True)
class Panels:
    """The further parts of a page's content; one entry for each picture, or for each program."""

    passes: tuple[Passes, ...]
    values: tuple[Values, ...] | None
    memory: tuple[Memory, ...] | None
    timings: tuple[Flame, ...] | None


def panels(
    graphs: tuple[Graph, Graph],
    drawn: Sequence[Picture],
    keys: tuple[str, str],
    sources: tuple[Source, Source],
    details: tuple[Detail, Detail] | None,
) -> Panels:
    """Everything about the graphs that are drawn.

    Args:
        graphs: of both programs.
        drawn: one picture where they are the same, else two.
        keys: how the two sides are called.
        sources: what the authors wrote.
        details: what is known of the programs' runs; without it there are no values and no timings.
    """
    known = details or (Detail(), Detail())
    ids = identities(graphs) if len(drawn) == 2 else (identify(graphs[0]), identify(graphs[1]))
    given = [detail.arguments for detail in known]
    sizes = [sizes_of(graph, one) for graph, one in zip(graphs, given, strict=True)]
    if len(drawn) == 1 and not sizes[0]:
        # The same graph has the same symbols, under names of its own.
        sizes[0] = _translated(graphs, ids, given[1])
    looked: list[Values] = []
    stages: list[Passes] = []
    plans: list[Memory] = []
    for i, shown in enumerate(drawn):
        stages.append(passes(graphs[i], shown, Path(sources[i].file), ids[i], sizes[i]))
        plans += memory(graphs[i], sizes[i], sources[i], keys[i])
        # Of one graph one run is enough, whichever program's arguments are known.
        for j in range(i, 2 if len(drawn) == 1 else i + 1):
            arguments = given[j]
            made = arguments and values(graphs[j], arguments, ids[j], keys[j], shown.nodes)
            if made:
                looked.append(made)
                break
    flames = [
        flame(detail.timings, source, key)
        for detail, source, key in zip(known, sources, keys, strict=True)
        if detail.timings is not None and detail.timings.slices
    ]
    return Panels(
        tuple(stages),
        tuple(looked) or None,
        tuple(plan for plan in plans if plan.steps) or None,
        tuple(flames) or None,
    )


def identities(graphs: tuple[Graph, Graph]) -> tuple[Identity, Identity]:
    """The ids of two graphs that differ; what corresponds has one id."""
    first = identify(graphs[0])
    return first, identify(graphs[1], (graphs[0], first))


def _translated(
    graphs: tuple[Graph, Graph],
    ids: tuple[Identity, Identity],
    arguments: tuple[np.ndarray, ...] | None,
) -> dict[str, int]:
    if arguments is None:
        return {}
    at = {ids[1].values.get(v): a for v, a in zip(graphs[1].parameters, arguments, strict=False)}
    mine = [at.get(ids[0].values.get(v)) for v in graphs[0].parameters]
    known = [a for a in mine if a is not None]
    return dict(sizes_of(graphs[0], known)) if len(known) == len(mine) else {}
