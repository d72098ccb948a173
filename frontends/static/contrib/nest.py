"""``tf.contrib.framework.nest``: nested structures of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from ..control_flow import nest
from ..public import missing

__all__ = [
    "assert_same_structure", "flatten", "is_sequence", "map_structure", "pack_sequence_as",
]  # fmt: skip

flatten = nest.flatten
is_sequence = nest.is_nested


def assert_same_structure(nest1: object, nest2: object, check_types: bool = True) -> None:
    """Raises: ValueError: the structures differ; says where."""
    nest.require_same_structure(nest1, nest2, "nest1 and nest2")


def pack_sequence_as(structure: object, flat_sequence: Sequence[object]) -> object:
    """The structure with other leaves.

    Raises:
        ValueError: there are more or fewer of them.
    """
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(
            f"Structure had {count} elements, but flat_sequence had {len(flat_sequence)} elements."
        )
    return nest.pack(structure, flat_sequence)


def map_structure(func: Callable[..., object], *structures: object) -> object:
    """The first structure with what ``func`` gives for the leaves at each place of all structures."""
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    leaves = zip(*map(flatten, structures), strict=True)
    return nest.pack(structures[0], [func(*group) for group in leaves])


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.contrib.framework.nest", name, globals())
