"""Loops, whichever operation they are: what their derivatives need to know of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Dim, Expr, Graph, Node, Value, symbols_of
from ..ops import Whole
from .scan import SCAN


@dataclass(frozen=True, slots=True)
class Loop:
    """A `SCAN` or `WHILE` node, taken apart.

    Attributes:
        body: takes carries, slices and captures, in this order; gives carries and what is stacked.
        varying: symbols that stand for another size in every iteration.
    """

    node: Node
    body: Graph
    carries: int
    sequences: int
    length: Dim
    reverse: bool
    varying: frozenset[str]

    @classmethod
    def of(cls, node: Node) -> Loop:
        attrs = node.attrs
        carries = attrs["carries"]
        assert isinstance(carries, int)
        body = node.regions[-1]
        if node.op is not SCAN:
            trips, varying = attrs["trips"], attrs["varying"]
            assert isinstance(trips, (int, Expr))
            assert isinstance(varying, tuple)
            names = frozenset(s for d in varying if isinstance(d, Expr) for s in symbols_of((d,)))
            return cls(node, body, carries, 0, trips, False, names)
        sequences, length = attrs["sequences"], attrs["length"]
        assert isinstance(sequences, int)
        assert isinstance(length, (int, Expr))
        return cls(node, body, carries, sequences, length, bool(attrs["reverse"]), frozenset())

    @property
    def first_capture(self) -> int:
        """Position of the first capture among the operands."""
        return self.carries + self.sequences


def dependencies(body: Graph) -> list[set[int]]:
    """For each output, the positions of the inputs that a derivative of it leads to."""
    found: dict[Value, set[int]] = {v: {i} for i, v in enumerate(body.inputs) if v.dtype.is_float}
    for node in body.nodes:
        rules = node.op.vjp
        if rules is None:
            continue
        reached: set[int] = set()
        for i, operand in enumerate(node.inputs):
            if operand in found and (isinstance(rules, Whole) or rules[i] is not None):
                reached |= found[operand]
        if reached:
            found.update((v, reached) for v in node.outputs if v.dtype.is_float)
    return [found.get(v, set()) for v in body.outputs]
