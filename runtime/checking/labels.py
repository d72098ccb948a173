"""Labels that count from another number than the classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.dispatch import Array
from ...compiler.ir import Graph, Node, Value
from ...compiler.lints import Finding
from ...compiler.lints.reading import Reading, softmaxes
from ...compiler.location import Location
from ...compiler.ops import CAST, ONE_HOT, RESHAPE, TAKE_ALONG
from .border import Event, Ran
from .check import Check

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op

ENOUGH = 20
"""How many labels must have been seen before one that is missing means something."""


@dataclass(slots=True)
class _Labels:
    """The labels that a line picked by."""

    where: Location | None
    seen: np.ndarray
    count: int = field(default=0)


class Labels(Check):
    """Labels that are one off, or outside, where nothing refuses them.

    Found: a label at or beyond the number of classes in a one-hot encoding, which gives a row of zeros; a loss that
    picks logarithms of probabilities by labels among which 0 never comes, while every other class does.
    Not found: negative labels in a one-hot encoding, which mean "none"; labels outside the classes of a cross-entropy,
    which are an error.
    """

    name = "labels"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._picked: dict[str, _Labels] = {}
        self._sources: dict[int, tuple[Graph, list[tuple[Node, int]]]] = {}

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if op is ONE_HOT:
            (labels,) = inputs
            assert isinstance(labels, Array)
            self._encoded(labels.data, attrs["depth"], result.location or Location.here(1))
        elif op is TAKE_ALONG:
            table, labels = inputs
            assert isinstance(table, Array)
            assert isinstance(labels, Array)
            if attrs["axis"] == table.ndim - 1 and _are_logarithms(table.data):
                where = result.location or Location.here(1)
                self._pick(labels.data, table.shape[-1], where)

    def told(self, event: Event) -> None:
        if not isinstance(event, Ran):
            return
        graph = event.executable.graph
        if id(graph) not in self._sources:
            self._sources[id(graph)] = graph, list(_labelled(graph))
        for node, position in self._sources[id(graph)][1]:
            labels = event.arguments[position]
            if node.op is ONE_HOT:
                self._encoded(labels, node.attrs["depth"], node.location)
            else:
                self._pick(labels, node.inputs[0].shape[-1], node.location)

    def _encoded(self, labels: np.ndarray, depth: object, where: Location | None) -> None:
        if isinstance(depth, int) and labels.size and labels.max() >= depth:
            self.report(
                f"label {labels.max()} is outside of {depth} classes (0 to {depth - 1}): its one-hot row is all zeros",
                where,
                "subtract 1 from labels that count from 1, or raise the number of classes",
            )

    def _pick(self, labels: np.ndarray, classes: object, where: Location | None) -> None:
        if not isinstance(classes, int) or not labels.size:
            return
        known = self._picked.setdefault(str(where), _Labels(where, np.zeros(classes, bool)))
        if len(known.seen) == classes and labels.min() >= 0 and labels.max() < classes:
            known.seen[labels.astype(np.int64)] = True
            known.count += labels.size

    def finish(self) -> None:
        for known in self._picked.values():
            seen = known.seen
            if known.count >= ENOUGH and len(seen) > 2 and not seen[0] and seen[1:].all():
                self.report(
                    f"class 0 of {len(seen)} never occurs among {known.count} labels, and all others do",
                    known.where,
                    "subtract 1 from labels that count from 1, and have as many classes as there are labels",
                )


def _are_logarithms(table: np.ndarray) -> bool:
    """Whether rows are logarithms of probabilities."""
    if table.dtype.kind != "f" or not table.size or table.max() > 0:
        return False
    return bool(np.allclose(np.exp(table).sum(-1), 1, atol=1e-3))


def _labelled(graph: Graph) -> list[tuple[Node, int]]:
    """The nodes that pick by labels which are given to the graph, and which of the arguments these are."""
    logarithms = {v for s in softmaxes(Reading(graph)) for v in s.results}
    found = []
    for node in graph.nodes:
        picks = node.op is TAKE_ALONG and node.inputs[0] in logarithms
        if picks and node.attrs["axis"] != node.inputs[0].ndim - 1:
            continue
        if picks or node.op is ONE_HOT:
            position = _position(graph, node.inputs[-1])
            if position is not None:
                found.append((node, position))
    return found


def _position(graph: Graph, value: Value) -> int | None:
    while value.producer is not None and value.producer.op in (RESHAPE, CAST):
        value = value.producer.inputs[0]
    return next((i for i, v in enumerate(graph.parameters) if v is value), None)
