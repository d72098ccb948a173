"""Runs of a program's executables, handed to somebody who steps through them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from ..executable import Executable
from ..watching import Run, watch

__all__ = ["Through", "intercepted"]

Through: TypeAlias = "Callable[[Executable, Run, Sequence[np.ndarray]], tuple[np.ndarray, ...]]"
"""Given an executable, what it does otherwise, and its arguments: the results of the run."""

BACKWARD = "backward"
"""What graphs are called that an eager program's backward passes became: no runs that the program asks for."""


@contextmanager
def intercepted(through: Through) -> Iterator[None]:
    """Have this thread's runs of graphs go through a function, inside the block."""
    mine = threading.get_ident()

    def wrap(executable: Executable, kind: str, plain: Run) -> Run:
        graph = executable.graph
        if not graph.nodes or graph.name == BACKWARD:
            return plain

        def run(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
            if threading.get_ident() != mine:
                return plain(*arrays)
            return through(executable, plain, arrays)

        return run

    stop = watch(wrap)
    try:
        yield
    finally:
        stop()
