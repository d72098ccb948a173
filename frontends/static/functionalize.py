"""From fetches to a closed, pure graph: reads of variables become inputs, assignments and random draws become states.

The operations that the fetches need are built anew, in order, from their recipes. This is where feeds cut the graph,
where a read learns which assignments it comes after, and where tensors of unknown rank get one.

What a run means, where TensorFlow leaves it to the order of its threads:

* a variable is read as it was when the run began, unless the reading operation depends (through data or control inputs)
  on an assignment to it: then it reads what the latest of those assigned;
* assignments to one variable happen in the order in which they were declared, each acting on what the one before left;
* random operations draw in the order in which they were declared.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...compiler import ops
from ...compiler.dispatch import Building, using
from ...compiler.errors import BifrontError, Place
from ...compiler.ir import Graph as IRGraph
from ...compiler.ir import State, TensorType, Value, dtypes
from ...compiler.location import Location
from ...compiler.passes import merge_transposes
from .build import located, outputs_of
from .errors import MissingFeedError
from .operation import Operation
from .refine import refined
from .tensor import Tensor
from .variable import Variable

RNG = "rng"
"""The slot of the session's random key, which all operations without a seed of their own share."""


@dataclass(frozen=True, eq=False)
class Program:
    """What a session runs for some fetches and feeds.

    Attributes:
        graph: inputs are `feeds`, outputs are `outputs`.
        feeds: the fed tensors that are needed.
        outputs: the tensors whose values come out.
        variables: the variable behind each state of the graph, by slot.
        keys: the seed (None: the graph's) of each state that is a random key, by slot.
    """

    graph: IRGraph
    feeds: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    variables: Mapping[str, Variable]
    keys: Mapping[str, int | None]


def functionalize(
    outputs: Sequence[Tensor],
    effects: Sequence[Operation],
    feeds: Mapping[Tensor, TensorType],
    inputs: Sequence[Tensor] | None = None,
) -> Program:
    """The program that computes ``outputs`` and runs ``effects``.

    Args:
        feeds: the types of the tensors that are given from outside.
        inputs: which of them become inputs, in this order; None: those that are needed.

    Raises:
        MissingFeedError: a placeholder is needed and not fed; tells the way from the fetch to it.
    """
    wanted = [t.op for t in outputs if t not in feeds] + [*effects]
    needed = needed_operations(wanted, feeds)
    _require_fed(needed, wanted, feeds)
    return _Rebuilding(feeds).program(needed, outputs, inputs)


def needed_operations(
    roots: Sequence[Operation], feeds: Mapping[Tensor, TensorType]
) -> list[Operation]:
    """The operations that the roots depend on, each after those it depends on, otherwise as declared."""
    found: set[Operation] = set()
    pending = list(roots)
    while pending:
        op = pending.pop()
        if op not in found:
            found.add(op)
            pending += _dependencies(op, feeds)
    users: dict[Operation, list[Operation]] = {}
    waits: dict[Operation, int] = {}
    ready: list[tuple[int, Operation]] = []
    for op in found:
        dependencies = set(_dependencies(op, feeds))
        waits[op] = len(dependencies)
        for dependency in dependencies:
            users.setdefault(dependency, []).append(op)
        if not dependencies:
            ready.append((op.index, op))
    heapq.heapify(ready)
    order: list[Operation] = []
    while ready:
        _, op = heapq.heappop(ready)
        order.append(op)
        for user in users.get(op, ()):
            waits[user] -= 1
            if not waits[user]:
                heapq.heappush(ready, (user.index, user))
    return order


def _dependencies(op: Operation, feeds: Mapping[Tensor, TensorType]) -> list[Operation]:
    return [t.op for t in op.inputs if t not in feeds] + op.control_inputs


def _require_fed(
    needed: Sequence[Operation], roots: Sequence[Operation], feeds: Mapping[Tensor, TensorType]
) -> None:
    for op in needed:
        if op.type == "Placeholder":
            tensor = op.outputs[0]
            raise MissingFeedError(
                f"You must feed a value for placeholder {tensor.name!r} with dtype "
                f"{tensor.dtype.name} and shape {tensor.shape}",
                places=_way_to(op, roots, feeds),
                hint=f"add it to feed_dict: {{..., {op.name}: value}}",
            )


def _way_to(
    placeholder: Operation, roots: Sequence[Operation], feeds: Mapping[Tensor, TensorType]
) -> list[Place]:
    """The shortest way from a fetch to the placeholder, one place for each step."""
    came_from: dict[Operation, Operation | None] = dict.fromkeys(roots)
    queue = list(came_from)
    for op in queue:
        if op is placeholder:
            break
        for dependency in _dependencies(op, feeds):
            if dependency not in came_from:
                came_from[dependency] = op
                queue.append(dependency)
    path: list[Operation] = []
    step: Operation | None = placeholder
    while step is not None:
        path.append(step)
        step = came_from[step]
    path.reverse()
    places = [Place("run here", Location.here())]
    for i, op in enumerate(path):
        what = "the placeholder" if op is placeholder else "fetched" if i == 0 else "needs"
        places.append(Place(f"{what} {op.name!r} ({op.type})", op.location))
    return places


