"""Interpreters that show each operation which is evaluated at once to the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ...compiler.dispatch import EMPTY, Array, Eager, Look, Recording
from .border import Looked, tell

if TYPE_CHECKING:
    from ...compiler.ir import Attrs, Graph
    from ...compiler.ops.op import Op

See: TypeAlias = "Callable[[Op, Sequence[Array | float], Attrs, Array], None]"


class _Seen:
    """Shows what the interpreter behind it evaluates."""

    __slots__ = ()
    see: See

    def apply1(self, op: Op, a: Array) -> Array:
        result: Array = super().apply1(op, a)  # type: ignore[misc]
        self.see(op, (a,), EMPTY, result)
        return result

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        result: Array = super().apply2(op, a, b)  # type: ignore[misc]
        self.see(op, (a, b), EMPTY, result)
        return result

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        result: Array = super().apply(op, inputs, attrs, regions)  # type: ignore[misc]
        self.see(op, tuple(inputs), attrs, result)
        return result

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        tell(Looked(array))


class CheckedEager(_Seen, Eager):
    """`Eager`, with the checks looking on."""

    __slots__ = ("see",)

    def __init__(self, see: See) -> None:
        self.see = see

    def with_grad(self, grad: bool) -> CheckedEager | CheckedRecording:
        return CheckedRecording(self.see) if grad else self


class CheckedRecording(_Seen, Recording):
    """`Recording`, with the checks looking on. What remembers everything, a trace, is left alone."""

    __slots__ = ("see",)

    def __init__(self, see: See) -> None:
        super().__init__()
        self.see = see

    def with_grad(self, grad: bool) -> CheckedEager | CheckedRecording:
        return self if grad else CheckedEager(self.see)

    def forgetful(self) -> CheckedEager:
        return CheckedEager(self.see)

    def derive(self, grad: bool) -> Recording:
        return Recording(self.everything, grad, self.at)
