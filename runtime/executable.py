"""One executor: `compile` turns a graph into a function of arrays, on any backend."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..compiler.errors import BackendError
from ..compiler.ir import Graph, Node
from .arguments import Arguments
from .binding import solve
from .watching import note

if TYPE_CHECKING:
    from ..compiler.pictures.groups import Grouping
    from .buffers import MemoryPlan
    from .timing import Timed

Arrays: TypeAlias = "tuple[np.ndarray, ...]"
Observer: TypeAlias = "Callable[[Node, Arrays], None]"
"""Called with each node and its values, as soon as they are computed. The arrays must not be changed."""


class Executable(ABC):
    """A graph that can be run.

    Calling it with one array for each of ``graph.parameters`` (inputs, then states) gives one array for each of
    ``graph.results`` (outputs, then new states). Results are fresh: they share no memory with the arguments, with
    constants or with each other; only a state that the graph leaves as it is comes back as the array that was given.

    Attributes:
        graph: what runs.
        backend: the name of the backend that runs it.
        run: the same as calling the executable, without the call in between.
        update: as `run`, but the new value of a state may be written over the array that was given for it, which then
            comes back as that result. Where a run fails, no array has been changed.
    """

    run: Callable[..., Arrays]

    @cached_property
    def update(self) -> Callable[..., Arrays]:
        return self.run

    def __init__(self, graph: Graph, backend: str) -> None:
        self.graph = graph
        self.backend = backend
        self._arguments = Arguments(graph)
        self._binding = solve(graph.parameters)

    def __call__(self, *arrays: np.ndarray) -> Arrays:
        """Run the graph.

        The arguments are taken to be of the parameters' types; `check` says whether they are.

        Raises:
            ShapeError: arguments disagree on a symbolic dimension, or shapes do not fit in an operation.
        """
        return self.run(*arrays)

    def check(self, *arrays: object) -> None:
        """Raises: FeedError unless the arguments have the parameters' number, types, ranks and known sizes."""
        self._arguments.check(arrays)

    def binding(self, *arrays: np.ndarray) -> dict[str, int]:
        """The sizes of the symbolic dimensions for these arguments.

        Raises:
            ShapeError: two arguments disagree.
        """
        return self._binding.sizes(self._arguments, arrays)

    @property
    @abstractmethod
    def source(self) -> str:
        """The program that the backend generated, as text."""

    @property
    @abstractmethod
    def memory(self) -> MemoryPlan:
        """The plan of buffers: nodes, lines, bytes, lifetimes, what is written in place, and what it adds up to.

        It is that of `update`: states are replaced in place where they can be.
        """

    @abstractmethod
    def explain(self, binding: Mapping[str, int] | None = None) -> str:
        """What the backend made of the graph, in a few lines.

        Args:
            binding: sizes for the symbolic dimensions, for estimates in bytes.
        """

    @abstractmethod
    def timed(self, kind: str) -> Timed:
        """The same program with clocks between its parts, compiled anew: this one stays as fast as it is.

        Args:
            kind: ``run`` or ``update``.
        """

    def grouping(self) -> Grouping:
        """The graph as it runs, and which of its operations run together: what `bf.draw` shows of an executable."""
        from ..compiler.pictures.groups import Grouping

        return Grouping(self.graph, (), (f"each operation by itself, on {self.backend}",))

    def __repr__(self) -> str:
        return f"<executable of {self.graph!r} on {self.backend}>"


@dataclass(frozen=True, slots=True)
class Backend:
    """A way of running graphs.

    Attributes:
        name: what `compile` knows it by.
        module: where it is implemented: a module with a function ``build(graph, observer) -> Executable``. It is
            imported when the backend is first used.
        needs: what to install where that import fails.
    """

    name: str
    module: str
    needs: str

    def build(self, graph: Graph, observer: Observer | None) -> Executable:
        try:
            module = import_module(self.module, __package__)
        except ImportError as error:
            raise BackendError(
                f"backend {self.name!r} cannot be loaded: {error}",
                hint=f"install what it needs: pip install {self.needs}",
            ) from None
        made: Executable = module.build(graph, observer)
        return made


BACKENDS: dict[str, Backend] = {}


def register(backend: Backend) -> None:
    """Make a backend known to `compile`."""
    BACKENDS[backend.name] = backend


register(Backend("numpy", ".numpy_backend", "numpy"))
register(Backend("native", ".native.backend", "bifront[native]"))


VARIABLE = "BIFRONT_BACKEND"
"""The environment variable that names the default backend."""
_default: ContextVar[str | None] = ContextVar("default backend", default=None)


def default_backend() -> str:
    """The name of the backend that `compile` uses unless told otherwise.

    What `using_backend` says, else what the environment variable ``BIFRONT_BACKEND`` says, else ``native`` where
    llvmlite is installed, else ``numpy``.
    """
    return _default.get() or os.environ.get(VARIABLE) or _installed()


@cache
def _installed() -> str:
    return "native" if find_spec("llvmlite") is not None else "numpy"


@contextmanager
def using_backend(name: str) -> Iterator[None]:
    """Use another backend by default inside a ``with`` block: what is compiled there keeps it."""
    token = _default.set(name)
    try:
        yield
    finally:
        _default.reset(token)


def compile(
    graph: Graph, backend: str | None = None, observer: Observer | None = None
) -> Executable:
    """The executable of a graph.

    A graph is compiled once for each backend; with an observer it is compiled anew, and the program without one stays
    as fast as it was.

    Args:
        graph: what to run.
        backend: one of `BACKENDS`; by default `default_backend`.
        observer: called with every node and its values during a run.

    Raises:
        BackendError: there is no such backend, or what it needs is not installed.
        GraphError: the graph needs a size that does not follow from its inputs.
    """
    if backend is None:
        backend = default_backend()
    chosen = BACKENDS.get(backend)
    if chosen is None:
        from difflib import get_close_matches

        near = get_close_matches(str(backend), BACKENDS, 1)
        raise BackendError(
            f"there is no backend {backend!r}",
            hint=f"use {near[0]!r}" if near else f"use one of {', '.join(map(repr, BACKENDS))}",
        )
    if observer is not None:
        return chosen.build(graph, observer)
    # The graph keeps its executables, so they live exactly as long as it does. Two threads may both compile; one wins.
    kept = graph._cache.get(key := f"executable:{backend}")
    if not isinstance(kept, Executable):
        made = chosen.build(graph, None)
        kept = graph._cache.setdefault(key, made)
        assert isinstance(kept, Executable)
        if kept is made:
            note(kept)
    return kept
