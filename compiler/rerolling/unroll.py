"""The opposite of finding loops: a graph for known sizes, with its loops written out.

Two programs that do the same operations on the same parts of the same values give one graph, with loops or without:
that a path and what became of it are the same for a given length is shown by their fingerprints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from ..autodiff import specialize
from ..control import SCAN, WHILE
from ..dispatch import Array, Building, using
from ..ir import Attrs, Dim, Graph, Node, State, TensorType, Value
from ..ops import (
    ADD,
    CONCATENATE,
    CONSTANT,
    FLIP,
    FULL,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    UPDATE_SLICE,
    Kind,
    Op,
    flip,
    reshape,
    slice_,
    transpose,
)
from .arrangement import Item, Joined, View, cut, flipped, join, shape_of, shaped, turned, whole
from .stream import attrs_key
from .writes import Write, write_of

__all__ = ["unroll"]

_FOLDED = 4096
"""Operations on constants are computed where the result has at most so many elements."""


def unroll(
    graph: Graph, sizes: Mapping[str, Dim] | None = None, trips: Iterable[int] = ()
) -> Graph:
    """The graph with every scan written out, and what that leaves behind put in order.

    Elements of a stack become what was stacked, views of views one view, operations on constants their results, and
    what is computed twice is computed once.

    Args:
        sizes: for the symbolic dimensions; all of them must be known.
        trips: how many iterations the ``while`` loops make, in the order in which they run; those beyond stay loops.
    """
    if sizes:
        graph = specialize(graph, sizes)
    return _Unrolling(graph.name, iter(trips)).graph(graph)


class _Unrolling(Building):
    """Builds each operation once, and computes those of constants."""

    def __init__(self, name: str, trips: Iterator[int]) -> None:
        super().__init__(name)
        self.trips = trips
        self._known: dict[Hashable, Node] = {}
        self._written: dict[Item, Value] = {}

    def graph(self, graph: Graph) -> Graph:
        parameters = [self.input(v.type, v.hint, v.location) for v in graph.parameters]
        with using(self):
            items = self._run(graph, [whole(v) for v in parameters], graph.parameters)
            results = [self._value(items[v]) for v in graph.results]
        count = len(graph.outputs)
        new = dict(zip(graph.parameters, parameters, strict=True))
        states = [
            State(s.slot, new[s.input], v)
            for s, v in zip(graph.states, results[count:], strict=True)
        ]
        return self.close([new[v] for v in graph.inputs], results[:count], states)

    def node(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> Node:
        operands = [self._own(x) for x in inputs]
        key = (op.name, attrs_key(attrs), *operands, *[r.fingerprint() for r in regions])
        known = self._known.get(key)
        if known is None:
            known = self._folded(op, operands, attrs) or super().node(op, operands, attrs, regions)
            self._known[key] = known
        return known

    def _folded(self, op: Op, inputs: Sequence[Value], attrs: Attrs) -> Node | None:
        """The constant that an operation on constants is."""
        nodes = [v.producer for v in inputs]
        if not inputs or any(n is None or n.op is not CONSTANT for n in nodes):
            return None
        found = op.infer(*[v.type for v in inputs], **attrs)
        size = found.size if isinstance(found, TensorType) else _FOLDED + 1
        if not isinstance(size, int) or size > _FOLDED:
            return None
        data = op.evaluate(*[n.attrs["value"] for n in nodes if n is not None], **attrs)
        return self.constant(np.array(data)).producer

    # ------------------------------------------------------------------------------------- running

    def _run(
        self, graph: Graph, given: Sequence[Item], parameters: Sequence[Value]
    ) -> dict[Value, Item]:
        items = dict(zip(parameters, given, strict=True))
        for node in graph.nodes:
            self.at = node.location
            operands = [items[v] for v in node.inputs]
            items.update(zip(node.outputs, self._apply(node, operands), strict=True))
        return items

    def _region(self, region: Graph, given: Sequence[Item]) -> list[Item]:
        items = self._run(region, given, region.inputs)
        return [items[v] for v in region.outputs]

    def _apply(self, node: Node, operands: list[Item]) -> Sequence[Item]:
        if node.op is SCAN and isinstance(node.attrs["length"], int):
            return self._scan(node, operands)
        if node.op is WHILE:
            times = next(self.trips, None)
            if times is not None:
                return self._while(node, operands, times)
        arranged = self._arranged(node, operands)
        if arranged is not None:
            return [arranged]
        values = [self._value(i) for i in operands]
        if node.op is ADD and any(map(_is_nothing, values)):
            kept = next((v for v in values if not _is_nothing(v)), values[0])
            if kept.shape == node.output.shape:
                return [whole(kept)]
        if node.op.kind is Kind.ELEMENTWISE and len(values) > 1:
            values = self._plain(values, node.outputs[0].type)
        made = self.node(node.op, values, node.attrs, node.regions)
        return [whole(v) for v in made.outputs]

    def _scan(self, node: Node, operands: list[Item]) -> list[Item]:
        n, m, length = (_number(node, k) for k in ("carries", "sequences", "length"))
        carries, sequences, captures = operands[:n], operands[n : n + m], operands[n + m :]
        order = range(length)[:: -1 if node.attrs["reverse"] else 1]
        stacks: dict[int, list[Item]] = {}
        for t in order:
            slices = [_slice(s, t) for s in sequences]
            out = self._region(node.regions[0], [*carries, *slices, *captures])
            carries = out[:n]
            stacks[t] = out[n:]
        rows = [stacks[t] for t in range(length)]
        return [*carries, *(self._stack(column) for column in zip(*rows, strict=True))]

    def _while(self, node: Node, operands: list[Item], times: int) -> list[Item]:
        n = _number(node, "carries")
        carries, captures = operands[:n], operands[n:]
        rows = []
        for _ in range(times):
            out = self._region(node.regions[1], [*carries, *captures])
            carries = out[:n]
            rows.append(out[n:])
        return [*carries, *(self._stack(column) for column in zip(*rows, strict=True))]

    def _stack(self, column: Sequence[Item]) -> Item:
        return self._join([self._shaped(i, (1, *shape_of(i))) for i in column], 0)

    # ------------------------------------------------------------------------------------- views

    def _arranged(self, node: Node, operands: list[Item]) -> Item | None:
        attrs = node.attrs
        if node.op is SLICE:
            return cut(operands[0], attrs["starts"], attrs["limits"], attrs["strides"])  # type: ignore[arg-type]
        if node.op is FLIP:
            return flipped(operands[0], attrs["axes"])  # type: ignore[arg-type]
        if node.op is TRANSPOSE:
            return turned(operands[0], attrs["perm"])  # type: ignore[arg-type]
        if node.op is RESHAPE:
            return self._shaped(operands[0], attrs["shape"])  # type: ignore[arg-type]
        if node.op is CONCATENATE:
            return self._join(operands, _number(node, "axis"))
        write = write_of(node, node.inputs) if node.op is UPDATE_SLICE else None
        if write is not None:
            return self._written_over(operands, write)
        return None

    def _written_over(self, operands: list[Item], write: Write) -> Item:
        """Rows before those that are written, these, and those after them."""
        old, rows = operands
        shape, axis = shape_of(old), write.axis

        def kept(start: int, limit: int) -> list[Item]:
            if start == limit:
                return []
            starts = tuple([start if a == axis else 0 for a in range(len(shape))])
            limits = tuple([limit if a == axis else d for a, d in enumerate(shape)])
            return [cut(old, starts, limits, (1,) * len(shape))]

        before, after = kept(0, write.start), kept(write.limit, shape[axis])
        return self._join([*before, rows, *after], axis)

    def _shaped(self, item: Item, shape: tuple[int, ...]) -> Item:
        found = shaped(item, shape)
        return found if found is not None else whole(reshape(self._value(item), shape))  # type: ignore[arg-type]

    def _join(self, items: Sequence[Item], axis: int) -> Item:
        return join(
            [
                whole(self._value(i)) if isinstance(i, Joined) and i.axis != axis else i
                for i in items
            ],
            axis,
        )

    def _value(self, item: Item) -> Value:
        """The item as a value of the graph."""
        known = self._written.get(item)
        if known is None:
            known = self._written[item] = self._write(item)
        return known

    def _write(self, item: Item) -> Value:
        if isinstance(item, Joined):
            parts = [self._value(p) for p in item.parts]
            return self.apply(CONCATENATE, parts, {"axis": item.axis})
        return _written(item)

    def _plain(self, values: list[Value], wanted: TensorType) -> list[Value]:
        """Operands of an elementwise operation: what is full of one number is that number, if another has the shape."""
        plain = []
        for i, value in enumerate(values):
            node = value.producer
            others = (v for j, v in enumerate(values) if j != i)
            if (
                node is not None
                and node.op is FULL
                and any(v.shape == wanted.shape for v in others)
            ):
                value = self.constant(np.asarray(node.attrs["value"], value.dtype.numpy))
            plain.append(value)
        return plain


def _written(view: View) -> Value:
    value, picks = view.base, view.picks
    ends = [(p.first, p.first + (p.extent - 1) * p.step) for p in picks]
    found = slice_(
        value,
        [min(e) for e in ends],
        [max(e) + 1 for e in ends] if all(p.extent for p in picks) else [0] * len(ends),
        [abs(p.step) for p in picks],
    )
    found = flip(found, [a for a, p in enumerate(picks) if p.step < 0])
    kept = [a for a, p in enumerate(picks) if p.extent != 1]
    order = [a for a in view.axes if a is not None]
    if order != kept:
        found = reshape(found, [picks[a].extent for a in kept])
        found = transpose(found, [kept.index(a) for a in order])
    return reshape(found, shape_of(view))  # type: ignore[return-value]


def _slice(item: Item, t: int) -> Item:
    """``item[t]``."""
    shape = shape_of(item)
    rest = len(shape) - 1
    part = cut(item, (t, *[0] * rest), (t + 1, *shape[1:]), (1,) * len(shape))
    found = shaped(part, shape[1:])
    assert found is not None
    return found


def _number(node: Node, name: str) -> int:
    number = node.attrs[name]
    assert isinstance(number, int)
    return number


def _is_nothing(value: Value) -> bool:
    """Whether a value is full of -0.0, which changes no number that it is added to."""
    node = value.producer
    if node is None or node.op not in (FULL, CONSTANT):
        return False
    data = np.asarray(node.attrs["value"])
    return bool(data.dtype.kind == "f" and (data == 0).all() and np.signbit(data).all())
