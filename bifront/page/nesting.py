"""Boxes in boxes: what of a graph folds away together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be placed, in program order: its id, what it is, the region it stands in, and what groups it."""

    id: str
    label: str
    owner: str
    phase: str
    scope: tuple[str, ...]
    place: tuple[str, int]
    holds: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A container: its rows, from top to bottom, hold ids of nodes and boxes."""

    id: str
    label: str
    kind: str
    count: int
    open: bool
    rows: tuple[tuple[str, ...], ...]


def nest(items: Sequence[Item], edges: Sequence[tuple[str, str, str]]) -> Mapping[str, Box]:
    return {
        "root": Box("root", "", "root", len(items), True, tuple((item.id,) for item in items))
    }
