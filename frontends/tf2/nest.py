"""Structures of tensors: lists, tuples, named tuples and dictionaries of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["flatten", "map_structure", "pack"]


def flatten(structure: object) -> list[Any]:
    """The leaves, in order; those of a dictionary in the order of its sorted keys, as in TensorFlow."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    if isinstance(structure, Mapping):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    return [structure]


def pack(structure: object, leaves: Sequence[object]) -> Any:
    """The same structure with other leaves."""
    return _packed(structure, iter(leaves))


def _packed(structure: object, leaves: Iterator[object]) -> Any:
    if isinstance(structure, (list, tuple)):
        items = [_packed(item, leaves) for item in structure]
        if isinstance(structure, list):
            return items
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    if isinstance(structure, Mapping):
        packed = {key: _packed(structure[key], leaves) for key in sorted(structure)}
        return {key: packed[key] for key in structure}
    return next(leaves)


def map_structure(function: Callable[..., object], *structures: object) -> Any:
    """The function applied to the leaves of equal structures."""
    columns = zip(*map(flatten, structures), strict=True)
    return pack(structures[0], [function(*column) for column in columns])
