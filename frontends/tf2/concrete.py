"""`ConcreteFunction`: a function for one kind of arguments, as one graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiler.errors import GraphError, Place
from ...compiler.ir import Graph
from ...compiler.ir.graph import close
from ...compiler.passes import finish
from ...compiler.rerolling import reroll
from ...compiler.sizes import Refusal, generalize
from ...compiler.tracing import Path, expand_pullbacks
from ..imperative.compiling.recording import record
from ..imperative.compiling.signature import read_call
from .arrays import constant
from .keys import restored
from .nest import flatten, map_structure
from .spec import TensorSpec
from .tensor import EagerTensor
from .variable import variables

if TYPE_CHECKING:
    from .function import Function

__all__ = ["ConcreteFunction"]

SIZES = (5, 7, 6)
"""What stands for a dimension of any size: the runs differ in it, and the graph is what they have in common."""


class ConcreteFunction:
    """What ``get_concrete_function`` gives.

    Attributes:
        graph: what the function computes. Tensors among the arguments are its inputs, tensors in what it returns its
            outputs, variables and random keys its states; dimensions of any size are symbols.
        structured_input_signature: positional and keyword arguments, with specifications for tensors.
    """

    def __init__(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._function = function
        self.structured_input_signature = (
            map_structure(_specified, args), map_structure(_specified, kwargs)
        )  # fmt: skip
        self.graph = self._traced()

    @property
    def name(self) -> str:
        return self.graph.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.graph.name} at {id(self):#x}>"

    def _traced(self) -> Graph:
        args, kwargs = self.structured_input_signature
        specs = [x for x in flatten([args, kwargs]) if isinstance(x, TensorSpec)]
        if any(x.shape.rank is None for x in specs):
            raise GraphError("a graph needs the number of axes of its inputs", places=())
        open_ = any(None in x.shape.as_list() for x in specs)
        with _undone():
            paths = [self._path(args, kwargs, n) for n in (SIZES if open_ else SIZES[:1])]
        path = paths[0]
        if len(paths) > 1:
            general = generalize(paths)
            if isinstance(general, Refusal):
                raise GraphError(
                    f"there is no one graph for all sizes: {general.reason}",
                    places=(Place("because of this", general.location),),
                )
            path = general.path
        if path.checks:
            raise GraphError(
                "the function has no one graph: it branches on the value of a tensor",
                places=(Place("looked at here", path.checks[0].location),),
                hint="use tf.where, or call the function: it has a graph for each way through it",
            )
        path = expand_pullbacks(path)
        return finish(close(path.name, path.inputs, path.outputs, path.states))

    def _path(self, args: Any, kwargs: Any, size: int) -> Path:
        """What a run with tensors of this size for all open dimensions does."""
        numbers = count(1)
        args, kwargs = map_structure(lambda x: _example(x, size, numbers), [args, kwargs])
        call = read_call(args, kwargs)
        function = self._function.python_function
        recorded = record(self._function.name, function, call, args, kwargs)
        if recorded.path is None:
            refusal = recorded.refusal
            raise GraphError(
                f"the function has no graph: {refusal}",
                places=(Place("because of this", refusal.location if refusal else None),),
            )
        return reroll(recorded.path).path


def _specified(x: Any) -> Any:
    return TensorSpec.from_tensor(x) if isinstance(x, (EagerTensor, np.ndarray)) else x


def _example(x: Any, size: int, numbers: Iterator[int]) -> Any:
    if not isinstance(x, TensorSpec):
        return x
    shape = [size if d is None else d for d in x.shape]
    if x.dtype.is_floating:
        # Numbers of no special kind: none is 0, and no two are equal.
        return constant(np.random.default_rng(next(numbers)).uniform(0.1, 0.9, shape), x.dtype)
    return constant(np.zeros(shape), x.dtype)


@contextmanager
def _undone() -> Iterator[None]:
    """A block after which variables and random numbers are what they were before: tracing has no effects on them."""
    before = [(v.handle, v.handle.array) for v in variables()]
    try:
        with restored():
            yield
    finally:
        for handle, array in before:
            handle.array = array
