"""One run of the Python itself, with everything that it did noted down, and the path that comes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from types import CodeType
from typing import Any, TypeAlias

import numpy as np

from ....compiler.autodiff import history
from ....compiler.dispatch import Array, Look, Origin
from ....compiler.dispatch.current import current
from ....compiler.location import Location
from ....compiler.ops import (
    BROADCAST_TO,
    FLIP,
    GATHER,
    GATHER_ND,
    REGISTRY,
    RESHAPE,
    SLICE,
    TAKE_ALONG,
    TRANSPOSE,
)  # fmt: skip
from ....compiler.sizes import General, Observed
from ....compiler.tracing import Path, Pulled, Seen, Start, outsiders, unfold
from ..grad_mode import capturing, is_grad_enabled
from ..hooks import WATCHED
from ..tensor import Leaf, Tensor
from .effects import Effect, Refusal
from .environment import Watching
from .guard import Guard
from .length import plain_length
from .lengths import Lengths
from .results import Recipe, Unfit, describe
from .signature import Call
from .sources import Argument, Gradient, Held, Source, overwritable
from .traced import plain
from .tracer import Assumption, Log, Tracing

Condition: TypeAlias = "Callable[[np.ndarray], bool]"

__all__ = ["Condition", "Extra", "Recorded", "Unrecordable", "Write", "record"]


class Unrecordable(Exception):
    """Why a run cannot be compiled.

    Attributes:
        reason: in words.
        location: the line.
    """

    def __init__(self, reason: str, location: Location | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


@dataclass(eq=False)
class Extra:
    """A value that a run leaves besides its results.

    Attributes:
        gradient: the leaf whose gradient it becomes; None for other values.
        assumption: what must hold for it; None for other values. What is left is shown.
    """

    gradient: Origin | None = None
    assumption: Assumption | None = None


@dataclass(eq=False)
class Write:
    """A state that a run changes.

    Attributes:
        source: the tensor that is written; for a gradient, the leaf whose gradient is replaced by a new tensor where
            ``replaces``.
        value: the value that the run gave it, whose line is named where somebody still needs the old one.
    """

    source: Source
    replaces: bool
    value: Array


@dataclass(eq=False)
class Recorded:
    """What a run of the Python gave.

    Attributes:
        result: what it returned.
        seconds: how long it took.
        path: what it computed; None where it is not known. Its outputs are what it returned, and then the ``extras``.
        refusal: why it cannot be compiled; None where it can.
        outputs: the values of what it returned.
        observed: what it asked about sizes.
        general: for which sizes the path holds, once it is known.
        ran: the code of the functions that ran.
        inputs, states: where the path's inputs and states come from.
        firsts: the values of the sources before the run.
        extras, writes: what is left behind.
        cleared: leaves whose gradient is None in the end.
        present: leaves whose gradient the run read, and whether there was one.
        recipe: how the result is made anew.
        fixed: whether it says sizes.
        spent: outputs whose history backward let go of, and what stands for it.
        flows: outputs of the path through which gradients flow on, and the sources that they may flow to.
        guard: what the run read of the world around it.
        effects: what it showed.
        conditions: what must hold for values that the run starts with.
        steps: how many optimizer steps it took.
        frozen: tensors among the arguments that must be these very tensors.
    """

    result: Any = None
    seconds: float = 0.0
    path: Path | None = None
    refusal: Unrecordable | None = None
    outputs: list[np.ndarray] = field(default_factory=list)
    observed: Observed | None = None
    general: General | None = None
    ran: tuple[CodeType, ...] = ()
    inputs: list[Source] = field(default_factory=list)
    states: list[Source] = field(default_factory=list)
    firsts: dict[Source, Array] = field(default_factory=dict)
    extras: list[Extra] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    cleared: list[Origin] = field(default_factory=list)
    present: dict[Origin, bool] = field(default_factory=dict)
    recipe: Recipe | None = None
    spent: dict[int, tuple[()]] = field(default_factory=dict)
    fixed: bool = False
    flows: dict[int, list[Source]] = field(default_factory=dict)
    guard: Guard | None = None
    effects: tuple[Effect, ...] = ()
    conditions: dict[tuple[Source, Condition], None] = field(default_factory=dict)
    steps: int = 0
    frozen: dict[int, Held] = field(default_factory=dict)


def record(
    name: str,
    function: Callable[..., Any],
    call: Call,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    sizes: bool = True,
) -> Recorded:
    """Run the Python, with all its effects, and find the path that it took.

    Args:
        sizes: whether to listen to what it asks about sizes.

    Raises: what the function raises; then there is no path.
    """
    log = Log(Lengths() if sizes else None)
    arguments = [t.array for t in call.tensors]
    # A write in the run gives tensors origins.
    origins = [a.origin for a in arguments]
    before = random.getstate(), np.random.get_state()
    tracing = Tracing(log, is_grad_enabled())
    watching = Watching(function, call.objects, effects=log.effects)
    recorded: Recorded | None = None
    began = perf_counter()
    try:
        with tracing.listening(), watching as watch:
            result = log.numbers.recognized(function(*args, **kwargs))
        seconds = perf_counter() - began
        observed = log.lengths.close() if log.lengths is not None else None
        result = plain_length(result)
        recorded = Recorded(
            plain(result), seconds, observed=observed, ran=watch.ran, steps=log.steps
        )
        try:
            guard = watch.guard()
            if isinstance(guard, Refusal):
                raise Unrecordable(guard.reason, guard.location)
            recorded.guard = guard
            # The path of a run that will not come again is told to who wants to know what ran.
            _Finding(name, log, call, arguments, origins, result, guard, recorded).find()
            recorded.refusal = recorded.refusal or _unrepeatable(log, guard, before)
        except Unrecordable as refusal:
            recorded.refusal = refusal
        del result  # what is left of the numbers of the trace is what the program keeps
        return recorded
    finally:
        if log.lengths is not None:
            log.lengths.close()
        if capturing() and recorded is not None and recorded.flows:
            # Whoever records everything shall see what the gradient goes through.
            log.hand_over(current())
        else:
            log.forget()


def _unrepeatable(log: Log, guard: Guard, before: tuple[Any, Any]) -> Unrecordable | None:
    """Why a run cannot be done again by a graph although its path is known."""
    if log.effects.refusals:
        refusal = log.effects.refusals[0]
        return Unrecordable(refusal.reason, refusal.location)
    if guard.mutated:
        return Unrecordable(f"it changes {guard.mutated[0]}")
    if not _same(before, (random.getstate(), np.random.get_state())):
        return Unrecordable(
            "it draws from the random numbers of Python or NumPy, which no graph can do for it"
        )
    return None


def _same(before: tuple[Any, Any], after: tuple[Any, Any]) -> bool:
    (python, numpy), (python_now, numpy_now) = before, after
    return python == python_now and all(
        np.array_equal(a, b) for a, b in zip(numpy, numpy_now, strict=True)
    )


_PICKING = (BROADCAST_TO, FLIP, GATHER, GATHER_ND, RESHAPE, SLICE, TAKE_ALONG, TRANSPOSE)


def _picked_from(array: Array) -> Array:
    """The value of which all elements of this one are elements."""
    while array.op in _PICKING:
        source = array.inputs[0]
        assert isinstance(source, Array)
        array = source
    return array


class _Finding:
    """From the log of a run to its path and everything that goes with it."""

    def __init__(
        self,
        name: str,
        log: Log,
        call: Call,
        arguments: list[Array],
        origins: list[Origin | None],
        result: Any,
        guard: Guard,
        recorded: Recorded,
    ) -> None:
        self.name = name
        self.log = log
        self.call = call
        self.arguments = {a: i for i, a in reversed(list(enumerate(arguments)))}
        self.given = arguments
        self.origins = origins
        self.result = result
        self.guard = guard
        self.recorded = recorded
        self.made: set[Array] = set(log.born)
        for event in log.events:
            if isinstance(event, Array):
                self.made.add(event)
            elif isinstance(event, Pulled):
                self.made.update(event.cotangents)
        self.handles: dict[int, Source] = {id(t): Held(t) for _, t in guard.tensors}
        self.handles.update((id(t), Argument(i)) for i, t in enumerate(call.tensors))
        self.held = {t.array: Held(t) for _, t in guard.tensors}
        self.reachable = {id(t) for _, t in guard.tensors}
        self.states: dict[Source, Start] = {}
        self.extras: list[Array] = []

    def find(self) -> None:
        recorded, log = self.recorded, self.log
        if log.refusal is not None:
            raise Unrecordable(*log.refusal)
        self.unchanged_by_numpy()
        self.writes()
        self.gradients()
        try:
            described = describe(self.result, log, self.handles, self.call.containers)
        except Unfit as unfit:
            raise Unrecordable(str(unfit)) from None
        recorded.recipe, outputs = described.recipe, described.outputs
        recorded.fixed = described.fixed
        self.arguments_stay(described.tensors)
        rooted = self.assumptions()
        for effect in log.effects.effects:
            for array in effect.arrays:
                self.extra(array)
        recorded.effects = tuple(log.effects.effects)
        last = [s.last for s in self.states.values() if s.last is not None]
        inputs = self.sources(outsiders(log.events, [*outputs, *self.extras, *last, *rooted]))
        for number, array in enumerate(outputs):
            if array.tracked and array not in inputs:
                flow = self.flow(array, inputs)
                if isinstance(flow, list):
                    recorded.flows[number] = flow
                else:
                    recorded.spent[number] = flow
        for event in log.events:
            if isinstance(event, Pulled):
                self.stays_inside(event, inputs)
        names = {a: self.hint(a, s) for a, s in inputs.items()}
        by_source = {s: a for a, s in inputs.items()}
        recorded.outputs = [np.array(a.data) for a in outputs]
        recorded.inputs = list(inputs.values())
        recorded.states = list(self.states)
        recorded.firsts = by_source
        recorded.firsts.update(
            (source, start.first)
            for source, start in self.states.items()
            if isinstance(start.first, Array)
        )
        of_array = {a: s for s, a in recorded.firsts.items()}
        recorded.conditions = {
            (of_array[a], c): None for a, conditions in rooted.items() for c in conditions
        }
        flows = [
            (outputs[number], [recorded.firsts[s] for s in to])
            for number, to in recorded.flows.items()
        ]
        self.name_slots()
        recorded.path = unfold(
            self.name,
            log.events,
            names,
            list(self.states.values()),
            [*outputs, *self.extras],
            flows,
        )

    def unchanged_by_numpy(self) -> None:
        """Raise where numbers are no longer what they were when the program looked at them."""
        for event in self.log.events:
            if isinstance(event, Seen) and event.look is Look.VALUE:
                now = event.array.data
                if isinstance(now, np.ndarray) and now.tobytes() != event.data.tobytes():
                    raise Unrecordable("numbers are changed through NumPy", event.location)

    # What is left behind.

    def writes(self) -> None:
        gradients = {id(origin.grad) for origin in self.log.gradients}
        for origin, (first, last) in self.log.writes.items():
            tensor = origin.tensor if isinstance(origin, Leaf) else None
            if tensor is None or id(tensor) in gradients:
                continue
            if first in self.made:
                if self.is_local(tensor):
                    continue
                self.recorded.refusal = Unrecordable(
                    f"it makes a new {origin.kind} that lives on, so the next run will be another",
                    last.location,
                )
            self.write(self.source_of(first, tensor), tensor, first, last)

    def write(self, source: Source, tensor: Tensor, first: Array, last: Array) -> None:
        if tensor.array is not last and tensor.array.data is not last.data:
            raise Unrecordable("it gives a tensor other memory", last.location)
        if not overwritable(tensor):
            raise Unrecordable("it writes into memory that several tensors share", last.location)
        self.recorded.writes.append(Write(source, False, last))
        self.states[source] = Start(self.slot(first, source), first, last)

    def is_local(self, tensor: Tensor) -> bool:
        """Whether only the result still holds a tensor that the run made."""
        held: list[object] = [self.result]
        while held:
            thing = held.pop()
            if thing is tensor:
                return True
            if isinstance(thing, (tuple, list)):
                held.extend(thing)
            elif isinstance(thing, dict):
                held.extend(thing.values())
        return False

    def gradients(self) -> None:
        for origin, start in self.log.gradients.items():
            tensor = origin.tensor if isinstance(origin, Leaf) else None
            if tensor is None or tensor.array in self.log.born:
                continue
            if start.read:
                self.recorded.present[origin] = start.tensor is not None
            final = origin.grad
            if final is None:
                if start.tensor is not None or not start.read:
                    self.recorded.cleared.append(origin)
                continue
            assert isinstance(final, Tensor)
            if final is start.tensor and final.array is start.array:
                self.handles[id(final)] = Gradient(origin)
                continue
            if not overwritable(final):
                raise Unrecordable("it leaves a gradient whose memory other tensors share")
            source = Gradient(origin)
            if id(final) in self.handles and final is not start.tensor:
                raise Unrecordable(
                    "it makes a tensor that was there before the gradient of another"
                )
            self.handles[id(final)] = source
            if final is start.tensor:
                assert start.array is not None
                self.recorded.writes.append(Write(source, False, final.array))
                self.states[source] = Start(
                    self.slot(final.array, source), start.array, final.array
                )
            elif start.read and start.array is not None:
                self.recorded.writes.append(Write(source, True, final.array))
                self.states[source] = Start(
                    self.slot(final.array, source), start.array, final.array
                )
            else:
                self.extra(final.array, origin)

    def assumptions(self) -> dict[Array, list[Condition]]:
        """The conditions that must hold for values from outside; others are for values that a run gives.

        What holds for all elements of a value holds for those that were picked out of it.
        """
        rooted: dict[Array, list[Condition]] = {}
        known: set[tuple[Array, Condition]] = set()
        for assumption in self.log.assumptions:
            array = assumption.array
            if (array, assumption.condition) in known:
                continue
            known.add((array, assumption.condition))
            root = _picked_from(array)
            if root in self.made:
                root = array
            data = np.asarray(root.data)
            if root in self.log.born:
                continue
            if root not in self.made and assumption.outcome and assumption.condition(data):
                rooted.setdefault(root, []).append(assumption.condition)
            else:
                self.extra(array, assumption=assumption)
        return rooted

    def extra(
        self, array: Array, gradient: Origin | None = None, assumption: Assumption | None = None
    ) -> None:
        self.recorded.extras.append(Extra(gradient, assumption))
        self.extras.append(array)

    def arguments_stay(self, news: Iterable[Tensor]) -> None:
        """Raise where a tensor that was there before is not what it was, in a way that is no write."""
        handles = [*enumerate(self.call.tensors)]
        for i, tensor in handles:
            first = self.given[i]
            if tensor.array is not first and Argument(i) not in self.states:
                raise Unrecordable("it changes a tensor that it was given", tensor.array.location)
        for name, tensor in self.guard.tensors:
            changed = tensor.array in self.made and Held(tensor) not in self.states
            if changed and id(tensor) not in self.call.places:
                raise Unrecordable(f"it changes the tensor {name}", tensor.array.location)
        for tensor in news:
            if tensor.is_leaf and tensor.requires_grad:
                raise Unrecordable("it returns a new leaf that requires grad")

    # Where values come from.

    def source_of(self, array: Array, tensor: Tensor) -> Source:
        """The source of a tensor that had this value before the run."""
        place = self.call.places.get(id(tensor))
        if place is None:
            return Held(tensor)
        self.freeze(place, array)
        return Argument(place)

    def sources(self, arrays: Iterable[Array]) -> dict[Array, Source]:
        """The inputs of the path, in order; what are states is entered among the states."""
        gradients = {
            start.array: Gradient(origin)
            for origin, start in self.log.gradients.items()
            if start.array is not None
        }
        firsts = {s.first for s in self.states.values()}
        inputs: dict[Array, Source] = {}
        for array in arrays:
            if array in firsts or array in self.log.born:
                continue
            place = self.arguments.get(array)
            if place is not None:
                self.freeze(place, array)
                inputs[array] = Argument(place)
                continue
            gradient = gradients.get(array)
            if gradient is not None:
                self.states[gradient] = Start(self.slot(array, gradient), array, None)
                continue
            tensor = array.origin.tensor if isinstance(array.origin, Leaf) else None
            if tensor is not None and tensor.array is array:
                held = Held(tensor)
                self.states[held] = Start(self.slot(array, held), array, None)
            elif array in self.held:
                inputs[array] = self.held[array]
            else:
                raise Unrecordable(
                    "it uses a tensor that was made before, and that nothing in its reach holds",
                    array.location,
                )
        order = [Argument(i) for i in range(len(self.given))]
        ranks: dict[Source, int] = {s: n for n, s in enumerate(order)}
        return dict(sorted(inputs.items(), key=lambda item: ranks.get(item[1], len(ranks))))

    def freeze(self, place: int, array: Array) -> None:
        """An argument that the function may also reach by another way must be the same tensor the next time."""
        tensor = self.call.tensors[place]
        origin = self.origins[place]
        if id(tensor) in self.reachable or (origin is not None and origin.kind != "leaf"):
            self.recorded.frozen.setdefault(place, Held(tensor))

    def slot(self, array: Array, source: Source) -> str:
        origin = source.origin if isinstance(source, Gradient) else array.origin
        name = (origin.name or origin.kind) if origin is not None else "state"
        return f"{name}.grad" if isinstance(source, Gradient) else name

    def hint(self, array: Array, source: Source) -> str:
        if isinstance(source, Argument):
            spot = self.call.spots[source.index]
            return str(spot[0]) if isinstance(spot[0], str) else f"x{source.index}"
        return next((n for n, t in self.guard.tensors if t.array is array), "data")

    def name_slots(self) -> None:
        """Make the names of the states unique."""
        used: dict[str, int] = {}
        for state in self.states.values():
            count = used[state.slot] = used.get(state.slot, -1) + 1
            if count:
                state.slot = f"{state.slot}_{count}"

    # Where gradients flow.

    def flow(self, output: Array, inputs: dict[Array, Source]) -> list[Source] | tuple[()]:
        """What a gradient of an output may flow to; what stands for its history where backward let go of that."""
        starts = {s.first: source for source, s in self.states.items()}
        found: dict[Source, None] = {}
        seen = {output}
        stack = [output]
        while stack:
            array = stack.pop()
            if array in self.log.spent:
                return self.log.spent[array]
            if array in WATCHED:
                raise Unrecordable("it returns a value with hooks on the way to its gradient")
            source = inputs.get(array) or starts.get(array)
            if source is not None:
                found[source] = None
                continue
            if array.origin is not None:
                raise Unrecordable(
                    "it returns a value whose gradient flows to something that the call itself changed or made"
                )
            if array.op is not None and array.op.name not in REGISTRY:
                raise Unrecordable(
                    "it returns a value behind a function with a gradient of its own"
                )
            for x in array.inputs:
                if isinstance(x, Array) and x.tracked and x not in seen:
                    seen.add(x)
                    stack.append(x)
        return list(found)

    def stays_inside(self, event: Pulled, inputs: dict[Array, Source]) -> None:
        """Raise where a backward went on through what was computed before the run."""
        wrt = set(event.wrt)
        beyond = any(w.op is None or w.origin is not None for w in wrt)
        for array in history([event.output]) if beyond else ():
            if array.op is not None and array in inputs and array.origin is None:
                raise Unrecordable(
                    "its backward goes on through what was computed before the call", event.location
                )
