"""The nodes of several runs side by side, made into one node each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from itertools import product as every

import numpy as np

from ..dispatch import Building
from ..errors import BifrontError
from ..ir import (
    Attr,
    Dim,
    Expr,
    Graph,
    Node,
    Shape,
    TensorType,
    Value,
    product,
    substitute,
    symbols_of,
)
from ..location import Location
from ..ops import BROADCAST_TO, CONSTANT, EXTENT, FULL
from .attributes import completed, expected, is_reshape, region_operand, side_conditions
from .conditions import Condition
from .constants import constant
from .fitting import Evidence, Fit, Near, Numbers
from .general import Doubt
from .reach import Reach
from .refusal import Refusal

__all__ = ["Block", "Refused", "Runs"]

Nodes = tuple[Node, ...]
"""The same node in each of the runs."""


class Refused(Exception):
    """Raised inside; what leaves the package is the `Refusal`."""

    def __init__(self, reason: str, location: Location | None = None) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, location)


class Runs:
    """What is known of all the runs together, in the graph and its regions.

    Attributes:
        conditions, doubts: what was found on the way.
        loops: the symbolic lengths of loops.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.conditions: list[Condition] = []
        self.doubts: list[Doubt] = []
        self.loops: list[Expr] = []
        self.renamed: list[dict[str, Dim]] = [{} for _ in evidence.sizes]
        """For each run, the first run's names of sizes that only running tells."""

    def require(self, condition: Condition) -> None:
        if not any(condition.same(known) for known in self.conditions):
            self.conditions.append(condition)

    def settle(self, fit: Fit, at: Location | None) -> Dim:
        """Take a fit, with what it depends on."""
        if fit.condition is not None:
            self.require(fit.condition)
        if fit.rivals or not fit.sure:
            self.doubts.append(Doubt(fit.dim, fit.rivals, at))
        return fit.dim

    def is_type(self, made: TensorType, types: Sequence[TensorType]) -> bool:
        """Whether a type with symbols is the type that each run had."""
        for type, sizes, names in zip(types, self.evidence.sizes, self.renamed, strict=True):
            if type.dtype is not made.dtype or type.rank != made.rank:
                return False
            for dim, have in zip(made.shape, type.shape, strict=True):
                if substitute(dim, sizes) != substitute(have, names):
                    return False
        return True


