"""Dropout that goes on where nothing is learned."""

from __future__ import annotations

from collections.abc import Callable

from ...compiler.ir import Graph, Node, Value
from ...compiler.lints import Finding
from ...compiler.location import Location
from ...compiler.ops import CONSTANT, GE, GT, LE, LT, RANDOM_UNIFORM
from .border import Dropped, Event, Ran, Stepping
from .check import Check


class Dropout(Check):
    """Dropout in an evaluation.

    Found: a model that drops under ``no_grad`` after a step: it was not put into evaluation mode; a
    graph that changes no variable, reads some that another graph trains, and drops at a rate that is a constant.
    Not found: dropout at a rate that is fed. Dropout that is wanted in evaluation (Monte Carlo) is found all the same:
    leave the check out there.
    """

    name = "dropout"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._trains = False
        self._idle: dict[str, Dropped] = {}
        self._graphs: dict[int, Graph] = {}

    def told(self, event: Event) -> None:
        if isinstance(event, Stepping):
            self._trains = True
        elif isinstance(event, Dropped) and not event.learning and self._trains:
            self._idle.setdefault(str(event.place), event)
        elif isinstance(event, Ran):
            self._graphs.setdefault(id(event.executable.graph), event.executable.graph)

    def finish(self) -> None:
        for event in self._idle.values():
            self.report(
                "the model drops values at random where no gradient flows",
                event.place,
                "call model.eval() before the evaluation, and model.train() after it",
            )
        trained = {s.slot for g in self._graphs.values() for s in g.states if _learns(s.output, s.input)}  # fmt: skip
        for graph in self._graphs.values():
            read = {s.slot for s in graph.states if not s.changes}
            if not read & trained or any(_learns(s.output, s.input) for s in graph.states):
                continue
            for node in graph.nodes:
                if _drops(graph, node):
                    self._evaluated(node.location)

    def _evaluated(self, where: Location | None) -> None:
        self.report(
            "values are dropped at random in a run that trains nothing",
            where,
            "make the rate a placeholder (tf.placeholder_with_default) and feed another in training, "
            "or use training= of tf.layers.dropout",
        )


def _learns(new: Value, old: Value) -> bool:
    return new is not old and new.dtype.is_float


def _drops(graph: Graph, node: Node) -> bool:
    """Whether a node draws what is compared with a constant, to keep or to drop."""
    if node.op is not RANDOM_UNIFORM:
        return False
    for user in graph.nodes:
        if user.op in (GE, LT, GT, LE) and node.output in user.inputs:
            other = next((v for v in user.inputs if v is not node.output), None)
            maker = other.producer if other is not None else None
            if maker is not None and maker.op is CONSTANT:
                return True
    return False
