"""What a program asked about sizes while it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType

from ..ir import Dim, substitute, symbol, symbols_of
from ..location import Location
from ..source import place_at

__all__ = ["Compared", "Hint", "Observed", "Pinned", "Site", "aligned"]

Site = tuple[CodeType, int]
"""A user's instruction: code object and offset."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The program compared two sizes, and went on by the outcome."""

    site: Site
    left: Dim
    relation: str
    right: Dim
    outcome: bool

    @property
    def dims(self) -> tuple[Dim, ...]:
        return (self.left, self.right)

    @property
    def key(self) -> tuple[object, ...]:
        return (place_at(*self.site), self.relation, *shape_of(self.dims))


@dataclass(frozen=True, slots=True)
class Pinned:
    """The program turned a size into a plain number: nobody knows what became of it.

    Attributes:
        loop: the number only says how often a ``for`` loop runs.
        callers: the code from which the loop's function was called.
        scope: the globals of the loop's function.
    """

    site: Site
    dim: Dim
    how: str
    loop: bool = False
    callers: frozenset[CodeType] = field(default=frozenset(), compare=False)
    scope: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def dims(self) -> tuple[Dim, ...]:
        return (self.dim,)

    @property
    def key(self) -> tuple[object, ...]:
        return (place_at(*self.site), self.how, self.loop, *shape_of(self.dims))


@dataclass(frozen=True, slots=True)
class Hint:
    """The program computed this size and gave it to an operation."""

    site: Site
    dim: Dim

    @property
    def dims(self) -> tuple[Dim, ...]:
        return (self.dim,)

    @property
    def key(self) -> tuple[object, ...]:
        return (place_at(*self.site), *shape_of(self.dims))


@dataclass(slots=True)
class Observed:
    """All that one run asked about sizes.

    Attributes:
        sizes: what each symbol was: one symbol for each axis of each array that was looked at.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    compared: list[Compared] = field(default_factory=list)
    pinned: list[Pinned] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)


def shape_of(dims: Sequence[Dim]) -> tuple[str, ...]:
    """Dimensions with their symbols renamed by first occurrence: how they are built, not of what."""
    names = {name: symbol(f"s{i}") for i, name in enumerate(symbols_of(dims))}
    return tuple([str(substitute(d, names)) for d in dims])


def location(site: Site) -> Location:
    return Location.of_code(*site)


Entry = Compared | Pinned | Hint


def aligned(
    runs: Sequence[Sequence[Entry]], sizes: Sequence[Mapping[str, int]]
) -> tuple[list[tuple[Entry, ...]], list[Entry]]:
    """The same questions in each of the runs side by side, and those that not every run asked as often.

    Loops ask the same question many times; what was asked twice of the same sizes counts once.
    """
    groups: list[dict[tuple[object, ...], dict[tuple[object, ...], Entry]]] = []
    for entries, known in zip(runs, sizes, strict=True):
        found: dict[tuple[object, ...], dict[tuple[object, ...], Entry]] = {}
        for entry in entries:
            asked = (
                *(known[name] for name in symbols_of(entry.dims)),
                getattr(entry, "outcome", None),
            )
            found.setdefault(entry.key, {}).setdefault(asked, entry)
        groups.append(found)
    together: list[tuple[Entry, ...]] = []
    alone: list[Entry] = []
    for key in dict.fromkeys(k for group in groups for k in group):
        lists = [list(group.get(key, {}).values()) for group in groups]
        if len({len(entries) for entries in lists}) == 1:
            together += zip(*lists, strict=True)
        else:
            alone.append(next(entries[0] for entries in lists if entries))
    return together, alone
