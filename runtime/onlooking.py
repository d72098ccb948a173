"""Interpreters with somebody who looks on where an operation is evaluated at once: a profile's clock, the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ..compiler.dispatch import EAGER, EMPTY, RECORDING, Array, Eager, Look, Recording, current
from ..compiler.dispatch.current import Interpreter, switch

if TYPE_CHECKING:
    from ..compiler.ir import Attrs, Graph
    from ..compiler.ops.op import Op

__all__ = ["Onlooker", "look_on"]

Around: TypeAlias = "Callable[[Op, Sequence[Array | float], Attrs, Callable[[], Array]], Array]"


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks on.

    Attributes:
        around: given an operation, its operands and attributes, and what evaluates it: gives the result of that.
        looked: told of values that the program looks at.
    """

    around: Around
    looked: Callable[[Array], None] | None = None


def look_on(onlooker: Onlooker) -> Interpreter | None:
    """Have somebody look on from now on; gives the interpreter to `switch` back to.

    None, and nobody looks on, where another interpreter than the two usual ones is at work.
    """
    interpreter: object = current()
    if interpreter is RECORDING:
        return switch(_WatchedRecording(onlooker))
    if interpreter is EAGER:
        return switch(_WatchedEager(onlooker))
    return None


class _Watched:
    """Has the onlooker around what the interpreter behind it evaluates."""

    __slots__ = ()
    onlooker: Onlooker

    def apply1(self, op: Op, a: Array) -> Array:
        evaluate = partial(super().apply1, op, a)  # type: ignore[misc]
        return self.onlooker.around(op, (a,), EMPTY, evaluate)

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        evaluate = partial(super().apply2, op, a, b)  # type: ignore[misc]
        return self.onlooker.around(op, (a, b), EMPTY, evaluate)

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        evaluate = partial(super().apply, op, inputs, attrs, regions)  # type: ignore[misc]
        return self.onlooker.around(op, tuple(inputs), attrs, evaluate)

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        if self.onlooker.looked is not None:
            self.onlooker.looked(array)


class _WatchedEager(_Watched, Eager):
    """`Eager`, watched."""

    __slots__ = ("onlooker",)

    def __init__(self, onlooker: Onlooker) -> None:
        self.onlooker = onlooker

    def with_grad(self, grad: bool) -> _WatchedEager | _WatchedRecording:
        return _WatchedRecording(self.onlooker) if grad else self


class _WatchedRecording(_Watched, Recording):
    """`Recording`, watched. What remembers everything, a trace, is left alone."""

    __slots__ = ("onlooker",)

    def __init__(self, onlooker: Onlooker) -> None:
        super().__init__()
        self.onlooker = onlooker

    def with_grad(self, grad: bool) -> _WatchedEager | _WatchedRecording:
        return self if grad else _WatchedEager(self.onlooker)

    def forgetful(self) -> _WatchedEager:
        return _WatchedEager(self.onlooker)

    def derive(self, grad: bool) -> Recording:
        return Recording(self.everything, grad, self.at)
