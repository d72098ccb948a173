"""Tensors of some type, and in other memory: `to`, `float`, `type`, `new`, `contiguous`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.errors import DTypeError, Place
from ...compiler.ir.dtypes import DType
from ...compiler.location import Location
from .api import export
from .dtypes import NAMES, dtype, to_ir
from .legacy import named_type, of_type, type_name
from .storage import fresh
from .tensor import Tensor, wrap


def _as(input: Tensor, kind: DType, copy: bool = False) -> Tensor:
    if input.array.dtype is kind:
        return input.clone() if copy else input
    return wrap(ops.cast(input.array, kind))  # type: ignore[arg-type]


@export("to", function=False)
def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: object = None,
) -> Tensor:
    """The tensor in another type. Devices are accepted; there is one."""
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif isinstance(a, (_dtype, type)):
            dtype = a
    return _as(input, input.array.dtype if dtype is None else to_ir(dtype), copy)


_dtype = dtype

for _name in ("float", "double", "half", "int", "long", "short", "bool"):

    def _converter(kind: DType) -> Callable[..., Tensor]:
        return lambda input, memory_format=None: _as(input, kind)

    export(_name, function=False)(_converter(NAMES[_name].ir))

export("char", function=False)(_converter(NAMES["int8"].ir))
export("byte", function=False)(_converter(NAMES["uint8"].ir))


@export("type", function=False)
def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor in another type."""
    if dtype is None:
        return type_name(input.array.dtype)
    kind = named_type(dtype)
    if kind is None:
        raise DTypeError(f"invalid type: {dtype!r}", places=(Place("here", Location.here(1)),))
    return _as(input, kind)


@export("type_as", function=False)
def type_as(input: Tensor, other: Tensor) -> Tensor:
    return _as(input, other.array.dtype)


@export("new", function=False)
def new(input: Tensor, *args: Any) -> Tensor:
    """A new tensor of the same type: sizes, or data."""
    return of_type(input.array.dtype, *args)


def _stay(name: str) -> None:
    def apply(input: Tensor, *_: Any, **__: Any) -> Tensor:
        return input

    apply.__name__ = name
    export(name, function=False)(apply)


for _name in ("cpu", "cuda", "pin_memory", "share_memory_"):
    _stay(_name)


@export("contiguous", function=False)
def contiguous(input: Tensor, memory_format: object = None) -> Tensor:
    """The tensor with its elements in order in memory: itself if they are."""
    return input if is_contiguous(input) else wrap(fresh(input.array))


@export("is_contiguous", function=False)
def is_contiguous(input: Tensor, memory_format: object = None) -> bool:
    # How a result that shares no memory lies is nobody's business: it counts as lying in order.
    return input.shared is None or bool(np.asarray(input.array.data).flags.c_contiguous)
