"""How the operands and results of branches and loops meet the inputs and outputs of their regions."""

from __future__ import annotations

from collections.abc import Iterator

from ..compiler.control import COND, SCAN, WHILE
from ..compiler.ir import Dim, Graph, Node, Value


def is_cond(node: Node) -> bool:
    return node.op is COND


def is_loop(node: Node) -> bool:
    return node.op is SCAN or node.op is WHILE


class Loop:
    """A loop node, taken apart.

    Attributes:
        body: what an iteration computes; its inputs stand for the operands one by one.
        condition: the region that says whether another iteration follows; None for a loop over slices.
        carries: how many operands (the first ones) change from iteration to iteration.
        sequences: positions of the operands of which an iteration sees one slice.
        captures: positions of the operands that all iterations see as they are.
        stacked: the outputs that gather a value from each iteration.
    """

    __slots__ = (
        "body", "captures", "carries", "condition", "length", "maximum", "node", "reverse", "sequences", "stacked",
    )  # fmt: skip

    def __init__(self, node: Node) -> None:
        attrs = node.attrs
        self.node = node
        self.carries: int = attrs["carries"]  # type: ignore[assignment]
        sequences: int = attrs.get("sequences", 0)  # type: ignore[assignment]
        self.sequences = range(self.carries, self.carries + sequences)
        self.captures = range(self.carries + sequences, len(node.inputs))
        self.condition: Graph | None = None
        self.length: Dim = 0
        self.maximum: int | None = None
        if node.op is WHILE:
            self.condition, self.body = node.regions
            self.maximum = attrs["maximum"]  # type: ignore[assignment]
        else:
            (self.body,) = node.regions
            self.length = attrs["length"]  # type: ignore[assignment]
        self.reverse = bool(attrs.get("reverse"))
        self.stacked = node.outputs[self.carries :]

    @property
    def trips(self) -> Dim:
        """How many iterations run: a size that is known before, or that the loop finds out."""
        return self.length if self.condition is None else self.node.attrs["trips"]  # type: ignore[return-value]

    def outcome(self, value: Value) -> Value:
        """What the body gives for one of the outputs in each iteration."""
        return self.body.outputs[value.index]


def captured(node: Node, region: Graph) -> Iterator[tuple[Value, Value]]:
    """The inputs of a region that are values of the graph around it, each with that value."""
    if is_cond(node):
        yield from zip(region.inputs, node.inputs[1:], strict=True)
    else:
        for i in Loop(node).captures:
            yield region.inputs[i], node.inputs[i]


def nodes_within(graph: Graph) -> Iterator[Node]:
    """The nodes of a graph and of the regions in it."""
    for node in graph.nodes:
        yield node
        for region in node.regions:
            yield from nodes_within(region)
