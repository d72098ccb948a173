"""What is known at one moment of a run: a mapping that grows without changing what was known before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ...compiler.ir import Value

__all__ = ["Values"]


class Values(Mapping[Value, np.ndarray]):
    """An immutable mapping from values of a graph to arrays.

    Every moment of a run keeps one, so a copy for each node would take memory in the square of the run's length. It is
    kept in layers instead, each at least as large as the one above: what is added shares all larger layers.
    """

    __slots__ = ("_layers",)

    def __init__(self, layers: tuple[dict[Value, np.ndarray], ...] = ()) -> None:
        self._layers = layers

    def plus(self, more: Mapping[Value, np.ndarray]) -> Values:
        """What is known when these are known, too; they stand over what was known of the same values."""
        layers = [*self._layers, dict(more)]
        while len(layers) > 1 and len(layers[-2]) <= len(layers[-1]):
            above = layers.pop()
            layers[-1] = {**layers[-1], **above}
        return Values(tuple(layers))

    def __getitem__(self, value: Value) -> np.ndarray:
        for layer in reversed(self._layers):
            found: np.ndarray | None = layer.get(value)
            if found is not None:
                return found
        raise KeyError(value)

    def __iter__(self) -> Iterator[Value]:
        return iter(dict.fromkeys(value for layer in self._layers for value in layer))

    def __len__(self) -> int:
        return sum(1 for _ in self)
