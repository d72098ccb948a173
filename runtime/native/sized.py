"""The choice among functions for known sizes, made in each run, as straight-line Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from ..executable import Arrays
from ..generated import function_from

Run: TypeAlias = "Callable[..., Arrays]"


def sizes_at(arrays: Sequence[np.ndarray], where: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The sizes at (array, axis), by which `choosing` finds a function."""
    return tuple([arrays[i].shape[axis] for i, axis in where])


def choosing(
    where: Sequence[tuple[int, int]], entries: Mapping[tuple[int, ...], Run], first: Run
) -> Run:
    """A function of arrays that calls what stands in ``entries`` for their sizes.

    Args:
        where: (array, axis) of the sizes that decide.
        entries: the functions so far, by `sizes_at`.
        first: what is called for other sizes, and for what has no such sizes.
    """
    key = "".join(f"arrays[{i}].shape[{axis}], " for i, axis in where)
    text = f"""def run(*arrays):
  try:
    entry = entries[{key}]
  except (KeyError, IndexError, AttributeError):
    return first(*arrays)
  return entry(*arrays)
"""
    return function_from("run", text, {"entries": entries, "first": first})  # type: ignore[return-value]
