"""Rows that a program writes into a tensor, one after the other, as rows that were collected.

``out[t] = h`` gives a new tensor with every write. What is read of it again is what was written, and when all is done
it is the rows side by side: the list that the program might have kept instead, which a loop stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..ir import Node, State, TensorType, Value, live_nodes
from ..ir.types import Shape
from ..location import Location
from ..ops import CONCATENATE, SLICE, UPDATE_SLICE
from ..tracing.path import Check, Path
from ..tracing.pullbacks import PULLBACK

__all__ = ["Write", "collect_writes", "write_of"]

_FEW = 3
"""So many writes are worth it."""


class Write(NamedTuple):
    """A tensor that is another one but for some rows."""

    old: Value
    rows: Value
    axis: int
    start: int
    limit: int


def collect_writes(path: Path) -> Path:
    """The path in which rows that were written are what was written. The path itself where nothing is to be done."""
    writes = sum(node.op is UPDATE_SLICE for node in path.nodes)
    return _Collecting(path).path() if writes >= _FEW else path


class _Collecting:
    def __init__(self, path: Path) -> None:
        self.old = path
        self.pinned = {v for n in path.nodes if n.op is PULLBACK for v in n.inputs[2:]}
        self.writes: dict[Value, Write] = {}
        """By the new values."""
        self.new: dict[Value, Value] = {}
        self.nodes: list[Node] = []
        self.places = [0]
        self.whole: dict[Value, Value] = {}

    def path(self) -> Path:
        old = self.old
        looks = {c.at for c in old.checks}
        by_place = {at: [c for c in old.checks if c.at == at] for at in looks}
        checks: list[Check] = []

        def look(at: int) -> None:
            for c in by_place.get(at, ()):
                value = self._read(c.value, c.location)
                checks.append(Check(len(self.nodes), value, c.expected, c.location))

        for at, node in enumerate(old.nodes):
            look(at)
            self._meet(node)
        look(len(old.nodes))
        outputs = [self._read(v, None) for v in old.outputs]
        states = [State(s.slot, s.input, self._read(s.output, None)) for s in old.states]
        return self._without_writes(checks, states, outputs)

    def _without_writes(
        self, checks: list[Check], states: list[State], outputs: list[Value]
    ) -> Path:
        """The path without writes that nothing reads any more."""
        roots = [*outputs, *(s.output for s in states), *(c.value for c in checks)]
        live = set(live_nodes(roots))
        kept = [n.op is not UPDATE_SLICE or n in live for n in self.nodes]
        places = [0]
        for keep in kept:
            places.append(places[-1] + keep)
        return Path(
            self.old.name,
            self.old.inputs,
            tuple(states),
            tuple([n for n, keep in zip(self.nodes, kept, strict=True) if keep]),
            tuple([Check(places[c.at], c.value, c.expected, c.location) for c in checks]),
            tuple(outputs),
        )

    def _meet(self, node: Node) -> None:
        if node.op is UPDATE_SLICE:
            inputs = [self._now(node.inputs[0]), self._read(node.inputs[1], node.location)]
            (value,) = self._append(node, inputs).outputs
            write = write_of(node, inputs)
            if write is not None and not self.pinned & {node.outputs[0]}:
                self.writes[value] = write
            return
        if node.op is SLICE and not self.pinned & {node.outputs[0]}:
            found = self._part(node)
            if found is not None:
                self.new[node.outputs[0]] = found
                return
        self._append(node, [self._read(v, node.location) for v in node.inputs])

    def _now(self, value: Value) -> Value:
        return self.new.get(value, value)

    def _part(self, node: Node) -> Value | None:
        """A slice of what was written, or of what was there before; None if it is of something else."""
        source = self._now(node.inputs[0])
        starts, limits, strides = (_ints(node, k) for k in ("starts", "limits", "strides"))
        if source not in self.writes:
            return None
        while (write := self.writes.get(source)) is not None:
            start, limit = starts[write.axis], limits[write.axis]
            if write.start <= start and limit <= write.limit:
                source = write.rows
                starts = _put(starts, write.axis, start - write.start)
                limits = _put(limits, write.axis, limit - write.start)
                break
            if start < write.limit and write.start < limit:
                return None
            source = write.old
        if limits == source.shape and not any(starts) and all(s == 1 for s in strides):
            return source
        if source in self.writes:
            return None
        return self._make(node, source, starts, limits, strides)

    def _read(self, value: Value, location: Location | None) -> Value:
        """A value that is read as a whole: the rows that were written and what is left of the others."""
        value = self._now(value)
        if value not in self.writes:
            return value
        if value not in self.whole:
            self.whole[value] = self._collected(value, location)
        return self.whole[value]

    def _collected(self, value: Value, location: Location | None) -> Value:
        axis, extent = self.writes[value].axis, value.shape[self.writes[value].axis]
        rows: dict[int, Write] = {}
        source = value
        taken = bytearray(extent if isinstance(extent, int) else 0)
        while (write := self.writes.get(source)) is not None and write.axis == axis:
            if any(taken[write.start : write.limit]):
                return value
            taken[write.start : write.limit] = b"\1" * (write.limit - write.start)
            rows[write.start] = write
            source = write.old
        if len(rows) < _FEW:
            return value
        parts: list[Value] = []
        at = 0
        last = value.producer
        assert last is not None
        for start, write in sorted(rows.items()):
            if at < start:
                parts.append(self._rest(last, source, axis, at, start))
            parts.append(write.rows)
            at = write.limit
        if at < len(taken):
            parts.append(self._rest(last, source, axis, at, len(taken)))
        made = Node(CONCATENATE, parts, {"axis": axis}, [value.type], location or last.location)
        self.nodes.append(made)
        return made.output

    def _rest(self, like: Node, source: Value, axis: int, start: int, limit: int) -> Value:
        shape: Shape = source.shape
        zeros = (0,) * len(shape)
        starts, limits = _put(zeros, axis, start), _put(shape, axis, limit)  # type: ignore[arg-type]
        return self._make(like, source, starts, limits, (1,) * len(shape))

    def _make(self, like: Node, source: Value, starts: Ints, limits: Ints, strides: Ints) -> Value:
        attrs = {"starts": starts, "limits": limits, "strides": strides}
        shape = tuple([-(-(b - a) // s) for a, b, s in zip(starts, limits, strides, strict=True)])
        made = Node(SLICE, [source], attrs, [TensorType(source.dtype, shape)], like.location)
        self.nodes.append(made)
        return made.output

    def _append(self, node: Node, inputs: list[Value]) -> Node:
        if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            self.nodes.append(node)
            return node
        types = [v.type for v in node.outputs]
        made = Node(node.op, inputs, node.attrs, types, node.location, node.regions)
        for old, value in zip(node.outputs, made.outputs, strict=True):
            value.hint = old.hint
            self.new[old] = value
        self.nodes.append(made)
        return made


Ints = tuple[int, ...]


def write_of(node: Node, inputs: Sequence[Value]) -> Write | None:
    """The rows that a node writes, if they are whole rows of one axis."""
    starts, limits, strides = (_ints(node, k) for k in ("starts", "limits", "strides"))
    shape = inputs[0].shape
    axes = [a for a, d in enumerate(shape) if (starts[a], limits[a]) != (0, d)]
    if len(axes) != 1 or any(s != 1 for s in strides) or not all(isinstance(d, int) for d in shape):
        return None
    (axis,) = axes
    return Write(inputs[0], inputs[1], axis, starts[axis], limits[axis])


def _ints(node: Node, name: str) -> Ints:
    return node.attrs[name]  # type: ignore[return-value]


def _put(sizes: Ints, axis: int, size: int) -> Ints:
    return (*sizes[:axis], size, *sizes[axis + 1 :])
