"""From fetches to a closed, pure graph: reads of variables become inputs, assignments and random draws become states.

The operations that the fetches need are built anew, in order, from their recipes. This is where feeds cut the graph,
and where tensors of unknown rank get one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...compiler.dispatch import Building
from ...compiler.errors import BifrontError, Place
from ...compiler.ir import Graph as IRGraph
from ...compiler.ir import State, TensorType, Value, dtypes, live_nodes
from ...compiler.location import Location
from ...compiler.passes import finish
from .build import located, unranked_type
from .errors import MissingFeedError
from .needed import dependencies, needed_operations
from .operation import Operation
from .rebuilding import Rebuilding
from .segments import sizes_told, sizes_used
from .tensor import Tensor
from .variable import Variable


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """A function of Python's that is called in a run.

    Attributes:
        op: the operation whose ``host`` is called.
        arguments: what it gets: outputs of the graph, by position, and texts that other calls give.
        results: which inputs of the graph are what it gives.
    """

    op: Operation
    arguments: tuple[int | Tensor, ...]
    results: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """What a session runs for some fetches and feeds.

    Attributes:
        graph: inputs are `feeds` and then what calls give; outputs are `outputs`, then what calls get, then
            what tells sizes.
        feeds: the fed tensors that are needed.
        outputs: the tensors whose values come out.
        variables: the variable behind each state of the graph, by slot.
        keys: the seed (None: the graph's) of each state that is a random key, by slot.
        calls: the functions of Python's, in order.
    """

    graph: IRGraph
    feeds: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    variables: Mapping[str, Variable]
    keys: Mapping[str, int | None]
    calls: tuple[Call, ...]


class UnknownRank(Exception):
    """The rank of what an operation of Python's gives must be known: it has to be called first."""

    def __init__(self, op: Operation) -> None:
        self.op = op


def functionalize(
    outputs: Sequence[Tensor],
    effects: Sequence[Operation],
    feeds: Mapping[Tensor, TensorType],
    inputs: Sequence[Tensor] | None = None,
    ranks: Mapping[Tensor, int] | None = None,
) -> Program:
    """The program that computes ``outputs`` and runs ``effects``.

    Args:
        feeds: the types of the tensors that are given from outside.
        inputs: which of them become inputs, in this order; None: those that are needed.
        ranks: of tensors that Python computes and that have no shape.

    Raises:
        MissingFeedError: a placeholder is needed and not fed; tells the way from the fetch to it.
        UnknownRank: Python computes a tensor that has no shape and is not among ``ranks``.
    """
    wanted = [t.op for t in outputs if t not in feeds] + [*effects]
    needed = needed_operations(wanted, feeds)
    _require_fed(needed, wanted, feeds)
    return _Session(feeds, ranks or {}).program(needed, outputs, inputs)


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
        for dependency in dependencies(op, feeds):
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


class _Session(Rebuilding):
    """A run from its beginning: what a variable holds and what a key is come from outside."""

    def __init__(self, feeds: Mapping[Tensor, TensorType], ranks: Mapping[Tensor, int]) -> None:
        builder = Building("session")
        inputs = {
            tensor: builder.input(type, tensor.op.name, tensor.op.location)
            for tensor, type in feeds.items()
        }
        super().__init__(builder, inputs)
        self.seeds: dict[str, int | None] = {}
        self.ranks = ranks
        self.calls: list[tuple[Operation, list[Value | Tensor], list[Value]]] = []

    def program(
        self,
        needed: Sequence[Operation],
        outputs: Sequence[Tensor],
        inputs: Sequence[Tensor] | None,
    ) -> Program:
        self.run(needed)
        results = [self.value(t) for t in outputs]
        if inputs is None:
            read = {t for op in needed for t in op.inputs} | set(outputs)
            inputs = [t for t in self.values if t in self.given and t in read]
        states = [State(v.slot, versions[0], versions[-1]) for v, versions in self.versions.items()]
        states += [State(slot, keys[0], keys[-1]) for slot, keys in self.keys.items()]
        given = [self.values[t] for t in inputs]
        calls = []
        for op, arguments, made in self.calls:
            results += [v for v in arguments if isinstance(v, Value) and v not in results]
            places = [results.index(v) if isinstance(v, Value) else v for v in arguments]
            first = len(given)
            given += made
            calls.append(Call(op, tuple(places), tuple(range(first, len(given)))))
        graph = finish(self.builder.close(given, self._told(given, results, states), states))
        variables = {v.slot: v for v in self.versions}
        return Program(
            graph, tuple(inputs), tuple(outputs), variables, dict(self.seeds), tuple(calls)
        )

    def _told(
        self, inputs: Sequence[Value], results: Sequence[Value], states: Sequence[State]
    ) -> list[Value]:
        """The results, and behind them values whose axes tell a size that is asked for where nothing else tells it."""
        nodes = live_nodes([*results, *(s.output for s in states)])
        values = {*inputs, *(s.input for s in states), *(v for n in nodes for v in n.outputs)}
        told = {name for v in values for name in sizes_told(v)}
        found = list(results)
        for name in sorted({name for n in nodes for name in sizes_used(n)} - told):
            tellers = (v for n in self.builder.nodes for v in n.outputs if name in sizes_told(v))
            found += [v for v in (next(tellers, None),) if v is not None]
        return found

    def call(self, op: Operation) -> None:
        after = self.after[op]
        wanted = [t for t in op.outputs if t.dtype.is_numeric and t not in self.given]
        arguments = [self.value(t, after) if t.dtype.is_numeric else t for t in op.inputs]
        if op.outputs and not wanted and all(t in self.given for t in op.outputs):
            return
        made = []
        for tensor in wanted:
            type = tensor.type
            if type is None:
                if tensor not in self.ranks:
                    raise UnknownRank(op)
                type = unranked_type(tensor, self.ranks[tensor])
            self.values[tensor] = self.builder.input(type, op.name, op.location)
            made.append(self.values[tensor])
        self.calls.append((op, arguments, made))

    def version(self, variable: Variable) -> list[Value]:
        if variable not in self.versions:
            first = self.builder.input(variable.type, variable.slot, variable.op.location)
            self.versions[variable] = [first]
        return self.versions[variable]

    def key(self, slot: str, seed: int | None, op: Operation) -> list[Value]:
        if slot not in self.keys:
            key = self.builder.input(TensorType(dtypes.int64, (2,)), slot, op.location)
            self.keys[slot] = [key]
            self.seeds[slot] = seed
        return self.keys[slot]

    def failed(self, error: BifrontError, op: Operation) -> BifrontError:
        return _at_run(error, op)


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
