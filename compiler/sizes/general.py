"""A path for many sizes, and for which sizes it is known to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..ir import Dim, Shape, Value, substitute, symbols_of
from ..location import Location
from ..tracing.path import Path
from .conditions import Condition

__all__ = ["Doubt", "General"]

SPECIAL = (0, 1)
"""Sizes at which axes broadcast, are squeezed away or loops do not run: seen to be covered or not believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """A number that became a dimension, although the sizes seen so far leave it open.

    Attributes:
        rivals: dimensions that would do as well; none where the dimension has numbers in it that were made up.
    """

    dim: Dim
    rivals: tuple[Dim, ...]
    location: Location | None

    def after(self, sizes: Mapping[str, int], seen: Sequence[Mapping[str, int]]) -> Doubt | None:
        """What is left of it when the dimension was right for these sizes as well."""
        value = substitute(self.dim, sizes)
        rivals = tuple([r for r in self.rivals if substitute(r, sizes) == value])
        news = any(sizes[s] not in {k[s] for k in seen} for s in symbols_of((self.dim,)))
        if rivals or not news:
            return Doubt(self.dim, rivals, self.location)
        return None

    def __str__(self) -> str:
        return f"that it is {self.dim} for every size" + (
            f" ({self.location})" if self.location is not None else ""
        )


@dataclass(frozen=True, slots=True, eq=False)
class General:
    """A path with symbols for sizes.

    Attributes:
        path: what all the runs have in common.
        seen: for each run, the sizes of the symbols.
        conditions: what must hold for the sizes: what the program compared, which sizes were always equal, what makes
            divisions exact and slices lie within their axes.
        doubts: what a run at yet another size has to confirm; until then the path holds for the sizes seen only.
        horizon: symbols in the lengths of loops whose source may count its iterations, with the reason why that may
            be: for these the path holds up to the largest size seen.
    """

    path: Path
    seen: tuple[Mapping[str, int], ...]
    conditions: tuple[Condition, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    horizon: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[Value, ...]:
        """The inputs, then the inputs of the states."""
        return (*self.path.inputs, *(s.input for s in self.path.states))

    @property
    def symbols(self) -> list[str]:
        """The sizes that are not fixed."""
        return symbols_of(d for v in self.parameters for d in v.shape)

    def sizes(self, shapes: Sequence[Shape]) -> dict[str, int] | None:
        """The sizes of the symbols, given the shapes of `parameters`; None where these do not fit."""
        found: dict[str, int] = {}
        for value, shape in zip(self.parameters, shapes, strict=True):
            if len(shape) != value.ndim:
                return None
            for dim, size in zip(value.shape, shape, strict=True):
                if isinstance(dim, int):
                    if dim != size:
                        return None
                elif not isinstance(size, int) or found.setdefault(str(dim), size) != size:
                    return None
        return found

    def holds(self, sizes: Mapping[str, int]) -> bool:
        """Whether the path is known to be what the program does for these sizes."""
        return not self.objections(sizes)

    def objections(self, sizes: Mapping[str, int]) -> list[str]:
        """Why the program itself has to run for these sizes; empty where the path holds."""
        found = [
            f"{c} does not hold" + (f" ({c.location})" if c.location is not None else "")
            for c in self.conditions
            if not c.holds(sizes)
        ]
        special = _special(sizes)
        if special and special not in map(_special, self.seen):
            said = " and ".join(f"{name} = {size}" for name, size in sorted(special))
            found.append(f"{said} was not seen yet")
        for name, reason in self.horizon.items():
            longest = max(s[name] for s in self.seen)
            if sizes[name] > longest:
                found.append(
                    f"{name} = {sizes[name]} is beyond {longest}, the longest seen: {reason}"
                )
        if self.doubts and dict(sizes) not in [dict(s) for s in self.seen]:
            found += [f"it is not confirmed yet {doubt}" for doubt in self.doubts]
        return found

    def describe(self) -> list[str]:
        """Lines for people: the symbols, and what must hold."""
        lines = [f"for every {', '.join(self.symbols)}"]
        lines += [f"  where {condition}" for condition in self.conditions]
        lines += [f"  to be confirmed: {doubt}" for doubt in self.doubts]
        for name, reason in self.horizon.items():
            longest = max(s[name] for s in self.seen)
            lines.append(f"  up to {name} = {longest}, the longest seen: {reason}")
        return lines


def _special(sizes: Mapping[str, int]) -> frozenset[tuple[str, int]]:
    return frozenset((name, size) for name, size in sizes.items() if size in SPECIAL)
