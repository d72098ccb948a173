"""`trace`: run a function once on real values and keep the graph of what it did."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Generic, ParamSpec, TypeVar, overload

from ...compiler.dispatch import Array, Look, Origin, Recording, using
from ...compiler.errors import GraphError, Place
from ...compiler.ir import Graph
from ...compiler.location import Location
from ...compiler.tracing import lift
from ...runtime.checking.border import LISTENERS, Traced, tell
from .tensor import Tensor

__all__ = ["Trace", "trace"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Trace(Generic[R]):
    """What one traced call gave.

    Attributes:
        outputs: what the function returned.
        graph: what it computed. Tensors among the arguments are the inputs, tensors in what it returned the outputs;
            parameters, buffers, optimizer slots and random keys that it read or changed are the states. Other tensors
            that it used are constants.
        looked_at: the lines at which the function looked at a value (``item()``, ``if``, ``print``): the graph holds
            what was done for these values, and would do the same for others.
    """

    outputs: R
    graph: Graph
    looked_at: tuple[Location, ...]


class _Tracing(Recording):
    """Remembers everything; notes which leaves were written and which values looked at."""

    __slots__ = ("looked_at", "writes")

    def __init__(
        self, grad: bool, writes: dict[Origin, tuple[Array, Array]], looked_at: list[Location]
    ) -> None:
        super().__init__(everything=True, grad=grad)
        self.writes = writes
        self.looked_at = looked_at

    def derive(self, grad: bool) -> _Tracing:
        return _Tracing(grad, self.writes, self.looked_at)

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        self.looked_at.append(Location.here())

    def wrote(self, old: Array, new: Array) -> None:
        assert new.origin is not None
        first, _ = self.writes.get(new.origin, (old, new))
        self.writes[new.origin] = first, new


@overload
def trace(function: Tensor) -> Tensor: ...
@overload
def trace(function: Callable[P, R]) -> Callable[P, Trace[R]]: ...
def trace(function: Callable[P, R] | Tensor) -> Callable[P, Trace[R]] | Tensor:
    """A function that runs ``function`` once on real values and returns its `Trace`.

    The run has all its effects: parameters are updated, buffers and slots change, random numbers are drawn.

    Args:
        function: takes and returns tensors, alone or in tuples, lists and dicts; other arguments are passed through.
            PyTorch has ``trace`` for the sum of a matrix' diagonal, which is what a tensor gives here, too.

    Raises:
        GraphError: (by the returned function) the function writes into one of its arguments.
    """

    if isinstance(function, Tensor):
        return function.diagonal().sum()  # type: ignore[no-any-return]

    def traced(*args: P.args, **kwargs: P.kwargs) -> Trace[R]:
        inputs: dict[Array, str] = {}
        for name, value in _named_arguments(function, args, kwargs):
            for tensor in _tensors(value):
                inputs.setdefault(tensor.array, name)
        writes: dict[Origin, tuple[Array, Array]] = {}
        looked_at: list[Location] = []
        with using(_Tracing(True, writes, looked_at)):
            outputs = function(*args, **kwargs)
        for first, written in writes.values():
            if first in inputs:
                raise GraphError(
                    f"the traced function writes into its argument {inputs[first]!r}",
                    places=(Place("written here", written.location),),
                    hint="work on a clone() of it, and return the result",
                )
        name = getattr(function, "__name__", None) or type(function).__name__.lower()
        results = [t.array for t in _tensors(outputs)]
        last = {origin: new for origin, (_, new) in writes.items()}
        graph = lift(name if name.isidentifier() else "traced", results, inputs, last)
        for array in last.values():
            array.op, array.inputs = None, ()
        if LISTENERS and isinstance(function, FunctionType):
            tell(Traced(graph, function))
        return Trace(outputs, graph, tuple(looked_at))

    return traced


def _tensors(tree: object) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts, in order."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, Tensor):
            yield item
        elif isinstance(item, (tuple, list)):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(item.values()))


def _named_arguments(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> Iterator[tuple[str, object]]:
    # A module is called through its hooks, with any arguments; what they are called, ``forward`` says.
    called = getattr(function, "forward", function)
    try:
        bound = inspect.signature(called).bind(*args, **kwargs)
    except (TypeError, ValueError):
        yield from ((f"x{i}", value) for i, value in enumerate((*args, *kwargs.values())))
    else:
        yield from bound.arguments.items()
