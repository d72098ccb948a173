"""Why two runs of a program have no one graph for both."""

from __future__ import annotations

from dataclasses import dataclass

from ..location import Location

__all__ = ["Refusal"]


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """The reason, and the user's line that it is about."""

    reason: str
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.location})" if self.location is not None else self.reason
