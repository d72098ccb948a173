"""Functions of the imperative style, run once and kept as the graph of what they did, to be stepped through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.dispatch import Array, Recording, using
from ..compiler.dispatch.array import Damaged
from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..compiler.tracing import history_until, lift
from ..frontends.imperative.compiling.signature import read_call

__all__ = ["followed"]


def followed(function: Callable[..., Any], args: tuple[object, ...]) -> tuple[Graph, list[Any]]:
    """Run a function once, with its effects; gives the graph of what it returned, and what that takes.

    Parameters and buffers that it read are inputs of the graph, beside its arguments.

    Raises:
        BifrontError: it returned no tensor, or has written over what it read.
    """
    plain = getattr(function, "_function", function)
    inputs: dict[Array, str] = {}
    for i, tensor in enumerate(read_call(args, {}).tensors):
        inputs.setdefault(tensor.array, f"x{i}")
    with using(Recording(everything=True)):
        result = plain(*args)
    outputs = [t.array for t in read_call((result,), {}).tensors]
    name = getattr(plain, "__name__", None) or type(plain).__name__.lower()
    if not outputs:
        raise BifrontError(
            f"{name} returned no tensor, so there is nothing to step through",
            hint="return what it computes; a breakpoint() in the function stops in the Python itself",
        )
    for array in history_until(outputs, lambda a: a in inputs):
        if array.op is None and array.origin is not None:
            inputs.setdefault(array, array.origin.name or array.origin.kind)
    arrays: list[Any] = [a.data for a in inputs]
    if any(isinstance(a, Damaged) for a in arrays):
        raise BifrontError(
            f"{name} writes over what it read, so its run cannot be gone through once more",
            hint="debug the part of it that computes, or set a breakpoint() in it",
        )
    graph = lift(name if name.isidentifier() else "function", outputs, inputs, {})
    return graph, [np.asarray(a) for a in arrays]
