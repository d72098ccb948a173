"""`Eager`: evaluate now, remember nothing. `Recording`: evaluate now and remember where each value came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import _getframe as frame_at
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..location import in_house
from .array import EMPTY, Array, Look
from .explain import explain

if TYPE_CHECKING:
    from ..ir import Attrs, Graph
    from ..ops.op import Op
    from .array import Origin


class Eager:
    """Evaluates each operation with NumPy and keeps no history: gradients do not flow (``no_grad``)."""

    __slots__ = ()
    numbers: None = None
    """What makes Python numbers of values; a trace has something there."""
    lengths: None = None
    """What makes Python numbers of sizes; a trace has something there."""

    def apply1(self, op: Op, a: Array) -> Array:
        try:
            data = op.evaluate(a.data)
        except Exception as error:
            raise explain(error, op, (a,), EMPTY) from None
        return plain(data)

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        try:
            data = op.evaluate(
                a.data if a.__class__ is Array else a,
                b.data if b.__class__ is Array else b,
            )
        except Exception as error:
            raise explain(error, op, (a, b), EMPTY) from None
        return plain(data)

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        try:
            data = op.evaluate(*[a.data for a in inputs], **attrs)
        except Exception as error:
            raise explain(error, op, inputs, attrs) from None
        return plain(data)

    def constant(self, data: np.ndarray) -> Array:
        return plain(data)

    def with_grad(self, grad: bool) -> Eager | Recording:
        """The interpreter for a block in which gradients flow, or do not."""
        return RECORDING if grad else self

    def forgetful(self) -> Eager:
        """The interpreter for what nobody will ask for a gradient: a backward pass."""
        return self

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


def plain(data: np.ndarray) -> Array:
    """A value of which nothing is known but its numbers."""
    array = Array()
    array.data = data
    array.op = None
    array.inputs = ()
    array.attrs = EMPTY
    array.tracked = False
    array.code = None
    array.origin = None
    return array


class Recording:
    """Evaluates each operation with NumPy and links the result to its operands.

    Args:
        everything: remember operations through which no gradient flows too (a trace needs them).
        grad: whether gradients flow; False under ``no_grad`` in a trace.
        at: instruction to stamp on every value, instead of looking for the caller's. The backward pass gives the
            forward operation's, an optimizer the line of its ``step()``.
    """

    __slots__ = ("at", "everything", "grad", "user")
    numbers: Any = None
    """What makes Python numbers of values; a trace has something there."""
    lengths: Any = None
    """What makes Python numbers of sizes; a trace has something there."""

    def __init__(
        self,
        everything: bool = False,
        grad: bool = True,
        at: tuple[CodeType | None, int] | None = None,
    ) -> None:
        self.everything = everything
        self.grad = grad
        self.at = at
        self.user: CodeType | None = None
        """The code that called an operation last: it most often calls the next one too, and is no house code."""

    def apply1(self, op: Op, a: Array) -> Array:
        try:
            data = op.evaluate(a.data)
        except Exception as error:
            raise explain(error, op, (a,), EMPTY) from None
        return self._remember(op, (a,), EMPTY, data, a.tracked)

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        # What `_remember` does is written out here: a Python call costs a fifth of the whole budget for an operation.
        array = Array()
        try:
            if type(a) is not Array:
                array.data = op.evaluate(a, b.data)  # type: ignore[union-attr]
                tracked = b.tracked  # type: ignore[union-attr]
            elif type(b) is not Array:
                array.data = op.evaluate(a.data, b)
                tracked = a.tracked
            else:
                array.data = op.evaluate(a.data, b.data)
                tracked = a.tracked or b.tracked
        except Exception as error:
            raise explain(error, op, (a, b), EMPTY) from None
        if tracked and (op.vjp is None or not self.grad):
            tracked = False
        array.tracked = tracked
        array.attrs = EMPTY
        array.origin = None
        if tracked or self.everything:
            array.op = op
            array.inputs = (a, b)
            if self.at is None:
                # The operation's function stands in between. Frames are costly to look at, so it is passed over.
                frame = frame_at(2)
                code: CodeType | None = frame.f_code
                if code is not self.user:
                    frame, code = self.user_above(frame)
                array.code = code
                array.lasti = frame.f_lasti
            else:
                array.code, array.lasti = self.at
        else:
            array.op = array.code = None
            array.inputs = ()
        return array

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        try:
            data = op.evaluate(*[a.data for a in inputs], **attrs)
        except Exception as error:
            raise explain(error, op, inputs, attrs) from None
        tracked = False
        for a in inputs:
            if a.tracked:
                # An operation with attributes may turn a float into something that has no gradient (cast to int).
                tracked = data.dtype.kind == "f"
                break
        return self._remember(op, tuple(inputs), attrs, data, tracked)

    def constant(self, data: np.ndarray) -> Array:
        if not self.everything:
            return plain(data)
        from ..ops.constant import CONSTANT

        return self._remember(CONSTANT, (), {"value": data}, data, False)

    def with_grad(self, grad: bool) -> Eager | Recording:
        """The interpreter for a block in which gradients flow, or do not."""
        if self.everything:
            return self.derive(grad)
        return self if grad else EAGER

    def forgetful(self) -> Eager:
        """The interpreter for what nobody will ask for a gradient: a backward pass."""
        return EAGER

    def derive(self, grad: bool) -> Recording:
        """The same recording for a block of its own: its `at` can be set without touching this one."""
        return Recording(self.everything, grad, self.at)

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

    def user_above(self, frame: FrameType) -> tuple[FrameType, CodeType | None]:
        """The nearest frame of the user's and its code; the given one and None where there is no such frame."""
        above: FrameType | None = frame
        while above is not None:
            code = above.f_code
            if not in_house[code.co_filename]:
                self.user = code
                return above, code
            above = above.f_back
        return frame, None

    def _remember(
        self,
        op: Op,
        inputs: tuple[Array, ...],
        attrs: Attrs,
        data: np.ndarray,
        tracked: bool,
    ) -> Array:
        array = Array()
        array.data = data
        array.tracked = tracked = tracked and self.grad and op.vjp is not None
        array.attrs = attrs
        array.origin = None
        if tracked or self.everything:
            array.op = op
            array.inputs = inputs
            if self.at is None:
                frame = frame_at(3)
                code: CodeType | None = frame.f_code
                if code is not self.user:
                    frame, code = self.user_above(frame)
                array.code = code
                array.lasti = frame.f_lasti
            else:
                array.code, array.lasti = self.at
        else:
            array.op = array.code = None
            array.inputs = ()
        return array


EAGER = Eager()
RECORDING = Recording()