class Block:
    """The nodes of a graph, or of a region, that grow in ``builder``.

    Args:
        around: shapes to look at when nothing inside gives a number.
    """

    def __init__(
        self, runs: Runs, builder: Building, values: Sequence[Mapping[Value, Value]],
        nodes: Sequence[Sequence[Node]], around: Sequence[Near],
    ) -> None:  # fmt: skip
        self.runs = runs
        self.builder = builder
        self.values = [dict(v) for v in values]
        self.around = around
        self.reach = Reach(nodes[0])

    def value(self, run: int, value: Value) -> Value:
        known = self.values[run].get(value)
        if known is None:
            raise Refused(f"%{value.hint} comes from outside the run", value.location)
        return known

    def together(self, values: Sequence[Value]) -> Value:
        """The value that stands for one of each run.

        Raises:
            Refused: they are not the same one.
        """
        first = self.value(0, values[0])
        for run, value in enumerate(values[1:], 1):
            if self.value(run, value) is not first:
                raise Refused("the runs use different values", values[0].location)
        return first

    def add(self, nodes: Nodes) -> None:
        """Append the node that stands for one of each run.

        Raises:
            Refused: they differ in more than sizes.
        """
        first = nodes[0]
        if any(
            node.op is not first.op
            or len(node.inputs) != len(first.inputs)
            or len(node.outputs) != len(first.outputs)
            or len(node.regions) != len(first.regions)
            for node in nodes[1:]
        ):
            names = " and ".join(dict.fromkeys(node.op.name for node in nodes))
            raise Refused(f"the runs part here: {names}", first.location)
        inputs = [
            self.together([node.inputs[i] for node in nodes]) for i in range(len(first.inputs))
        ]
        self.builder.at = first.location
        if first.op is CONSTANT:
            outputs: Sequence[Value] = [self._constant(nodes)]
        elif first.op is FULL and len({repr(node.attrs["value"]) for node in nodes}) > 1:
            outputs = [self._full(nodes)]
        else:
            outputs = self._apply(nodes, inputs)
        for i, made in enumerate(outputs):
            if not self.runs.is_type(made.type, [node.outputs[i].type for node in nodes]):
                types = " and ".join(str(node.outputs[i].type) for node in nodes)
                raise Refused(f"{first.op.name} gives {made.type} and gave {types}", first.location)
            made.hint = first.outputs[i].hint
            for run, node in enumerate(nodes):
                self.values[run][node.outputs[i]] = made

    def _apply(self, nodes: Nodes, inputs: Sequence[Value]) -> Sequence[Value]:
        first = nodes[0]
        regions = [
            self._region(first, inputs, [node.regions[i] for node in nodes])
            for i in range(len(first.regions))
        ]
        attrs = self._attrs(nodes, [v.type for v in inputs])
        try:
            made = self.builder.node(first.op, inputs, attrs, regions)
        except (BifrontError, TypeError) as error:
            # A TypeError: an attribute that must be a number has become a dimension.
            answer = error.answer if isinstance(error, BifrontError) else "a size is an attribute"
            raise Refused(f"{first.op.name}: {answer}", first.location) from None
        for condition in side_conditions(made):
            self.runs.require(condition)
        length = attrs.get("length")
        if isinstance(length, Expr):
            self.runs.loops.append(length)
        return made.outputs

    # --- attributes ---

    def _attrs(self, nodes: Nodes, operands: Sequence[TensorType]) -> dict[str, Attr]:
        first = nodes[0]
        done: dict[str, Attr] = {}
        for name in first.attrs:
            written = [node.attrs[name] for node in nodes]
            if is_reshape(first):
                done[name] = self._reshape(nodes, operands[0], written)
            else:
                done[name] = self._attr(nodes, operands, name, (), written, done)
        return done

    def _attr(
        self, nodes: Nodes, operands: Sequence[TensorType], name: str, index: tuple[int, ...],
        written: Sequence[Attr], done: Mapping[str, Attr],
    ) -> Attr:  # fmt: skip
        first = written[0]
        if all(type(w) is int for w in written):
            numbers: Numbers = tuple(written)  # type: ignore[arg-type]
            if len(set(numbers)) == 1:
                return first
            meant = expected(nodes[0], operands, name, index, numbers, done, self.runs.evidence)
            return self._fit(nodes[0], numbers) if meant is None else meant
        if all(isinstance(w, tuple) and len(w) == len(first) for w in written):  # type: ignore[arg-type]
            return tuple(
                self._attr(nodes, operands, name, (*index, i), [w[i] for w in written], done)  # type: ignore[index]
                for i in range(len(first))  # type: ignore[arg-type]
            )
        if all(isinstance(w, Expr) for w in written):
            return self._renamed(nodes[0], written)  # type: ignore[arg-type]
        if not all(_equal(w, first) for w in written):
            raise Refused(
                f"the {name} of {nodes[0].op.name} depends on the size", nodes[0].location
            )
        return first

    def _renamed(self, node: Node, written: Sequence[Expr]) -> Expr:
        """A size that only running tells: the runs may call it differently."""
        first = written[0]
        for dim, names in zip(written, self.runs.renamed, strict=True):
            mine, other = symbols_of((first,)), symbols_of((dim,))
            if len(mine) == len(other):
                for a, b in zip(mine, other, strict=True):
                    names.setdefault(b, Expr((((a,), 1),)))
            if substitute(dim, names) != first:
                raise Refused(f"{node.op.name} depends on the size", node.location)
        return first

    def _fit(self, node: Node, numbers: Numbers) -> Dim:
        fit = self.runs.evidence.fit(numbers, self._near(node), _small(node))
        if fit is None:
            said = " and ".join(map(str, numbers))
            raise Refused(
                f"{node.op.name} depends on the size in a way that is not understood ({said})",
                node.location,
            )
        return self.runs.settle(fit, node.location)

    def _near(self, node: Node) -> Iterator[Near]:
        for value, distance in self.reach.around(node):
            made = self.values[0].get(value)
            if made is not None:
                yield Near(made.shape, distance)
        yield from self.around

    def _reshape(self, nodes: Nodes, operand: TensorType, written: Sequence[Attr]) -> Shape:
        """Shapes whose sizes are that of the operand."""
        shapes: Sequence[tuple[int, ...]] = written  # type: ignore[assignment]
        node = nodes[0]
        if len({len(shape) for shape in shapes}) > 1:
            raise Refused("reshape gives different numbers of dimensions", node.location)
        columns: list[Numbers] = list(zip(*shapes, strict=True))
        open_ = [i for i, column in enumerate(columns) if len(set(column)) > 1]
        known: list[Dim | None] = [None if i in open_ else c[0] for i, c in enumerate(columns)]
        evidence = self.runs.evidence
        if len(open_) == 1:
            shape = completed(known, operand)
            if shape is not None and evidence.numbers(shape[open_[0]]) == columns[open_[0]]:
                return shape
        near = list(self._near(node))
        choices = [evidence.choices(columns[i], near, _small(node))[:8] for i in open_]
        for chosen in islice(every(*choices), 512):
            shape = tuple(_filled(known, chosen))
            if product(shape) == operand.size:
                return shape
        return tuple(_filled(known, [self._fit(node, columns[i]) for i in open_]))

    def _constant(self, nodes: Nodes) -> Value:
        node = nodes[0]
        arrays = [a for n in nodes if isinstance(a := n.attrs["value"], np.ndarray)]
        if all(_equal(a, arrays[0]) for a in arrays):
            return self.builder.constant(arrays[0])
        made = constant(self.builder, arrays, lambda numbers: self._fit(node, numbers))
        if made is None:
            raise Refused("the constant made here depends on the size", node.location)
        return made

    def _full(self, nodes: Nodes) -> Value:
        """A number in a shape, both of which may follow from the size."""
        node = nodes[0]
        shape = self._attr(nodes, (), "shape", (), [n.attrs["shape"] for n in nodes], {})
        dtype = node.outputs[0].dtype
        numbers = [n.attrs["value"] for n in nodes]
        if not all(type(n) is int for n in numbers) or dtype.is_bool:
            raise Refused("the number depends on the size", node.location)
        dim = self._fit(node, tuple(numbers))  # type: ignore[arg-type]
        number = self.builder.apply(EXTENT, (), {"dim": dim, "dtype": dtype})
        return self.builder.apply(BROADCAST_TO, (number,), {"shape": shape}) if shape else number

    # --- regions ---

    def _region(self, node: Node, inputs: Sequence[Value], regions: Sequence[Graph]) -> Graph:
        first = regions[0]
        if len({(len(r.inputs), len(r.nodes), len(r.outputs)) for r in regions}) > 1:
            raise Refused(f"the body of {node.op.name} depends on the size", node.location)
        builder = Building(first.name)
        values: list[dict[Value, Value]] = [{} for _ in regions]
        near = [*(Near(v.shape, 1) for v in inputs), *self._near(node)]
        for i, value in enumerate(first.inputs):
            kind = self._region_type(node, inputs, i, [r.inputs[i].type for r in regions], near)
            made = builder.input(kind, value.hint, value.location)
            for run, region in enumerate(regions):
                values[run][region.inputs[i]] = made
        block = Block(self.runs, builder, values, [r.nodes for r in regions], near)
        for nodes in zip(*(r.nodes for r in regions), strict=True):
            block.add(nodes)
        outputs = [
            block.together([r.outputs[i] for r in regions]) for i in range(len(first.outputs))
        ]
        return builder.close(list(values[0].values()), outputs)

    def _region_type(
        self, node: Node, inputs: Sequence[Value], i: int, types: Sequence[TensorType],
        near: Sequence[Near],
    ) -> TensorType:  # fmt: skip
        """The type of an input of a region: that of an operand, as far as the runs say so."""
        operand = region_operand(node, i, inputs)
        if operand is not None and self.runs.is_type(operand, types):
            return operand
        shape: list[Dim] = []
        for sizes in zip(*(t.shape for t in types), strict=True):
            if all(isinstance(size, Expr) for size in sizes):
                shape.append(self._renamed(node, sizes))
            elif all(size == sizes[0] for size in sizes):
                shape.append(sizes[0])
            else:
                fit = self.runs.evidence.fit(sizes, near)
                if fit is None:
                    raise Refused(f"the body of {node.op.name} depends on the size", node.location)
                shape.append(self.runs.settle(fit, node.location))
        return types[0].with_shape(shape)


def _equal(a: Attr, b: Attr) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and repr(a) == repr(b)


def _filled(known: Sequence[Dim | None], missing: Sequence[Dim]) -> Iterator[Dim]:
    rest = iter(missing)
    return (next(rest) if d is None else d for d in known)


def _small(node: Node) -> set[int]:
    """Numbers that the node and its operands have anyway."""
    found = {d for v in node.inputs for d in v.shape if isinstance(d, int)}
    attrs: list[Attr] = list(node.attrs.values())
    while attrs:
        attr = attrs.pop()
        if isinstance(attr, tuple):
            attrs += attr
        elif type(attr) is int:
            found.add(abs(attr))
    return found
