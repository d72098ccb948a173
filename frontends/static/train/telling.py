"""What optimizers tell those who check programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ....compiler.location import Location
from ....runtime.checking.border import Accumulator, Declared, Minimized, tell
from ..operation import Operation
from ..tensor import Tensor
from ..variable import Variable, trainable_variables

__all__ = ["tell_accumulators", "tell_minimized"]

_STOPS = ("StopGradient", "PreventGradient")
_THROUGH = ("Identity",)


def tell_minimized(
    made: Location,
    loss: Tensor,
    weighted: bool,
    pairs: Sequence[tuple[Tensor | None, Variable]],
) -> None:
    """Tell of gradients that were declared, and of the trainable variables that they are not for."""
    flows, behind = _reached(loss)
    chosen = {v: g is not None for g, v in pairs}
    others = [v for v in trainable_variables() if v not in chosen and v in flows]
    declared = [
        Declared(v.slot, v.op.location, v in chosen, chosen.get(v, True), behind.get(v))
        for v in (*chosen, *others)
    ]
    tell(Minimized(made, loss.graph, loss.type, loss.op.location, weighted, tuple(declared)))


def _reached(loss: Tensor) -> tuple[set[Variable], dict[Variable, Location]]:
    """Variables to which a gradient may flow, and those that stand behind where it is stopped."""
    flows: set[Variable] = set()
    stops: list[Operation] = []
    for op in _before([loss.op], _STOPS):
        if op.type in _STOPS:
            stops.append(op)
        elif op.variable is not None:
            flows.add(op.variable)
    behind: dict[Variable, Location] = {}
    for stop in stops:
        for op in _before([t.op for t in stop.inputs], ()):
            if op.variable is not None:
                behind.setdefault(op.variable, stop.location)
    return flows, behind


def _before(start: Iterable[Operation], ends: Sequence[str]) -> Iterable[Operation]:
    seen: set[Operation] = set()
    pending = list(start)
    while pending:
        op = pending.pop()
        if op not in seen:
            seen.add(op)
            yield op
            if op.type not in ends:
                pending += [t.op for t in op.inputs]


def tell_accumulators(gradients: Iterable[Tensor]) -> None:
    """Tell of the gradients that are what a variable holds."""
    for gradient in gradients:
        op = gradient.op
        while op.type in _THROUGH and op.inputs:
            op = op.inputs[0].op
        variable = op.variable
        if variable is not None:
            tell(_accumulator(variable))


def _accumulator(variable: Variable) -> Accumulator:
    graph, initializer = variable.op.graph, variable.initializer

    def writers(adding: bool) -> list[Location]:
        return [
            op.location
            for op in graph.get_operations()
            if variable in op.writes and op is not initializer and (op.type in _ADDING) == adding
        ]

    return Accumulator(
        graph, variable.op.name, initializer.name, lambda: writers(True), lambda: writers(False)
    )


_ADDING = ("AssignAdd", "AssignAddVariableOp")
