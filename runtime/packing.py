"""The arena: one block of memory in which pieces with disjoint lifetimes share addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

ALIGNMENT = 64


class Lifetime(Protocol):
    """What is needed from one step to another, both included."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each piece begins, in bytes, and how large the arena is."""

    offsets: tuple[int, ...]
    size: int


def lay_out(pieces: Sequence[Lifetime], bytes_of: Sequence[int], reserved: int = 0) -> Layout:
    """Give pieces addresses: the largest first, each at the lowest address where no living piece is in the way.

    Args:
        bytes_of: the size of each piece.
        reserved: bytes at the beginning that no piece takes.
    """
    start = _aligned(reserved)
    offsets = [start] * len(pieces)
    placed: list[tuple[int, int, int, int]] = []
    size = start
    for i in sorted(range(len(pieces)), key=lambda i: -bytes_of[i]):
        piece, needed = pieces[i], _aligned(bytes_of[i])
        at = start
        for begin, end, first, last in placed:
            if first <= piece.last and piece.first <= last and begin < at + needed and at < end:
                at = end
        offsets[i] = at
        placed.append((at, at + needed, piece.first, piece.last))
        placed.sort()
        size = max(size, at + needed)
    return Layout(tuple(offsets), size)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
