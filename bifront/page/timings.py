"""Where the time of both programs went: lines, their operations, and the kernels that computed these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..comparison.detail import Timings
from ..comparison.source import Source
from ..runtime.profiling.analysis import LineRow, lines, where
from ..runtime.profiling.flame import Box, tree

LEAST = 2e-4
"""Parts of less than this share of the whole are not transported: nobody could see them."""
ROWS = 40
"""Rows of the table at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """One box of the flame picture.

    Attributes:
        name: a line, an operation or a kernel.
        spent: seconds.
        line: of the program's own source, else None.
        parts: what it consists of, the costliest first.
    """

    name: str
    spent: float
    line: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in seconds.

    Attributes:
        place: file and line.
        line: of the program's own source, else None.
        split: whether a part of it is an estimate.
        ops: what was computed for it, the costliest first.
    """

    place: str
    line: int | None
    source: str
    spent: float
    split: bool
    ops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flame:
    """The timings of one program, in seconds.

    Attributes:
        key: which side.
        spent: of the whole program.
        flame: all that was timed.
        rows: the lines, the costliest first.
    """

    key: str
    spent: float
    flame: Part
    rows: tuple[Row, ...]


def flame(timings: Timings, source: Source, key: str) -> Flame:
    """The timings of a program as a page shows them."""
    rows = lines(timings.slices)
    own = {f"{where(row)} {row.source}".rstrip(): row.line for row in rows if _is_own(row, source)}
    root = tree(timings.slices)
    return Flame(
        key,
        timings.spent / 1e9,
        _part(root, root.spent, own, None),
        tuple(
            Row(
                where(row),
                row.line if _is_own(row, source) else None,
                row.source,
                row.spent / 1e9,
                row.split,
                row.ops,
            )
            for row in rows[:ROWS]
        ),
    )


def _is_own(row: LineRow, source: Source) -> bool:
    return bool(row.line) and Path(row.file).resolve() == Path(source.file).resolve()


def _part(box: Box, whole: float, own: dict[str, int], line: int | None) -> Part:
    line = own.get(box.name, line)
    inner = sorted(box.inner.values(), key=lambda b: -b.spent)
    parts = [_part(b, whole, own, line) for b in inner if b.spent >= LEAST * whole]
    return Part(box.name, box.spent / 1e9, line, tuple(parts))