class _Rebuilding:
    """One pass over the needed operations."""

    def __init__(self, feeds: Mapping[Tensor, TensorType]) -> None:
        self.builder = Building("session")
        self.values: dict[Tensor, Value] = {
            tensor: self.builder.input(type, tensor.op.name, tensor.op.location)
            for tensor, type in feeds.items()
        }
        self.feeds = feeds
        self.versions: dict[Variable, list[Value]] = {}
        self.keys: dict[str, list[Value]] = {}
        self.seeds: dict[str, int | None] = {}
        # For each operation, the version of each variable that it comes after.
        self.after: dict[Operation, dict[Variable, int]] = {}

    def program(
        self,
        needed: Sequence[Operation],
        outputs: Sequence[Tensor],
        inputs: Sequence[Tensor] | None,
    ) -> Program:
        for op in needed:
            self.after[op] = self._comes_after(op)
            if op.recipe is not None:
                self._run(op)
        results = tuple(self._value(t, {}) for t in outputs)
        if inputs is None:
            read = {t for op in needed for t in op.inputs} | set(outputs)
            inputs = [t for t in self.values if t in self.feeds and t in read]
        states = [State(v.slot, versions[0], versions[-1]) for v, versions in self.versions.items()]
        states += [State(slot, keys[0], keys[-1]) for slot, keys in self.keys.items()]
        graph = merge_transposes(
            self.builder.close([self.values[t] for t in inputs], results, states)
        )
        variables = {v.slot: v for v in self.versions}
        return Program(graph, tuple(inputs), tuple(outputs), variables, dict(self.seeds))

    def _comes_after(self, op: Operation) -> dict[Variable, int]:
        found: dict[Variable, int] = {}
        for dependency in _dependencies(op, self.feeds):
            for variable, version in self.after[dependency].items():
                found[variable] = max(version, found.get(variable, 0))
        return found

    def _run(self, op: Operation) -> None:
        after = self.after[op]
        operands = [self._versions(v)[-1] for v in op.writes]
        operands += [self._value(t, after) for t in op.inputs]
        if op.draws:
            operands.insert(0, self._draw(op))
        assert op.recipe is not None
        self.builder.at = op.location
        try:
            with using(self.builder):
                made = outputs_of(op.recipe(*operands))
                if op.pinned:
                    made = [self._pin(v) if v in operands else v for v in made]
        except BifrontError as error:
            raise _at_run(error, op) from None
        finally:
            self.builder.at = None
        for variable, new in zip(op.writes, made, strict=False):
            versions = self._versions(variable)
            versions.append(new)
            after[variable] = len(versions) - 1
        for tensor, value in zip(op.outputs, made[len(op.writes) :], strict=True):
            if tensor not in self.feeds:
                self.values[tensor] = self._refined(tensor, value)

    def _refined(self, tensor: Tensor, value: Value) -> Value:
        if tensor.refinement is None:
            return value
        self.builder.at = tensor.op.location
        return refined(self.builder, value, tensor.refinement)

    def _pin(self, value: Value) -> Value:
        """The same numbers as a value of its own, so that a gradient can be taken for this use of them alone."""
        shape = value.shape
        return self.builder.apply(ops.RESHAPE, (value,), {"shape": shape})

    def _value(self, tensor: Tensor, after: Mapping[Variable, int]) -> Value:
        variable = tensor.op.variable
        if variable is not None and tensor not in self.feeds:
            return self._versions(variable)[after.get(variable, 0)]
        return self.values[tensor]

    def _versions(self, variable: Variable) -> list[Value]:
        if variable not in self.versions:
            first = self.builder.input(variable.type, variable.slot, variable.op.location)
            self.versions[variable] = [first]
        return self.versions[variable]

    def _draw(self, op: Operation) -> Value:
        slot = RNG if op.seed is None else f"{RNG}/{op.name}"
        if slot not in self.keys:
            key = self.builder.input(TensorType(dtypes.int64, (2,)), slot, op.location)
            self.keys[slot] = [key]
            self.seeds[slot] = op.seed
        keys = self.keys[slot]
        key = keys[-1]
        self.builder.at = op.location
        with using(self.builder):
            keys.append(ops.next_key(key))  # type: ignore[arg-type]
        return key


def _at_run(error: BifrontError, op: Operation) -> BifrontError:
    """An error that only appeared in a run (the rank of a feed decides it) tells the operation's line first."""
    found = located(error, op)
    mine = [p for p in found.places if p.location is not op.location]
    found.places = (
        Place(f"{op.type} {op.name!r} was made here", op.location),
        *(p for p in mine if p.label),
        Place("run here", Location.here()),
    )
    return found
