"""Interpreters that time each operation which is evaluated at once."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING

from ...compiler.dispatch import Array, Recording
from ...compiler.dispatch.eager import Eager
from .collecting import Collector

if TYPE_CHECKING:
    from ...compiler.ir import Attrs, Graph
    from ...compiler.ops.op import Op


class _Timed:
    """A clock around each operation of the interpreter behind it."""

    __slots__ = ()
    collector: Collector

    def apply1(self, op: Op, a: Array) -> Array:
        start = perf_counter_ns()
        result: Array = super().apply1(op, a)  # type: ignore[misc]
        self.collector.evaluation(op.name, start, perf_counter_ns())
        return result

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        start = perf_counter_ns()
        result: Array = super().apply2(op, a, b)  # type: ignore[misc]
        self.collector.evaluation(op.name, start, perf_counter_ns())
        return result

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        start = perf_counter_ns()
        result: Array = super().apply(op, inputs, attrs, regions)  # type: ignore[misc]
        self.collector.evaluation(op.name, start, perf_counter_ns())
        return result


class TimedEager(_Timed, Eager):
    """`Eager` with a clock around each operation."""

    __slots__ = ("collector",)

    def __init__(self, collector: Collector) -> None:
        self.collector = collector

    def with_grad(self, grad: bool) -> TimedEager | TimedRecording:
        return TimedRecording(self.collector) if grad else self


class TimedRecording(_Timed, Recording):
    """`Recording` with a clock around each operation. What remembers everything, a trace, is not timed."""

    __slots__ = ("collector",)

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self.collector = collector

    def with_grad(self, grad: bool) -> TimedEager | TimedRecording:
        return self if grad else TimedEager(self.collector)

    def forgetful(self) -> TimedEager:
        return TimedEager(self.collector)

    def derive(self, grad: bool) -> Recording:
        return Recording(self.everything, grad, self.at)
