"""The current interpreter: the one piece of context that the whole house shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np

from .array import Look
from .eager import RECORDING

if TYPE_CHECKING:
    from ..ir import Attrs, Graph
    from ..ops.op import Op, TensorLike
    from .array import Array, Origin
    from .building import Building
    from .eager import Eager, Recording


class Interpreter(Protocol):
    """What an operation function asks of the world around it.

    `apply1` and `apply2` are the fast forms for operations without attributes. In `apply2` one of the two operands may
    be a Python number, which takes the element type of the other.
    """

    numbers: Any
    """What makes Python numbers of values; None but in a trace."""
    lengths: Any
    """What makes Python numbers of sizes; None but in a trace."""

    def apply1(self, op: Op, a: TensorLike) -> TensorLike: ...

    def apply2(self, op: Op, a: TensorLike | float, b: TensorLike | float) -> TensorLike: ...

    def apply(
        self,
        op: Op,
        inputs: Sequence[TensorLike],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> TensorLike: ...

    def constant(self, data: np.ndarray) -> TensorLike:
        """A value known when the program is written."""
        ...

    def with_grad(self, grad: bool) -> Interpreter:
        """The interpreter for a block in which gradients flow, or do not."""
        ...

    def forgetful(self) -> Interpreter:
        """The interpreter for what nobody will ask for a gradient: a backward pass."""
        ...

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        """The program looked at a value (``item``, ``numpy``, ``print``). Only a capture cares."""

    def assumed(self, array: Array, condition: Callable[[np.ndarray], bool], outcome: bool) -> None:
        """The program went on by whether a condition holds for all elements of a value. Only a trace cares."""

    def touching(self, origin: Origin, reads: bool = True) -> None:
        """The program is about to read the gradient of a leaf, or to replace it. Only a trace cares."""

    def stepping(self) -> None:
        """An optimizer begins a step. Only a capture cares."""

    def stepped(self) -> None:
        """An optimizer finished a step. Only a capture cares."""

    def wrote(self, old: Array, new: Array) -> None:
        """A leaf with an `Origin` got a new value in place of its old one. Only a capture cares."""


AnyInterpreter: TypeAlias = "Interpreter | Building | Eager | Recording"
"""Each of them works on its own kind of values only; operation functions, which cannot tell, see an `Interpreter`."""
Chosen = TypeVar("Chosen", bound=AnyInterpreter)

_current: ContextVar[Interpreter] = ContextVar("bifront_interpreter", default=RECORDING)  # type: ignore[arg-type]
current = _current.get
"""The interpreter that operations are given to now; `RECORDING` where nothing else was chosen."""


def switch(interpreter: AnyInterpreter) -> Interpreter:
    """Give operations to ``interpreter`` from now on; gives the former one, for who will switch back."""
    former = _current.get()
    _current.set(interpreter)  # type: ignore[arg-type]
    return former


@contextmanager
def using(interpreter: Chosen) -> Iterator[Chosen]:
    """Give operations to ``interpreter`` inside the block; the former one is restored whatever happens."""
    token = _current.set(interpreter)  # type: ignore[arg-type]
    try:
        yield interpreter
    finally:
        _current.reset(token)
