"""Plans: what a session does for some fetches, compiled, and how it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...compiler.dispatch import RECORDING, current
from ...compiler.errors import BifrontError, IndexOutOfRange, Place, ShapeError
from ...compiler.ir import Graph, State, Value, close
from ...compiler.location import Location
from ...compiler.ops import CONSTANT
from ...runtime.executable import Executable, compile
from .errors import InvalidArgumentError, InvalidIndexError, InvalidShapeError
from .fetches import Fetches
from .functionalize import Call, Program
from .operation import Operation
from .segments import Segment, cut
from .tensor import Tensor

_USUAL: object = RECORDING
Done = dict[Operation, list[object]]
"""What operations of Python's gave in this run."""


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A program, compiled, and how its results become the answer to the fetches.

    Attributes:
        parts: the graph, or its segments where Python computes something in the middle.
        reads: the slots of variables that the program reads, so they must have values.
        changes: the position among the results of each state that changes, and its slot.
        constants: what states become that are set to constants, by slot: the constants themselves, which nobody can
            write to. A step that wants to write its new state over one writes to new memory, once.
        ranks: what the ranks of tensors that Python computes were taken to be.
    """

    program: Program
    parts: tuple[tuple[Segment | None, Executable], ...]
    fetches: Fetches
    reads: tuple[str, ...]
    changes: tuple[tuple[int, str], ...]
    constants: Mapping[str, np.ndarray]
    ranks: Mapping[Tensor, int]


class OtherRank(Exception):
    """Python computed a tensor of another rank than the plan is for."""

    def __init__(self, tensor: Tensor, rank: int) -> None:
        self.tensor = tensor
        self.rank = rank


def planned(program: Program, fetches: Fetches, ranks: Mapping[Tensor, int]) -> Plan:
    """The plan of a program."""
    program, constants = _without_constants(program)
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
    return Plan(
        program, tuple(parts), fetches, tuple(reads), tuple(changes), constants, dict(ranks)
    )


def _without_constants(program: Program) -> tuple[Program, dict[str, np.ndarray]]:
    """The program without states that it does nothing with but set to constants, and those constants.

    A network's first weights are such. As results they would be copied, and be in memory twice from then on.
    """
    graph = program.graph
    read = {v for node in graph.nodes for v in node.inputs} | set(graph.outputs)
    constants: dict[str, np.ndarray] = {}
    for state in graph.states:
        node = state.output.producer
        if node is not None and node.op is CONSTANT and state.input not in read:
            value = node.attrs["value"]
            assert isinstance(value, np.ndarray)
            constants[state.slot] = value
    if not constants or program.calls:
        return program, {}
    states = [s for s in graph.states if s.slot not in constants]
    rest = close(graph.name, graph.inputs, graph.outputs, states)
    return replace(program, graph=rest), constants


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
    segment, executable = plan.parts[0]
    if segment is None and not plan.program.calls:
        return run_alone(executable, arguments), {}
    return _Calling(plan, arguments, session, done).results()


def run_alone(
    executable: Executable, arguments: Sequence[np.ndarray], replace: bool = False
) -> Sequence[np.ndarray]:
    """What an executable gives; a capture is told.

    Args:
        replace: whether new states may be written over the arrays that are given for the old ones.

    Raises:
        InvalidArgumentError: an index lies outside its axis, or sizes do not fit each other.
    """
    try:
        results = executable.update(*arguments) if replace else executable.run(*arguments)
    except (IndexOutOfRange, ShapeError) as error:
        invalid = InvalidShapeError if isinstance(error, ShapeError) else InvalidIndexError
        raise invalid(
            error.answer,
            places=(*error.places, Place("run here", Location.here())),
            hint=error.hint,
        ) from None
    if (interpreter := current()) is not _USUAL:
        capture = getattr(interpreter, "ran", None)
        if capture is not None:
            graph = executable.graph
            outputs = results[: len(graph.outputs)]
            capture(graph, executable.binding(*arguments), outputs, arguments)
    return results


class _Calling:
    """A run in which functions of Python's are called."""

    def __init__(
        self, plan: Plan, arguments: Sequence[np.ndarray], session: object, done: Done
    ) -> None:
        self.plan = plan
        self.session = session
        self.done = done
        self.graph = plan.program.graph
        self.texts: dict[Tensor, object] = {}
        given = [
            *self.graph.inputs[: len(plan.program.feeds)],
            *(s.input for s in self.graph.states),
        ]
        self.table: dict[Value, np.ndarray] = dict(zip(given, arguments, strict=True))
        self.waiting = list(plan.program.calls)

    def results(self) -> tuple[Sequence[np.ndarray], dict[Tensor, object]]:
        for segment, executable in self.plan.parts:
            self._compute(segment, executable)
            self._call_all()
        # What is asked for twice, or was given from outside, is not shared.
        return [np.array(self.table[v]) for v in self.graph.results], self.texts

    def _call_all(self) -> None:
        """Make the calls that come before the next segment."""
        while self.waiting:
            call = self.waiting.pop(0)
            self._call(call, self.table)
            if call.results:
                return

    def _call(self, call: Call, table: Mapping[Value, np.ndarray]) -> None:
        op = call.op
        if op not in self.done:
            given = [
                table[self.graph.outputs[a]] if isinstance(a, int) else self.texts[a]
                for a in call.arguments
            ]
            self.done[op] = called(op, self.session, given)
        places = iter(call.results)
        for tensor, value in zip(op.outputs, self.done[op], strict=True):
            if not tensor.dtype.is_numeric:
                self.texts[tensor] = value
            elif call.results:
                array = np.asarray(value)
                _require_shape(tensor, array)
                if tensor.type is None and array.ndim != self.plan.ranks[tensor]:
                    raise OtherRank(tensor, array.ndim)
                self.table[self.graph.inputs[next(places)]] = array

    def _compute(self, segment: Segment | None, executable: Executable) -> None:
        inputs = self.graph.parameters if segment is None else segment.inputs
        outputs = self.graph.results if segment is None else segment.outputs
        arguments = [self.table[v] for v in inputs]
        try:
            made = run_alone(executable, arguments)
        except InvalidArgumentError:
            self._call_before_the_error(executable.graph, outputs, arguments)
            raise
        self.table.update(zip(outputs, made, strict=True))

    def _call_before_the_error(
        self, graph: Graph, outputs: Sequence[Value], arguments: Sequence[np.ndarray]
    ) -> None:
        """Where a run fails: an assertion that does not hold says why, and what is printed before helps to see it."""
        inside = dict(zip(outputs, graph.results, strict=True))
        states = [State(s.slot, s.input, s.input) for s in graph.states]
        for call in self.waiting:
            values = [self.graph.outputs[a] for a in call.arguments if isinstance(a, int)]
            missing = [v for v in values if v not in self.table]
            if call.results or any(v not in inside for v in missing):
                return
            part = close(graph.name, graph.inputs, [inside[v] for v in missing], states)
            try:
                found = compile(part)(*arguments)
            except BifrontError:
                return
            self._call(call, {**self.table, **dict(zip(missing, found, strict=False))})


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
