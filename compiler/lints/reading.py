"""What lints read off a graph: who uses a value, what it was computed from, and where a softmax is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ir import Graph, Node, Value
from ..ir.dims import Dim
from ..ops import BROADCAST_TO, DIV, EXP, LOG, REDUCE_SUM, RESHAPE, SUB, Kind

if TYPE_CHECKING:
    from ..ops.op import Op


class Reading:
    """A graph, with the users of its values."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.users: dict[Value, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for value in dict.fromkeys(node.inputs):
                self.users[value].append(node)
        self._parameters = frozenset(s.input for s in graph.states if s.input.dtype.is_float)

    def after(self, value: Value, *through: Op) -> Iterator[Node]:
        """The nodes that use the value, or what follows from it element by element, or through these operations."""
        seen: set[Node] = set()
        pending = [value]
        while pending:
            for node in self.users.get(pending.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    yield node
                    if node.op.kind is Kind.ELEMENTWISE or node.op in (
                        RESHAPE,
                        BROADCAST_TO,
                        *through,
                    ):
                        pending += node.outputs

    def learned(self, value: Value) -> bool:
        """Whether a state of floats, such as a weight, has a part in the value."""
        seen: set[Value] = set()
        pending = [value]
        while pending:
            found = pending.pop()
            if found in self._parameters:
                return True
            if found not in seen and found.producer is not None:
                seen.add(found)
                pending += found.producer.inputs
        return False


@dataclass(frozen=True, slots=True)
class Softmax:
    """A softmax or its logarithm, which the library composes of operations.

    Attributes:
        logits: what it is taken of.
        node: the exponential in it; knows the line.
        axes: along which it sums.
        results: the probabilities and their logarithms, as far as the graph has them.
    """

    logits: Value
    node: Node
    axes: tuple[int, ...]
    results: tuple[Value, ...]


def softmaxes(reading: Reading) -> list[Softmax]:
    """All softmaxes of a graph, in order."""
    found = []
    for node in reading.graph.nodes:
        if node.op is not EXP:
            continue
        shifted = node.inputs[0]
        minus = shifted.producer
        if minus is None or minus.op is not SUB:
            continue
        for user in reading.users.get(node.output, ()):
            if user.op is REDUCE_SUM and user.attrs["keepdims"]:
                axes = user.attrs["axes"]
                assert isinstance(axes, tuple)
                if _is_shift(minus, axes):
                    results = tuple(_results(reading, shifted, node.output, user.output))
                    if results:
                        found.append(Softmax(minus.inputs[0], node, axes, results))  # type: ignore[arg-type]
    return found


def _is_shift(minus: Node, axes: tuple[object, ...]) -> bool:
    """Whether a difference takes one number for all positions along the axes away."""
    a, b = minus.inputs
    return a.ndim == b.ndim and all(
        (b.shape[i] == 1) == (i in axes) or a.shape[i] == 1 for i in range(a.ndim)
    )


def _results(reading: Reading, shifted: Value, e: Value, total: Value) -> Iterator[Value]:
    for user in reading.users.get(total, ()):
        if user.op is DIV and user.inputs == (e, total):
            yield user.output
        elif user.op is LOG:
            for last in reading.users.get(user.output, ()):
                if last.op is SUB and last.inputs == (shifted, user.output):
                    yield last.output


def may_be_equal(a: Dim, b: Dim) -> bool:
    """Whether two sizes can be the same number: where one is open, nothing speaks against it."""
    return a == b or not (isinstance(a, int) and isinstance(b, int))
