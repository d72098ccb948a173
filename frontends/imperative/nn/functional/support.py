"""What the functions of all topics need: results, reductions, numbers for each axis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .....compiler.library import mean
from .....compiler.ops import reduce_sum
from ...grad_fn import NAMED
from ...promotion import as_array, joint_type
from ...storage import shadow
from ...tensor import Tensor, wrap
from ...writing import write

__all__ = ["apply", "named", "per_axis", "reduced", "reduction_of", "result", "same_type"]


def result(value: object, *inputs: Tensor) -> Tensor:
    """A tensor for a computed value; an input itself where nothing had to be computed."""
    for x in inputs:
        if value is x.array:
            return x
    return wrap(value)  # type: ignore[arg-type]


def named(value: Any, name: str) -> Tensor:
    """A tensor whose ``grad_fn`` has PyTorch's name for it, not that of the last of the operations here."""
    if value.tracked:
        NAMED[value] = name
    return wrap(value)


def apply(input: Tensor, f: Callable[..., Any], *args: Any, inplace: bool = False) -> Tensor:
    """``f`` of the value behind a tensor; ``inplace`` writes the result over it."""
    if not inplace:
        return result(f(input.array, *args), input)
    value = f(shadow(input).array, *args)
    if value is not input.array:
        write(input, value, getattr(f, "__name__", "inplace") + "_")
    return input


def per_axis(name: str, value: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """One number for each spatial axis.

    Raises:
        RuntimeError: the wrong number of numbers.
    """
    if isinstance(value, int):
        return (value,) * rank
    numbers = tuple([int(v) for v in value or ()])
    if len(numbers) == 1:
        return numbers * rank
    if len(numbers) != rank:
        raise RuntimeError(
            f"{name} must be a single int or a tuple of {rank} ints, but got {tuple(numbers)}"
        )
    return numbers


def reduction_of(
    reduction: str, size_average: bool | None = None, reduce: bool | None = None
) -> str:
    """The reduction that the arguments of old mean, where they are given.

    Raises:
        ValueError: there is no such reduction.
    """
    if size_average is not None or reduce is not None:
        sums = size_average is False
        reduction = "none" if reduce is False else "sum" if sums else "mean"
        warnings.warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduced(losses: Any, reduction: str) -> Any:
    """The loss of each element or row, summed, averaged, or as they are."""
    if reduction == "mean":
        return mean(losses)
    return reduce_sum(losses) if reduction == "sum" else losses


def same_type(*tensors: Tensor) -> Any:
    """The values, one for each tensor, in the type that arithmetic on the tensors would have."""
    first = tensors[0].array.data.dtype
    if all(t.array.data.dtype is first for t in tensors):
        return tuple([t.array for t in tensors])
    kind = joint_type(list(tensors))
    return tuple([as_array(t, kind) for t in tensors])
