"""Evaluating the declarative frontend's functions at once.

A function gives its recipe, which calls the compiler's operations, and its tensors. Here the recipe is run on their
values, and the tapes that are open remember the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ...compiler.dispatch import Array, leaf
from ...compiler.dispatch.current import current, switch
from ...compiler.errors import BifrontError
from ..imperative.grad_mode import is_grad_enabled
from ..static.mode import evaluators
from ..static.operation import Operation, Recipe
from ..static.tensor import Tensor
from . import keys
from .refusals import as_invalid
from .tapes import recording

__all__ = ["EAGER", "eager", "evaluate"]

P = ParamSpec("P")
R = TypeVar("R")


class Eager:
    """Computes what a function describes.

    Attributes:
        computation: makes of values what stands for the operation that computed them.
    """

    computation: Callable[[Sequence[Array]], Operation]

    def operation(
        self, recipe: Recipe, inputs: Sequence[Tensor], draws: bool, seed: int | None
    ) -> Operation:
        arrays: list[Any] = [x.value for x in inputs]
        if draws:
            arrays.insert(0, keys.next_key(seed))
        return self.computation(evaluate(recipe, *arrays))

    def data(self, array: np.ndarray) -> Tensor:
        return self.computation([leaf(array)]).outputs[0]


def evaluate(recipe: Callable[..., Any], *arrays: Array) -> list[Array]:
    """What the recipe gives for the values. Gradients flow where an open tape has one of them."""
    tapes = recording(arrays)
    former = None
    if is_grad_enabled() is not bool(tapes):
        former = switch(current().with_grad(bool(tapes)))
    try:
        made = recipe(*arrays)
    finally:
        if former is not None:
            switch(former)
    outputs = [made] if isinstance(made, Array) else list(made)
    for tape in tapes:
        tape.record(outputs, arrays)
    return outputs


EAGER = Eager()


def eager(function: Callable[P, R]) -> Callable[P, R]:
    """A function of the declarative frontend that computes at once."""

    @wraps(function)
    def evaluated(*args: P.args, **kwargs: P.kwargs) -> R:
        token = evaluators.set(EAGER)
        try:
            return function(*args, **kwargs)
        except BifrontError as error:
            raise as_invalid(error) from None
        finally:
            evaluators.reset(token)

    return evaluated
