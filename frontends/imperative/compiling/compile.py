"""``torch.compile``: for functions, methods and modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..nn.module import Module
from .function import CompiledFunction
from .module import OptimizedModule

__all__ = ["compile"]


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: object = None,
    mode: str | None = None,
    options: object = None,
    disable: bool = False,
) -> Any:
    """The function, compiled as it runs; also a decorator, with or without arguments.

    The first run of each way through the function runs the Python itself; later runs that go the same way run graphs.
    A branch on a tensor's value, ``item()``, a loop over a tensor are valid Python and stay correct: where a value
    comes up that no run went on with before, nothing has been changed yet, and the Python runs. What the function read
    of the world around it (closed-over values, globals, attributes) is compared at every call. Results are those of the
    Python to the bit.

    Args:
        model: a function, a method or a module.
        fullgraph: raise where a run cannot become one graph: it branches on values, or cannot be compiled at all.
        dynamic: False: a graph for every size; None and True: one for many sizes where that is possible.
        backend, mode, options: accepted; there is one way of running graphs.
        disable: give back the function as it is.

    Returns:
        A function with ``stats``, ``graphs`` and ``explain()``; for a module, a module around it that has them as well.
    """
    if model is None:
        return lambda function: compile(
            function,
            fullgraph=fullgraph,
            dynamic=dynamic,
            backend=backend,
            mode=mode,
            options=options,
            disable=disable,
        )
    if not callable(model):
        raise TypeError(f"compile() takes a function or a module, not {type(model).__name__}")
    if disable or isinstance(model, (CompiledFunction, OptimizedModule)):
        return model
    if isinstance(model, Module):
        return OptimizedModule(model, fullgraph=fullgraph, dynamic=dynamic)
    return CompiledFunction(model, fullgraph=fullgraph, dynamic=dynamic)
