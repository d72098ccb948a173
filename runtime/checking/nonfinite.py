"""Where nan and inf come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ...compiler.dispatch import Array, Damaged
from ...compiler.ir import Node, Value
from ...compiler.lints import Finding
from ...compiler.location import Location
from ..executable import Executable, compile
from .border import Event, Looked, Pulled, Ran, Stepping
from .check import Check

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op

_HINTS = {
    "log": "keep what it is taken of above 0 (clamp it, add a small number), or use log_softmax",
    "div": "keep the divisor away from 0: add a small number, or divide by its maximum with one",
    "sqrt": "keep what it is taken of at 0 or above; its gradient at 0 is infinite",
    "exp": "subtract the maximum before, or use a function that does (softmax, logsumexp)",
}
_HINT = "look at the operands of this line: print their minimum and maximum"


@dataclass(frozen=True, slots=True)
class _Source:
    """The operation that made the first nan or inf on the way to a value."""

    op: str
    made: str
    count: int
    size: int
    location: Location | None


class NonFinite(Check):
    """The first operation that makes nan or inf of finite numbers, where one of them arrives in something that counts.

    Found: in eager code, sessions and compiled functions, when the program looks at a value, differentiates it or steps
    with it, or a run gives it. The line named is that which made the first one, however far before.
    Not found: inf that was given (masks of ``-inf``) and what is masked or clipped away before anybody sees it. With
    ``raise_``, eager code raises as soon as one is made, seen or not.
    """

    name = "nonfinite"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._sources: WeakKeyDictionary[Array, _Source] = WeakKeyDictionary()

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if not _bad(result.data) or not inputs:
            return
        arrays = [a for a in inputs if isinstance(a, Array)]
        source = next((self._sources[a] for a in arrays if a in self._sources), None)
        if source is None:
            given = [a.data for a in arrays]
            if not _makes(given, result.data):
                return
            at = result.location or Location.here(1)
            source = _source(op.name, result.data, at)
            if self.at_once:
                self._say(source)
        self._sources[result] = source

    def told(self, event: Event) -> None:
        if isinstance(event, Looked):
            self._arrived(event.array)
        elif isinstance(event, Pulled):
            for root in event.roots:
                self._arrived(root)
        elif isinstance(event, Stepping):
            for gradient in event.gradients:
                if gradient is not None:
                    self._arrived(gradient)
        elif isinstance(event, Ran) and any(_bad(a) for a in event.results):
            source = _searched(event)
            if source is not None:
                self._say(source)

    def _arrived(self, array: Array) -> None:
        source = self._sources.get(array)
        if source is not None:
            self._say(source)

    def _say(self, source: _Source) -> None:
        some = f"{source.count} of {source.size} values are" if source.size > 1 else "the value is"
        self.report(
            f"{source.op} makes {source.made} of finite numbers: {some} not finite",
            source.location,
            _HINTS.get(source.op, _HINT),
        )


def _bad(data: np.ndarray) -> bool:
    return (
        not isinstance(data, Damaged)
        and data.dtype.kind == "f"
        and not bool(np.isfinite(data).all())
    )


def _makes(given: Sequence[np.ndarray], made: np.ndarray) -> bool:
    """Whether an operation makes what it was not given: a first nan, or a first inf."""
    bad = [a for a in given if _bad(a)]
    if not bad:
        return True
    return bool(np.isnan(made).any()) and not any(bool(np.isnan(a).any()) for a in bad)


def _source(op: str, data: np.ndarray, location: Location | None) -> _Source:
    wrong = data[~np.isfinite(data)]
    made = "nan" if np.isnan(wrong).any() else "-inf" if (wrong < 0).all() else "inf"
    return _Source(op, made, wrong.size, data.size, location)


def _searched(event: Ran) -> _Source | None:
    """Run once more, node by node, and follow what is not finite back from a result to where it began."""
    graph = event.executable.graph
    values: dict[Value, np.ndarray] = dict(zip(graph.parameters, event.arguments, strict=True))
    makers: dict[Value, Node] = {}

    def note(node: Node, arrays: tuple[np.ndarray, ...]) -> None:
        for value, array in zip(node.outputs, arrays, strict=True):
            makers[value] = node
            if _bad(array):
                values[value] = np.array(array)

    twin: Executable = compile(graph, "numpy", note)
    twin.run(*event.arguments)
    wrong = next((v for v in graph.results if v in values and _bad(values[v])), None)
    while wrong is not None and wrong in makers:
        node = makers[wrong]
        before = next((v for v in node.inputs if v in values and _bad(values[v])), None)
        if before is None:
            # A constant that is not finite was written so.
            return _source(node.op.name, values[wrong], node.location) if node.inputs else None
        if before not in makers or not makers[before].inputs:
            given = [values[v] for v in node.inputs if v in values]
            if not _makes(given, values[wrong]):
                return None
            return _source(node.op.name, values[wrong], node.location)
        wrong = before
    return None
