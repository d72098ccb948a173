"""Nested structures of tensors: lists, tuples (with named fields or without) and dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ....compiler.errors import AttributeValueError, Place
from ....compiler.location import Location

__all__ = ["flatten", "is_nested", "map_structure", "pack", "require_same_structure"]


def is_nested(thing: object) -> bool:
    """Whether it is a structure, not a leaf."""
    return isinstance(thing, (list, tuple, Mapping))


def flatten(structure: object) -> list[object]:
    """The leaves in order; those of a dict in the order of its sorted keys."""
    if isinstance(structure, Mapping):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if is_nested(structure):
        return [leaf for part in structure for leaf in flatten(part)]  # type: ignore[attr-defined]
    return [structure]


def pack(structure: object, leaves: Sequence[object]) -> object:
    """The structure with other leaves, as many as it has."""
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), structure)


def map_structure(function: Callable[[object], object], structure: object) -> object:
    """The structure of what ``function`` gives for each leaf."""
    if isinstance(structure, Mapping):
        made = {key: map_structure(function, structure[key]) for key in sorted(structure)}
        return type(structure)((key, made[key]) for key in structure)  # type: ignore[call-arg]
    if is_nested(structure):
        parts = [map_structure(function, part) for part in structure]  # type: ignore[attr-defined]
        make: Callable[..., object] = getattr(type(structure), "_make", type(structure))
        return make(parts)
    return function(structure)


def require_same_structure(first: object, second: object, what: str) -> None:
    """Raises: ValueError: the structures differ; says where."""
    _compare(first, second, "the whole", what)


def _compare(first: object, second: object, path: str, what: str) -> None:
    if not is_nested(first) and not is_nested(second):
        return
    if _kind(first) != _kind(second):
        raise _different(
            f"{path} is {_shown(first)} in one and {_shown(second)} in the other", what
        )
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if first.keys() != second.keys():
            raise _different(f"{path} has the keys {sorted(first)} and {sorted(second)}", what)
        for key in first:
            _compare(first[key], second[key], f"element {key!r} of {path}", what)
        return
    a, b = list(first), list(second)  # type: ignore[call-overload]
    if len(a) != len(b):
        raise _different(f"{path} has {len(a)} elements in one and {len(b)} in the other", what)
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        _compare(x, y, f"element {i} of {path}", what)


def _kind(thing: object) -> object:
    if isinstance(thing, Mapping):
        return Mapping
    if isinstance(thing, tuple):
        return type(thing)
    return list if isinstance(thing, list) else None


def _shown(thing: object) -> str:
    return f"a {type(thing).__name__}" if is_nested(thing) else "a single value"


class StructureError(AttributeValueError, TypeError):
    """Nested structures that should be the same and are not."""


def _different(where: str, what: str) -> StructureError:
    return StructureError(
        f"The two structures don't have the same nested structure ({what}): {where}",
        places=(Place("declared here", Location.here()),),
        hint="give the same lists, tuples and dicts in both",
    )
