"""Who is compared with whom: bifront's best, the best peer, and whether a goal is reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .plan import FLOOR, OWN

Records = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Best:
    """The contender with the least figure of some."""

    name: str
    figure: float


def framework(contender: str) -> str:
    return contender.partition(":")[0]


def is_own(contender: str) -> bool:
    return framework(contender) == OWN


def is_peer(contender: str) -> bool:
    return framework(contender) not in (OWN, FLOOR)


def measured(records: Records, figure: str) -> dict[str, float]:
    """The figures that there are, the least first."""
    found = {name: record[figure] for name, record in records.items() if figure in record}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def best_own(figures: Mapping[str, float], names: Collection[str] = ()) -> Best | None:
    """bifront's best; of the named contenders, whatever their backend, if names are given."""
    for name, figure in figures.items():
        if is_own(name) and (not names or name.partition("@")[0] in names):
            return Best(name, figure)
    return None


def best_peer(figures: Mapping[str, float], names: Collection[str] = ()) -> Best | None:
    """The best framework besides bifront; of the named contenders if names are given."""
    for name, figure in figures.items():
        if is_peer(name) and (not names or name in names):
            return Best(name, figure)
    return None


def best_of_each(figures: Mapping[str, float]) -> dict[str, Best]:
    """The best mode of each framework."""
    found: dict[str, Best] = {}
    for name, figure in figures.items():
        found.setdefault(framework(name), Best(name, figure))
    return found
