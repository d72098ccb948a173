"""Whole tensors overwritten, or made to stand for others: `copy_`, `fill_`, `unsqueeze_`, `resize_`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import leaf
from ...compiler.errors import GradientError
from .api import export
from .arguments import as_shape
from .storage import fresh, spread
from .tensor import Tensor
from .writing import write


@export("copy_", function=False)
def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Overwrite with the (broadcast, converted) numbers of another tensor."""
    if src is input:
        return input
    array = spread(src.array, input.array.data.shape)
    write(input, array, "copy_", foreign=array is src.array)
    return input


@export("fill_", function=False)
def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrite with one number."""
    array = input.array
    if isinstance(value, Tensor):
        source = ops.cast(value.array, array.dtype)
        write(input, fresh(ops.broadcast_to(source, array.shape)), "fill_")  # type: ignore[arg-type]
    else:
        number = array.data.dtype.type(value).item()
        write(input, ops.full(array.shape, number, array.dtype), "fill_")  # type: ignore[arg-type]
    return input


@export("fill")
def fill(input: Tensor, value: Any) -> Tensor:
    return input.clone().fill_(value)  # type: ignore[no-any-return]


@export("zero_", function=False)
def zero_(input: Tensor) -> Tensor:
    """Overwrite with zeros."""
    return fill_(input, 0)


def become(input: Tensor, like: Tensor) -> Tensor:
    """Have the handle stand for another tensor's value, in the same memory (``unsqueeze_``)."""
    input.array = like.array
    input.shared = like.shared
    if like.shared is not None:
        input.steps = like.steps
        like.shared.join(input)
    return input


def _reshaped(name: str) -> None:
    def apply(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        from .api import METHODS

        return become(input, METHODS[name](input, *args, **kwargs))

    apply.__name__ = name + "_"
    export(name + "_", function=False)(apply)


for _name in ("squeeze", "unsqueeze", "transpose", "t", "swapaxes", "detach"):
    _reshaped(_name)


@export("resize_", function=False)
def resize_(input: Tensor, *sizes: Any) -> Tensor:
    """Another shape, with the first numbers kept as far as they reach.

    Raises:
        GradientError: the tensor requires grad.
    """
    shape = as_shape(sizes)
    if input.requires_grad:
        raise GradientError("cannot resize variables that require grad")
    old = np.asarray(input.array.data).reshape(-1)
    data = np.zeros(shape, old.dtype)
    kept = min(old.size, data.size)
    data.reshape(-1)[:kept] = old[:kept]
    input.array = leaf(data, input.array.origin)
    input.shared = None
    return input


@export("resize_as_", function=False)
def resize_as_(input: Tensor, other: Tensor) -> Tensor:
    return resize_(input, *other.array.data.shape)


@export("set_", function=False)
def set_(input: Tensor, source: Tensor | None = None) -> Tensor:
    """Have the tensor look at the memory of another."""
    from .views import detach

    return become(input, input.new_empty(0) if source is None else detach(source))


@export("apply_", function=False)
def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Overwrite each element with what a Python function gives for it."""
    data = np.asarray(input.array.data)
    found = np.array([callable(v) for v in data.reshape(-1).tolist()], data.dtype)
    write(input, leaf(found.reshape(data.shape)), "apply_")
    return input
