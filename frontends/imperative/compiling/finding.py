"""From the log of a run to its path: where its values come from, what it leaves behind, where gradients flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from ....compiler.autodiff import history
from ....compiler.dispatch import Array, Look, Origin
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
from ....compiler.tracing import Pulled, Seen, Start, outsiders, unfold
from ..hooks import WATCHED
from ..tensor import Leaf, Tensor
from .guard import Guard
from .recorded import Condition, Extra, Recorded, Unrecordable, Write
from .results import Unfit, describe
from .signature import Call
from .sources import Argument, Gradient, Held, Source, overwritable
from .tracer import Assumption, Log

__all__ = ["Finding"]

_PICKING = (BROADCAST_TO, FLIP, GATHER, GATHER_ND, RESHAPE, SLICE, TAKE_ALONG, TRANSPOSE)


def _picked_from(array: Array, made: Collection[Array]) -> Array:
    """The value of which all elements of this one are elements, as far as the run picked them itself."""
    while array in made and array.op in _PICKING:
        source = array.inputs[0]
        assert isinstance(source, Array)
        array = source
    return array


class Finding:
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
            settled=True,
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
            root = _picked_from(array, self.made)
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
