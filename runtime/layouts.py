"""What is known of the memory order of values before a graph runs.

The order in which a reduction or a matrix product adds depends on the layout of its operand, so a plan may only put a
result where NumPy would have laid it out in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

import numpy as np

from ..compiler.ir import Graph, Node, Value
from ..compiler.ops import CONSTANT, MATMUL, PAD, Kind
from .regions import Loop, is_cond, is_loop


class Layout(IntEnum):
    """What is known of a value's memory order; of two that are both possible, the smaller is known."""

    UNKNOWN = 0
    ORDERED = 1
    """Row-major with gaps, repeats (stride 0) or reversed axes: ufuncs lay out what they compute from it row-major."""
    CONTIGUOUS = 2
    """Row-major without gaps."""


_ROW_MAJOR_KINDS = {Kind.ELEMENTWISE, Kind.REDUCTION, Kind.CREATION}
_ROW_MAJOR = {"matmul", "gather", "concatenate", "one_hot"}
_SAME_LAYOUT = {"reshape", "stop_gradient"}
_SAME_ORDER = {"broadcast_to", "slice", "flip"}


def layouts(graph: Graph) -> dict[Value, Layout]:
    """What is known of every value's memory, if all parameters are C-contiguous."""
    given = [Layout.CONTIGUOUS if v.ndim > 1 else Layout.ORDERED for v in graph.parameters]
    return Layouts().inside(graph, given)


class Layouts:
    """Layouts in graphs and in the regions of their nodes; what was found out once is remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[Graph, tuple[Layout, ...]], dict[Value, Layout]] = {}

    def inside(self, graph: Graph, given: Sequence[Layout]) -> dict[Value, Layout]:
        """What is known of every value of a graph whose parameters have the given layouts."""
        key = graph, tuple(given)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = dict(zip(graph.parameters, given, strict=True))
            for node in graph.nodes:
                results = self._results(node, [found[v] for v in node.inputs], found)
                for value, layout in zip(node.outputs, results, strict=True):
                    # What has no axes has no gaps between them.
                    found[value] = layout if value.ndim else Layout.CONTIGUOUS
        return found

    def of_inputs(self, node: Node, operands: Sequence[Layout]) -> list[list[Layout]]:
        """The layouts of each region's parameters, whatever iteration runs."""
        if is_cond(node):
            return [list(operands[1:])] * 2
        loop = Loop(node)
        carries = list(operands[: loop.carries])
        slices = [operands[i] for i in loop.sequences]
        rest = [*slices, *(operands[i] for i in loop.captures)]
        while True:
            given = [*carries, *rest]
            known = self.inside(loop.body, given)
            ends = [known[v] for v in loop.body.outputs[: loop.carries]]
            met = [min(a, b) for a, b in zip(carries, ends, strict=True)]
            if met == carries:
                return [given] * len(node.regions)
            carries = met

    def _results(
        self, node: Node, operands: Sequence[Layout], known: Mapping[Value, Layout]
    ) -> Sequence[Layout]:
        if is_cond(node):
            branches = [
                [found[v] for v in region.outputs]
                for region, given in zip(node.regions, self.of_inputs(node, operands), strict=True)
                for found in (self.inside(region, given),)
            ]
            return [min(pair) for pair in zip(*branches, strict=True)]
        if is_loop(node):
            loop = Loop(node)
            (given, *_) = self.of_inputs(node, operands)
            stacked = len(node.outputs) - loop.carries
            return [*given[: loop.carries], *[Layout.CONTIGUOUS] * stacked]
        return [_layout(node, known)] * len(node.outputs)


def is_constant(node: Node) -> bool:
    """Whether the value of a node stands in the node itself."""
    return node.op is CONSTANT


def _layout(node: Node, known: Mapping[Value, Layout]) -> Layout:
    op, operands = node.op, [known[v] for v in node.inputs]
    if is_constant(node):
        data = node.attrs["value"]
        assert isinstance(data, np.ndarray)
        return Layout.CONTIGUOUS if data.flags.c_contiguous else Layout.UNKNOWN
    if always_row_major(node):
        return Layout.CONTIGUOUS
    if Layout.UNKNOWN in operands:
        return Layout.UNKNOWN
    if op.view:
        if op.name in _SAME_LAYOUT:
            return operands[0]
        return Layout.ORDERED if op.name in _SAME_ORDER else Layout.UNKNOWN
    if op.kind not in _ROW_MAJOR_KINDS and op.name not in _ROW_MAJOR:
        return Layout.UNKNOWN
    gaps = any(known[v] is Layout.ORDERED and v.ndim > 1 for v in node.inputs)
    return Layout.UNKNOWN if gaps and not isinstance(op.evaluate, np.ufunc) else Layout.CONTIGUOUS


def always_row_major(node: Node) -> bool:
    """Whether the result is laid out so whatever the layout of the operands is."""
    return node.op is PAD or (node.op is MATMUL and node.output.ndim == 2)
