"""Whether TensorFlow's functions describe a graph or compute at once.

The functions are written once. What they make is an operation of the default graph; where an `Evaluator` was chosen, it
gets the recipe and the tensors instead. That is how TensorFlow 2's face has the very same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from .operation import Operation, Recipe
    from .tensor import Tensor

__all__ = ["Evaluator", "evaluator", "evaluators"]


class Evaluator(Protocol):
    """What makes operations in the place of the default graph."""

    def operation(
        self, recipe: Recipe, inputs: Sequence[Tensor], draws: bool, seed: int | None
    ) -> Operation:
        """What the recipe gives for the inputs, preceded by a random key if it ``draws``."""
        ...

    def data(self, array: np.ndarray) -> Tensor:
        """Numbers that the program has from elsewhere, and did not write down."""
        ...


evaluators: ContextVar[Evaluator | None] = ContextVar("bifront_evaluator", default=None)
evaluator: Callable[[], Evaluator | None] = evaluators.get
