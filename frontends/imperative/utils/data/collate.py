"""Making one batch of many items, in NumPy: a batch is data, not a computation that a trace should see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .....compiler.dispatch import leaf
from ...creation import from_numpy
from ...outside import numbers
from ...tensor import Tensor, wrap

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack a list of items: tensors, arrays and numbers become tensors; dicts, tuples and lists are gone into.

    Raises:
        RuntimeError: tensors of different shapes, or sequences of different lengths.
        TypeError: items of a type that does not stack.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _stack([numbers(t) for t in batch])
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "SUO":
            raise _cannot(first.dtype)
        return _stack(batch)
    if isinstance(first, np.generic):
        return from_numpy(np.asarray(batch))
    if isinstance(first, float):
        return wrap(leaf(np.array(batch, np.float64)))
    if isinstance(first, int):
        return wrap(leaf(np.array(batch)))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        collated = {key: default_collate([item[key] for item in batch]) for key in first}
        try:
            return type(first)(collated)  # type: ignore[call-arg]
        except TypeError:
            return collated
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(default_collate, zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(column) for column in zip(*batch, strict=True)]
    raise _cannot(type(first))


def _stack(arrays: Sequence[np.ndarray]) -> Tensor:
    shape = arrays[0].shape
    for i, a in enumerate(arrays):
        if a.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 "
                f"and {list(a.shape)} at entry {i}"
            )
    return wrap(leaf(np.stack(arrays)))


def _cannot(kind: object) -> TypeError:
    return TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {kind}"
    )


def default_convert(data: Any) -> Any:
    """What a loader does to an item when it makes no batches: arrays become tensors."""
    if isinstance(data, np.ndarray) and data.dtype.kind not in "SUO":
        return from_numpy(data)
    if isinstance(data, np.generic):
        return from_numpy(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    return data
