"""Plans: what a session does for some fetches, compiled, and how it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...compiler.dispatch import current
from ...compiler.errors import IndexOutOfRange, Place, ShapeError
from ...compiler.ir import Value
from ...compiler.location import Location
from ...runtime.executable import Executable, compile
from .errors import InvalidArgumentError, InvalidIndexError, InvalidShapeError
from .fetches import Fetches
from .functionalize import Call, Program
from .operation import Operation
from .segments import Segment, cut
from .tensor import Tensor

Done = dict[Operation, list[object]]
"""What operations of Python's gave in this run."""


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A program, compiled, and how its results become the answer to the fetches.

    Attributes:
        parts: the graph, or its segments where Python computes something in the middle.
        reads: the slots of variables that the program reads, so they must have values.
        changes: the position among the results of each state that changes, and its slot.
        ranks: what the ranks of tensors that Python computes were taken to be.
    """

    program: Program
    parts: tuple[tuple[Segment | None, Executable], ...]
    fetches: Fetches
    reads: tuple[str, ...]
    changes: tuple[tuple[int, str], ...]
    ranks: Mapping[Tensor, int]


class OtherRank(Exception):
    """Python computed a tensor of another rank than the plan is for."""

    def __init__(self, tensor: Tensor, rank: int) -> None:
        self.tensor = tensor
        self.rank = rank


def planned(program: Program, fetches: Fetches, ranks: Mapping[Tensor, int]) -> Plan:
    """The plan of a program."""
    graph = program.graph
    read = {v for node in graph.nodes for v in node.inputs} | set(graph.outputs)
    reads = [s.slot for s in graph.states if s.input in read and s.slot in program.variables]
    first = len(graph.outputs)
    changes = [(first + i, s.slot) for i, s in enumerate(graph.states) if s.changes]
    given = [[graph.inputs[i] for i in call.results] for call in program.calls if call.results]
    parts: list[tuple[Segment | None, Executable]]
    if given:
        parts = [(segment, compile(segment.graph)) for segment in cut(graph, given)]
    else:
        parts = [(None, compile(graph))]
    return Plan(program, tuple(parts), fetches, tuple(reads), tuple(changes), dict(ranks))


def perform(
    plan: Plan, arguments: Sequence[np.ndarray], session: object, done: Done
) -> tuple[Sequence[np.ndarray], dict[Tensor, object]]:
    """Compute what a plan computes.

    Args:
        arguments: the feeds and states of the program.
        session: what functions of Python's are given.
        done: what was called already; what is called now is added.

    Returns:
        The results of the graph, and the texts that Python computed.

    Raises:
        InvalidArgumentError: an index lies outside its axis, sizes do not fit each other, an assertion does not hold.
        OtherRank: Python computed a tensor of another rank than the plan is for.
    """
    graph, calls = plan.program.graph, plan.program.calls
    segment, executable = plan.parts[0]
    texts: dict[Tensor, object] = {}
    if segment is None:
        results = _run(executable, arguments)
        capture = getattr(current(), "ran", None)
        if capture is not None:
            capture(graph, executable.binding(*arguments), results[: len(graph.outputs)])
        for call in calls:
            values = [results[i] if isinstance(i, int) else i for i in call.arguments]
            _call(call, values, texts, session, done, plan.ranks)
        return results, texts
    rest = iter(arguments)
    fed = len(plan.program.feeds)
    states = [s.input for s in graph.states]
    table: dict[Value, np.ndarray] = dict(zip([*graph.inputs[:fed], *states], rest, strict=True))
    parts = iter(plan.parts)
    _run_segment(parts, table)
    for call in calls:
        values = [table[graph.outputs[i]] if isinstance(i, int) else i for i in call.arguments]
        made = _call(call, values, texts, session, done, plan.ranks)
        if call.results:
            table.update(zip([graph.inputs[i] for i in call.results], made, strict=True))
            _run_segment(parts, table)
    # What is asked for twice, or was given from outside, is not shared.
    return [np.array(table[v]) for v in graph.results], texts


def _run_segment(
    parts: Iterator[tuple[Segment | None, Executable]], table: dict[Value, np.ndarray]
) -> None:
    segment, executable = next(parts)
    assert segment is not None
    given = [table[v] for v in segment.inputs]
    made = _run(executable, given)
    capture = getattr(current(), "ran", None)
    if capture is not None:
        capture(segment.graph, executable.binding(*given), made)
    table.update(zip(segment.outputs, made, strict=True))


def _run(executable: Executable, arguments: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    try:
        return executable(*arguments)
    except (IndexOutOfRange, ShapeError) as error:
        invalid = InvalidShapeError if isinstance(error, ShapeError) else InvalidIndexError
        raise invalid(
            error.answer,
            places=(*error.places, Place("run here", Location.here())),
            hint=error.hint,
        ) from None


def _call(
    call: Call,
    arguments: Sequence[np.ndarray | Tensor],
    texts: dict[Tensor, object],
    session: object,
    done: Done,
    ranks: Mapping[Tensor, int],
) -> list[np.ndarray]:
    """Call a function of Python's; gives the arrays among what it gave."""
    op = call.op
    if op not in done:
        given = [texts[a] if isinstance(a, Tensor) else a for a in arguments]
        done[op] = called(op, session, given)
    arrays: list[np.ndarray] = []
    for tensor, value in zip(op.outputs, done[op], strict=True):
        if not tensor.dtype.is_numeric:
            texts[tensor] = value
        elif call.results:
            array = np.asarray(value)
            _require_shape(tensor, array)
            if tensor.type is None and array.ndim != ranks[tensor]:
                raise OtherRank(tensor, array.ndim)
            arrays.append(array)
    return arrays


def called(op: Operation, session: object, arguments: Sequence[object]) -> list[object]:
    """What the function of an operation of Python's gives, one value for each output."""
    assert op.host is not None
    made = op.host(session, *arguments)
    if len(op.outputs) == 1:
        return [made]
    return list(made) if op.outputs else []  # type: ignore[call-overload]


def _require_shape(tensor: Tensor, array: np.ndarray) -> None:
    if tensor.type is None:
        return
    shape = tensor.type.shape
    fits = array.ndim == len(shape) and all(
        not isinstance(d, int) or d == n for d, n in zip(shape, array.shape, strict=False)
    )
    if not fits:
        raise InvalidArgumentError(
            f"{tensor.name!r} was said to have shape {tensor.shape}, but Python gave one of shape {array.shape}",
            places=(Place(f"{tensor.name!r} was made here", tensor.op.location),),
        )
