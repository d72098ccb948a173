"""A tracer with nothing but numbers and effects, for tests of what belongs to these."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import bifront.imperative as torch
from bifront.compiler.dispatch import Array, Recording, using
from bifront.compiler.dispatch.array import Look
from bifront.compiler.location import in_house
from bifront.compiler.ops import Op
from bifront.frontends.imperative.compiling.effects import Effects
from bifront.frontends.imperative.compiling.numbers import Numbers
from bifront.frontends.imperative.compiling.traced import is_traced

in_house[__file__] = True  # whoever looks for the program's lines passes this file over


class Trace:
    """What one run did.

    Attributes:
        checks: the values that it depends on, in order.
        numbers, effects: its numbers, and what it wrote for people.
    """

    def __init__(self) -> None:
        self.checks: list[Array] = []
        self.effects = Effects()
        self.numbers = Numbers(Interpreter(self), self.checks.append, self.effects.shown)

    def exactly(self, function: Callable[[], object]) -> list[float]:
        """The exact values that a function makes the run depend on."""
        before = len(self.checks)
        function()
        return [c.data.item() for c in self.checks[before:]]

    def number(self, value: float, dtype: torch.dtype = torch.float32) -> float:
        """A number that came out of a tensor."""
        return self.numbers.number(torch.tensor(value, dtype=dtype).array)  # type: ignore[return-value]

    @contextmanager
    def running(self) -> Iterator[None]:
        def hook(frame: FrameType, event: str, argument: object) -> None:
            self.effects.watch(frame, event, argument)

        with using(Interpreter(self)):
            sys.setprofile(hook)
            try:
                yield
            finally:
                sys.setprofile(None)
        self.effects.finish()


class Interpreter(Recording):
    __slots__ = ("trace",)

    def __init__(self, trace: Trace, grad: bool = True) -> None:
        super().__init__(everything=True, grad=grad)
        self.trace = trace

    @property
    def numbers(self) -> Numbers:  # type: ignore[override]
        return self.trace.numbers

    def derive(self, grad: bool) -> Interpreter:
        return Interpreter(self.trace, grad)

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        numbers = self.trace.numbers
        if is_traced(a):
            a = numbers.operand(a, b.dtype)  # type: ignore[union-attr]
        elif is_traced(b):
            b = numbers.operand(b, a.dtype)  # type: ignore[union-attr]
        return super().apply2(op, a, b)

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        if not self.trace.effects.shown():
            self.trace.checks.append(array)


def again(array: Array, values: dict[Array, float]) -> object:
    """An array computed anew, with these values in the places of some that it was computed from."""
    if array in values:
        return array.data.dtype.type(values[array])
    if array.op is None:
        return array.data
    inputs = [again(x, values) if isinstance(x, Array) else x for x in array.inputs]
    return array.op.evaluate(*inputs, **array.attrs)
