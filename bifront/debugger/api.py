"""`bf.debug`: step through a graph, an executable or a function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..runtime.executable import Executable, compile
from .debugger import Debugger
from .session import Debugging

__all__ = ["Debugging", "debug"]


def debug(
    target: Graph | Executable | Callable[..., Any],
    *args: object,
    prompt: bool | None = None,
) -> Debugging:
    """Step through a run, forwards and backwards.

    Sessions have ``session.run(..., debug=True)`` for it, scripts ``bifront debug SCRIPT``.

    Args:
        target: a graph or an executable; or a function of tensors, which is run once to learn what it computes.
        args: one array for each of the graph's parameters (inputs, then states); or the function's arguments.
        prompt: ask at the terminal what to do; None: where standard input is one.

    Returns:
        The run at its beginning, or where the person left it, with ``step()``, ``back()``, ``run_to("nan")``,
        ``value("loss")``, ``gradient("%3")``, ``set("%3", 0)``, ``finish()`` and others.

    Raises:
        BifrontError: the target is nothing that runs.
        FeedError, ShapeError: the arrays are not what the graph takes.
        DebuggerQuit: the person quit.
    """
    if isinstance(target, (Graph, Executable)):
        executable = target if isinstance(target, Executable) else compile(target)
        arrays = [
            a if isinstance(a, np.ndarray) else np.asarray(a, v.dtype.numpy)
            for a, v in zip(args, executable.graph.parameters, strict=False)
        ]
        arrays += args[len(arrays) :]  # type: ignore[arg-type]
    elif callable(target):
        from .functions import followed

        graph, arrays = followed(target, args)
        executable = compile(graph, "numpy")
    else:
        raise BifrontError(
            f"debug takes a graph, an executable or a function, not a {type(target).__name__}",
            hint="session.run(fetches, feeds, debug=True) steps through what a session runs",
        )
    debugging = Debugging(executable.graph, arrays, executable.run)
    if prompt if prompt is not None else sys.stdin is not None and sys.stdin.isatty():
        Debugger().step_through(debugging)
    return debugging
