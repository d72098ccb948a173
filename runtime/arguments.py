"""The border check: whether arrays are what a graph's parameters say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compiler.errors import FeedError, Place
from ..compiler.ir import Graph, Value
from ..compiler.ir.dtypes import BY_NUMPY


class Arguments:
    """What a graph expects to be called with.

    Symbolic dimensions are not checked here: that they agree is checked in every run.
    """

    __slots__ = ("_expected", "parameters")

    def __init__(self, graph: Graph) -> None:
        self.parameters = graph.parameters
        self._expected = [
            (v.dtype.numpy, v.ndim, [(i, d) for i, d in enumerate(v.shape) if isinstance(d, int)])
            for v in self.parameters
        ]

    def check(self, arrays: Sequence[object]) -> None:
        """Raises: FeedError naming the first parameter that was given something else than an array of its type."""
        if len(arrays) != len(self._expected):
            raise self._miscounted(len(arrays))
        for i, (array, (dtype, rank, fixed)) in enumerate(zip(arrays, self._expected, strict=True)):
            if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != rank:
                raise self._misfit(i, array)
            shape = array.shape
            for axis, size in fixed:
                if shape[axis] != size:
                    raise self._misfit(i, array)

    def name(self, value: Value) -> str:
        """A parameter as errors name it: its hint, or its position."""
        return value.hint or f"argument {self.parameters.index(value)}"

    def _miscounted(self, count: int) -> FeedError:
        names = ", ".join(f"{self.name(v)}: {v.type}" for v in self.parameters)
        return FeedError(
            f"the graph takes {len(self.parameters)} arrays and was given {count}",
            hint=f"give it one for each of: {names}" if names else "give it none",
        )

    def _misfit(self, i: int, array: object) -> FeedError:
        value = self.parameters[i]
        name, wanted = self.name(value), value.type
        if not isinstance(array, np.ndarray):
            given = f"a Python {type(array).__name__}"
            hint = f"convert it with np.asarray(..., np.{wanted.dtype.name})"
        else:
            short = BY_NUMPY[array.dtype].short if array.dtype in BY_NUMPY else str(array.dtype)
            given = f"{short}[{', '.join(map(str, array.shape))}]"
            if array.dtype != wanted.dtype.numpy:
                hint = f"convert it with astype(np.{wanted.dtype.name})"
            else:
                hint = f"give {name} the shape [{', '.join(map(str, wanted.shape))}]"
        return FeedError(
            f"{name} is {wanted} and was given {given}",
            places=(Place(f"{name} was made here", value.location),),
            hint=hint,
        )
