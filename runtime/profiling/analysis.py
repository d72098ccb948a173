"""From what was collected to tables: time by kernel, by user line and by operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...compiler.ir import Node
from ...compiler.location import Location, in_house
from ...compiler.ops import MATMUL
from ...compiler.pipeline.cost import node_cost
from ..timing import Part
from .collecting import Collector, Sum

BETWEEN = "between kernels"
"""What a run takes besides its kernels: arguments checked, results made, loops and branches."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Time that one line of the user's spent on one operation of one kernel.

    Attributes:
        file, line, source: the line; 0 where nobody knows it.
        op: the operation; `BETWEEN` of what is no kernel's.
        kernel: the kernel's name, or the operation's again where it was evaluated at once.
        spent: nanoseconds.
        split: whether it is a part, by estimated cost, of what a kernel took.
    """

    file: str
    line: int
    source: str
    op: str
    kernel: str
    spent: float
    split: bool


@dataclass(slots=True)
class KernelRow:
    """A kernel in all its runs.

    Attributes:
        name: what it computes, behind its number in the graph.
        graph, backend: of which program.
        calls: how often it ran.
        spent: nanoseconds of the calling thread.
        typical: what all calls would have taken if each were like the median of its sizes; rates are of this, as the
            machine does other things too.
        flops, moved: arithmetic and bytes of all calls, estimated from the sizes.
        wide: whether it computes in 64 bits.
        reference: whether it is left to the reference.
        lines: the user's lines that it covers, the costliest first.
    """

    name: str
    graph: str
    backend: str
    wide: bool
    reference: bool
    calls: int = 0
    spent: int = 0
    typical: float = 0.0
    flops: int = 0
    moved: int = 0
    lines: tuple[str, ...] = ()


@dataclass(slots=True)
class LineRow:
    """A user's line in all runs.

    Attributes:
        spent: nanoseconds; of kernels that cover several lines, a part by estimated cost.
        ops: what was computed for it, the costliest first.
        split: whether a part of it is an estimate.
    """

    file: str
    line: int
    source: str
    spent: float = 0.0
    ops: tuple[str, ...] = ()
    split: bool = False


def kernels(collector: Collector) -> list[KernelRow]:
    """The kernels, the costliest first."""
    # What replaces states and what does not have most kernels in common, under other numbers: those of what ran most.
    rows: dict[tuple[object, ...], KernelRow] = {}
    medians = _medians(collector)
    for entry in sorted(collector.sums.values(), key=lambda s: -s.runs):
        parts = entry.program.timed.parts
        for i, part in enumerate(parts):
            calls = int(entry.calls[i])
            if not calls:
                continue
            # Of the copies for one node each is itself.
            key: tuple[object, ...] = (entry.program.executable, part.name, *part.nodes)
            if part.copies or not part.nodes:
                key = (entry.program, i)
            row = rows.get(key)
            if row is None:
                row = rows[key] = KernelRow(
                    f"{i}: {part.name}",
                    entry.program.name,
                    entry.program.backend,
                    any(v.dtype.itemsize == 8 for n in part.nodes for v in n.outputs),
                    part.reference,
                )
                row.lines = tuple(dict.fromkeys(where(p) for p, _, _ in _shares(part, entry)))
            cost = part.cost(entry.sizes)
            row.calls += calls
            row.spent += int(entry.parts[i])
            # Where nothing was logged, the mean must do.
            row.typical += calls * medians.get((id(entry), i), int(entry.parts[i]) / calls)
            row.flops += calls * cost.flops
            row.moved += calls * cost.moved
    return sorted(rows.values(), key=lambda r: -r.spent)


def _medians(collector: Collector) -> dict[tuple[int, int], float]:
    """The median time of each part for each set of sizes, of what was logged."""
    logs: dict[int, list[np.ndarray]] = {}
    for ran in collector.ran:
        logs.setdefault(id(ran.sum), []).append(ran.log)
    found: dict[tuple[int, int], float] = {}
    for entry, parts in logs.items():
        log = np.concatenate(parts)
        times = log[:, 2] - log[:, 1]
        for number in np.unique(log[:, 0]).tolist():
            found[entry, number] = float(np.median(times[log[:, 0] == number]))
    return found


def lines(slices: Iterable[Slice]) -> list[LineRow]:
    """The user's lines, the costliest first."""
    rows: dict[tuple[str, int], LineRow] = {}
    ops: dict[tuple[str, int], dict[str, float]] = {}
    for s in slices:
        key = (s.file, s.line)
        row = rows.setdefault(key, LineRow(s.file, s.line, s.source))
        row.spent += s.spent
        row.split |= s.split
        found = ops.setdefault(key, {})
        found[s.op] = found.get(s.op, 0.0) + s.spent
    for key, row in rows.items():
        row.ops = tuple(sorted(ops[key], key=lambda op: -ops[key][op]))
    return sorted(rows.values(), key=lambda r: -r.spent)


def slices(collector: Collector) -> list[Slice]:
    """All time that was measured, by line, operation and kernel."""
    found: list[Slice] = []
    for entry in collector.sums.values():
        program = entry.program
        for i, part in enumerate(program.timed.parts):
            spent = int(entry.parts[i])
            if not entry.calls[i]:
                continue
            shares = _shares(part, entry)
            split = len({where(p) for p, _, _ in shares}) > 1
            kernel = f"{program.name} {i}: {part.name}"
            found += [
                _slice(place, op, kernel, spent * share, split) for place, op, share in shares
            ]
        rest = entry.spent - int(entry.parts.sum())
        found.append(_slice(entry.place, BETWEEN, f"{program.name}: {BETWEEN}", rest, False))
    for one in collector.eager.values():
        found.append(_slice(one.place, one.op, f"{one.op}, at once", one.spent, False))
    return found


def where(place: Location | LineRow | Slice) -> str:
    """``file.py:3``, without folders."""
    name = place.file.replace("\\", "/").rpartition("/")[2]
    return f"{name}:{place.line}"


def _slice(place: Location, op: str, kernel: str, spent: float, split: bool) -> Slice:
    return Slice(place.file, place.line, place.source.strip(), op, kernel, spent, split)


def _shares(part: Part, entry: Sum) -> list[tuple[Location, str, float]]:
    """The lines and operations of a part and what of its time is each one's, the most first: they add up to 1."""
    if not part.nodes:
        return [(entry.place, part.name, 1.0)]
    weights: dict[tuple[str, int, str], tuple[Location, str, float]] = {}
    for node in part.nodes:
        place = node.location
        if place is None or in_house[place.file]:
            # The graph was made by a rule of the compiler's: what counts is who asked for the run.
            place = entry.place
        key = (place.file, place.line, node.op.name)
        before = weights[key][2] if key in weights else 0.0
        weights[key] = (place, node.op.name, before + _weight(node, entry.sizes))
    total = sum(w for _, _, w in weights.values())
    shares = [(p, op, w / total) for p, op, w in weights.values()]
    return sorted(shares, key=lambda s: -s[2])


def _weight(node: Node, sizes: Mapping[str, int]) -> float:
    """What an operation is estimated to cost beside others of its kernel."""
    from ..native.elements import COSTLY

    if node.regions:
        return 1.0
    cost = node_cost(node, sizes)
    if node.op is MATMUL:
        # A product does many operations an instruction, and waits for nobody.
        return cost.flops / 4 or 1.0
    return float(cost.flops * (8 if node.op in COSTLY else 1)) or 1.0
