"""Graphs with channels last: a pass that runs before the native backend plans kernels.

Convolutions and poolings become their twins between transposes, which are views and no work. Elementwise operations,
sums and joints of what such a twin made follow it into its layout, so that they fuse with it, and so that the next one
reads what the last one wrote. Programs in either layout end in the same kernels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....compiler.dispatch import Building, using
from ....compiler.fusion.reducing import REDUCTIONS
from ....compiler.ir import Attr, Attrs, Graph, Node, Value
from ....compiler.ir.dtypes import float16, float32
from ....compiler.ops import (
    BROADCAST_TO,
    CONCATENATE,
    CONSTANT,
    FULL,
    PAD,
    RESHAPE,
    SCATTER_ADD_ALONG,
    TRANSPOSE,
    Kind,
    cast,
    reshape,
    transpose,
)
from ....compiler.passes.rebuilding import rebuilt
from .geometry import is_supported
from .operations import PLACES, TO_MAXIMA, Perm, images, inverse, twin_of

__all__ = ["channels_last"]


def channels_last(graph: Graph) -> Graph:
    """The graph with convolutions and poolings, and what hangs on them, channels last; itself where there are none."""
    return rebuilt(graph, _Lowering().rebuild)


class _Lowering:
    def __init__(self) -> None:
        self.turned: dict[Value, tuple[Value, Perm]] = {}
        """Values that are transposes: of what, and how the axes of that come to lie."""

    def rebuild(
        self, builder: Building, node: Node, operands: Sequence[Value]
    ) -> Sequence[Value] | None:
        with using(builder):
            if node.regions:
                return self._regions(builder, node, operands)
            if is_supported(node):
                return [self._twin(builder, node, operands)]
            if found := self._to_maxima(builder, node, operands):
                return [found]
            if not any(v in self.turned for v in operands):
                return None
            if node.op is TRANSPOSE:
                return [self._transposed(node, operands[0])]
            if node.op.kind is Kind.ELEMENTWISE or node.op in (CONCATENATE, PAD):
                return self._in_layout(builder, node, operands)
            if node.op in REDUCTIONS:
                return self._reduction(builder, node, operands[0])
        return None

    def _regions(
        self, builder: Building, node: Node, operands: Sequence[Value]
    ) -> Sequence[Value] | None:
        regions = [channels_last(region) for region in node.regions]
        if all(a is b for a, b in zip(regions, node.regions, strict=True)):
            return None
        return builder.node(node.op, operands, node.attrs, regions).outputs

    def _twin(self, builder: Building, node: Node, operands: Sequence[Value]) -> Value:
        twin = twin_of(node.op)
        assert twin is not None
        last = []
        for value, perm in zip(operands, twin.operands, strict=True):
            value = self._in_order(value, perm(value.ndim))
            # Half precision is computed in single, as the reference does.
            last.append(cast(value, float32) if value.dtype is float16 else value)
        made = builder.node(twin.op, last, node.attrs).output
        narrow = cast(made, float16) if node.output.dtype is float16 else made
        assert isinstance(narrow, Value)
        return self._back(narrow, twin.result(made.ndim))

    def _to_maxima(self, builder: Building, node: Node, operands: Sequence[Value]) -> Value | None:
        """The gradient of maxima: numbers added to zeros at the places of the maxima, as one operation.

        Planes of images are flat there; those of sequences are so anyway.
        """
        attrs = node.attrs
        if node.op is RESHAPE and (scatter := operands[0].producer) is not None:
            attrs, operands = scatter.attrs, scatter.inputs
            if scatter.op is not SCATTER_ADD_ALONG:
                return None
        elif node.op is not SCATTER_ADD_ALONG:
            return None
        zeros, index, numbers = operands
        if attrs["axis"] != 2 or not _is_zero(zeros):
            return None
        if index.producer is not None and index.producer.op is RESHAPE:
            (index,) = index.producer.inputs
        places, _ = self.turned.get(index, (None, ()))
        if places is None or places.producer is None or places.producer.op is not PLACES:
            return None
        (x,), attrs = places.producer.inputs, places.producer.attrs
        perm = images(x.ndim)
        if node.output.shape != tuple([x.shape[p] for p in inverse(perm)]):
            return None
        first = numbers.producer
        shape = tuple([places.shape[p] for p in inverse(perm)])
        if first is not None and first.op is RESHAPE and first.inputs[0].shape == shape:
            g = first.inputs[0]
        else:
            reshaped = reshape(numbers, shape)
            assert isinstance(reshaped, Value)
            g = reshaped
        made = builder.node(TO_MAXIMA, [self._in_order(g, perm), x], attrs).output
        return self._back(made, perm)

    def _back(self, made: Value, perm: Perm) -> Value:
        """What ``made`` is before its axes are put in this order."""
        back = transpose(made, inverse(perm))
        assert isinstance(back, Value)
        self.turned[back] = (made, inverse(perm))
        return back

    def _in_order(self, value: Value, perm: Perm) -> Value:
        """A value with its axes in this order: axis ``perm[i]`` becomes axis i."""
        if value in self.turned:
            value, before = self.turned[value]
            perm = tuple([before[p] for p in perm])
        found = transpose(value, perm)
        assert isinstance(found, Value)
        return found

    def _transposed(self, node: Node, operand: Value) -> Value:
        perm: Perm = node.attrs["perm"]  # type: ignore[assignment]
        root, before = self.turned[operand]
        found = self._in_order(operand, perm)
        if found is not root:
            self.turned[found] = (root, tuple([before[p] for p in perm]))
        return found

    def _in_layout(
        self, builder: Building, node: Node, operands: Sequence[Value]
    ) -> Sequence[Value] | None:
        rank = node.output.ndim
        leader = next((v for v in operands if v in self.turned and v.ndim == rank), None)
        if leader is None:
            return None
        perm = inverse(self.turned[leader][1])
        last = []
        for value in operands:
            if value.ndim and value.ndim < rank:
                lead = (1,) * (rank - value.ndim)
                filled = reshape(value, (*lead, *value.shape))
                assert isinstance(filled, Value)
                value = filled
            last.append(self._in_order(value, perm) if value.ndim else value)
        made = builder.node(node.op, last, _turned_attrs(node, perm)).output
        return [self._back(made, perm)]

    def _reduction(self, builder: Building, node: Node, operand: Value) -> Sequence[Value] | None:
        root, before = self.turned[operand]
        perm = inverse(before)
        axes: tuple[int, ...] = node.attrs["axes"]  # type: ignore[assignment]
        kept = [p for p in perm if p not in axes]
        keep = node.attrs["keepdims"]
        if not keep and kept != sorted(kept):
            return None
        moved = tuple(sorted(perm.index(a) for a in axes))
        made = builder.node(node.op, [root], {**node.attrs, "axes": moved}).output
        return [self._back(made, perm) if keep else made]


def _turned_attrs(node: Node, perm: Perm) -> Attrs:
    """The attributes of an operation whose operands get their axes in this order."""
    if node.op is CONCATENATE:
        return {"axis": perm.index(node.attrs["axis"])}
    if node.op is PAD:
        padding: tuple[Attr, ...] = node.attrs["padding"]  # type: ignore[assignment]
        return {**node.attrs, "padding": tuple([padding[p] for p in perm])}
    return node.attrs


def _is_zero(value: Value) -> bool:
    """Whether a value is zeros throughout."""
    node = value.producer
    while node is not None and node.op is BROADCAST_TO:
        node = node.inputs[0].producer
    if node is None or node.op not in (CONSTANT, FULL):
        return False
    found: np.ndarray = np.asarray(node.attrs["value"])
    # Not -0.0: what is added to it could keep its sign.
    return found.dtype.kind == "f" and not found.any() and not np.signbit(found).any()
