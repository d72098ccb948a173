"""From the log of one run to its path.

Lifting (`lift`) starts from results and keeps what they need; a path keeps everything in the program's order, because
the values that the program looked at, and the repetition in it, are found by order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from ..dispatch import Array, Look
from ..ir import Attrs, Node, State, TensorType, Value
from ..ir.dtypes import bool_, int64
from ..location import Location
from ..ops import CAST, CONSTANT, NE, NONZERO, REDUCE_SUM, REGISTRY, RESHAPE, STOP_GRADIENT
from .log import Event, Pulled, Seen
from .path import Check, Path
from .pullbacks import PULLBACK

__all__ = ["Start", "outsiders", "unfold"]

Alias = tuple[int, int]


class Start:
    """Where a state begins and ends.

    Attributes:
        slot: its name.
        first: its value before the run; its type, where the run never read it.
        last: its value after the run; None where it stays.
    """

    __slots__ = ("first", "last", "slot")

    def __init__(self, slot: str, first: Array | TensorType, last: Array | None) -> None:
        self.slot = slot
        self.first = first
        self.last = last


def unfold(
    name: str,
    events: Sequence[Event],
    inputs: Mapping[Array, str],
    states: Sequence[Start],
    outputs: Sequence[Array],
    flows: Sequence[tuple[Array, Collection[Array]]] = (),
    settled: bool = False,
) -> Path:
    """The path of one run.

    Args:
        name: what the program is called.
        events: the log.
        inputs: the values that the program was called with, and their names.
        states: what it reads and writes besides, in the order that the path is to have.
        outputs: what it returned.
        flows: outputs through which a gradient may flow later on, each with the values that it may flow to.
        settled: whether looks at the truth of values that no input decides are checks too: a loop may begin with one.

    Every other leaf is a constant: the caller has made sure that it may be (`outsiders`).
    """
    unfolding = _Unfolding(events, [*flows, *_pulled(events)], settled)
    return unfolding.path(name, inputs, states, outputs)


def outsiders(events: Sequence[Event], more: Sequence[Array] = ()) -> list[Array]:
    """The leaves, each once, that the run used and did not make by an operation, in the order of first use.

    Args:
        more: values that were used in the end (results, last values of states).
    """
    made: set[Array] = set()
    aliases: set[Alias] = set()
    found: dict[Array, None] = {}

    def meet(array: Array) -> None:
        while array not in made and array not in found:
            if array.op is None:
                found[array] = None
            elif _alias(array) not in aliases:
                if array.op.name in REGISTRY:
                    # Computed before the run.
                    found[array] = None
                else:
                    value = array.inputs[0]
                    assert isinstance(value, Array)
                    array = value
                    continue
            return

    for event in events:
        if isinstance(event, Array):
            for x in event.inputs:
                if isinstance(x, Array):
                    meet(x)
            made.add(event)
            aliases.add(_alias(event))
        elif isinstance(event, Pulled):
            for x in (event.output, event.seed, *event.wrt):
                meet(x)
            made.update(event.cotangents)
        else:
            meet(event.array)
    for array in more:
        meet(array)
    return list(found)


def _alias(array: Array) -> Alias:
    """What tells that two values are one: they were made by the same call."""
    return id(array.inputs), id(array.attrs)


def _pulled(events: Sequence[Event]) -> Iterator[tuple[Array, Collection[Array]]]:
    for event in events:
        if isinstance(event, Pulled):
            yield event.output, event.wrt


class _Unfolding:
    def __init__(
        self,
        events: Sequence[Event],
        flows: Sequence[tuple[Array, Collection[Array]]],
        settled: bool,
    ) -> None:
        self.events = events
        self.settled = settled
        self.values: dict[Array, Value] = {}
        self.aliases: dict[Alias, Value] = {}
        self.varying: set[Value] = set()
        """Values that depend on an input or a state."""
        self.nodes: list[Node] = []
        self.checks: list[Check] = []
        self.seen: set[tuple[Value, Look]] = set()
        self.blocked = _blocked(events, flows)

    def path(
        self,
        name: str,
        inputs: Mapping[Array, str],
        states: Sequence[Start],
        outputs: Sequence[Array],
    ) -> Path:
        given = [self.outer(array.type, hint, array.location) for array, hint in inputs.items()]
        self.values.update(zip(inputs, given, strict=True))
        before = []
        for state in states:
            first = state.first
            kind = first.type if isinstance(first, Array) else first
            value = self.outer(kind, state.slot, None)
            before.append(value)
            if isinstance(first, Array):
                self.values[first] = value
        for event in self.events:
            if isinstance(event, Array):
                self.apply(event)
            elif isinstance(event, Pulled):
                self.pull(event)
            else:
                self.look(event)
        results = [self.value(a) for a in outputs]
        after = [
            State(s.slot, value, self.value(s.last) if s.last is not None else value)
            for s, value in zip(states, before, strict=True)
        ]
        return Path(
            name,
            tuple(given),
            tuple(after),
            tuple(self.nodes),
            tuple(self.checks),
            tuple(results),
        )

    def outer(self, type: TensorType, hint: str, location: Location | None) -> Value:
        value = Value(type, hint=hint, location=location)
        self.varying.add(value)
        return value

    def value(self, array: Array) -> Value:
        known = self.values.get(array)
        if known is None:
            known = self.aliases.get(_alias(array)) if array.op is not None else None
            if known is None and array.op is not None and array.op.name not in REGISTRY:
                # A function whose gradient the user wrote: its first operand is what it computed.
                first = array.inputs[0]
                assert isinstance(first, Array)
                known = self.value(first)
            elif known is None:
                known = self.constant(np.array(array.data), array.location)
            self.values[array] = known
        return known

    def node(
        self,
        op: object,
        inputs: Sequence[Value],
        attrs: Attrs,
        types: Sequence[TensorType],
        location: Location | None,
    ) -> Node:
        node = Node(op, inputs, attrs, types, location)  # type: ignore[arg-type]
        self.nodes.append(node)
        if any(v in self.varying for v in inputs):
            self.varying.update(node.outputs)
        return node

    def constant(self, data: np.ndarray, location: Location | None) -> Value:
        kind = CONSTANT.infer(value=data)
        assert isinstance(kind, TensorType)
        return self.node(CONSTANT, (), {"value": data}, (kind,), location).output

    def apply(self, array: Array) -> None:
        assert array.op is not None
        location = array.location
        like = next((x for x in array.inputs if isinstance(x, Array)), None)
        operands = [
            self.value(x)
            if isinstance(x, Array)
            else self.constant(np.asarray(x, like.data.dtype), location)  # type: ignore[union-attr]
            for x in array.inputs
        ]
        attrs = array.attrs
        if array.op is NONZERO:
            attrs = self.counted(operands[0], array)
        made = self.node(array.op, operands, attrs, (array.type,), location).output
        self.aliases[_alias(array)] = self.values[array] = self.stopped(array, made)

    def counted(self, value: Value, array: Array) -> Attrs:
        """The number of positions that were found, which the program goes on by."""
        count = array.data.shape[0]
        if value in self.varying:
            location = array.location
            if value.dtype is not bool_:
                zero = self.constant(np.zeros((), value.dtype.numpy), location)
                value = self.node(
                    NE, (value, zero), {}, (TensorType(bool_, value.shape),), location
                ).output
            attrs: Attrs = {"dtype": int64}
            whole = TensorType(int64, value.shape)
            value = self.node(CAST, (value,), attrs, (whole,), location).output
            attrs = {"axes": tuple(range(value.ndim)), "keepdims": False}
            total = self.node(REDUCE_SUM, (value,), attrs, (TensorType(int64, ()),), location)
            self.checks.append(
                Check(len(self.nodes), total.output, np.asarray(count, np.int64), location)
            )
        return {"count": count}

    def stopped(self, array: Array, value: Value) -> Value:
        """The value, cut off where the run let no gradient through and a pullback would."""
        if array not in self.blocked:
            return value
        return self.node(STOP_GRADIENT, (value,), {}, (value.type,), value.location).output

    def pull(self, event: Pulled) -> None:
        operands = [self.value(a) for a in (event.output, event.seed, *event.wrt)]
        types = [v.type for v in operands[2:]]
        marker = self.node(PULLBACK, operands, {}, types, event.location)
        self.varying.update(marker.outputs)
        for array, value in zip(event.cotangents, marker.outputs, strict=True):
            self.values[array] = self.stopped(array, value)

    def look(self, seen: Seen) -> None:
        value = self.value(seen.array)
        counts = value in self.varying or (self.settled and seen.look is Look.TRUTH)
        if not counts or (value, Look.VALUE) in self.seen:
            return
        if (value, seen.look) in self.seen:
            return
        self.seen.add((value, seen.look))
        expected = seen.data
        if seen.look is Look.TRUTH and value.shape:
            kind = TensorType(value.dtype, ())
            value = self.node(RESHAPE, (value,), {"shape": ()}, (kind,), seen.location).output
            expected = np.reshape(expected, ())
        if seen.look is Look.TRUTH and value.dtype is not bool_:
            zero = self.constant(np.zeros((), value.dtype.numpy), seen.location)
            kind = TensorType(bool_, value.shape)
            value = self.node(NE, (value, zero), {}, (kind,), seen.location).output
            expected = np.not_equal(expected, 0)
        self.checks.append(Check(len(self.nodes), value, np.array(expected), seen.location))


def _blocked(
    events: Sequence[Event], flows: Sequence[tuple[Array, Collection[Array]]]
) -> set[Array]:
    """Values through which no gradient flowed (``no_grad``, a leaf's new value), but would in a graph.

    A graph does not say where gradients flow. What is needed for a value that is differentiated, and made without
    tracking from something that it is differentiated for, needs a `STOP_GRADIENT`.
    """
    blocked: set[Array] = set()
    for output, wrt in flows:
        active = set(wrt)
        candidates: set[Array] = set()
        for event in events:
            if isinstance(event, Pulled):
                if event.output in active or not active.isdisjoint(event.wrt):
                    candidates.update(event.cotangents)
                continue
            if isinstance(event, Seen) or event.op is None:
                continue
            if event.op.vjp is None or active.isdisjoint(event.inputs):
                continue
            if event.tracked and event.origin is None:
                active.add(event)
            elif event.data.dtype.kind == "f" and event.op is not STOP_GRADIENT:
                candidates.add(event)
        if candidates:
            blocked.update(candidates.intersection(_behind(output)))
    return blocked


def _behind(output: Array) -> Iterator[Array]:
    """Everything that a value was computed from, itself included."""
    seen = {output}
    stack = [output]
    while stack:
        array = stack.pop()
        yield array
        for x in array.inputs:
            if isinstance(x, Array) and x not in seen:
                seen.add(x)
                stack.append(x)
