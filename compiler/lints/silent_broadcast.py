"""Columns minus rows: a difference that becomes a table without a word."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Place
from ..ir import Graph, Node, Value
from ..ops import REDUCE_SUM, RESHAPE, SUB
from .finding import Finding
from .reading import Reading, may_be_equal

NAME = "silent-broadcast"


def silent_broadcast(graph: Graph) -> Iterator[Finding]:
    """Predictions ``[n, 1]`` minus targets ``[n]``: every prediction against every target, ``[n, n]``, in a loss.

    Found: a difference of a rank-2 column and a rank-1 vector of as many elements (or of sizes that are open), where
    one of the two was learned, whose result is reduced to a single number.
    Not found: the same between values of equal rank, or without learned values: tables of distances and masks are
    written so on purpose; for the same reason, a column whose second axis was made in the operation before.
    """
    reading = Reading(graph)
    for node in graph.nodes:
        if node.op is SUB:
            a, b = node.inputs
            for column, vector in ((a, b), (b, a)):
                if _is_table(column, vector) and _is_loss(reading, node, column, vector):
                    yield Finding(
                        NAME,
                        f"{a.type} - {b.type} is a table {node.output.type}: each element of the one minus all of "
                        "the other",
                        node.location,
                        "give both the same shape: squeeze the one or reshape the other",
                        _made(a, b),
                    )


def _is_table(column: Value, vector: Value) -> bool:
    if column.ndim != 2 or vector.ndim != 1:
        return False
    (n, one), (m,) = column.shape, vector.shape
    return one == 1 and n != 1 and m != 1 and may_be_equal(n, m)


def _is_loss(reading: Reading, node: Node, column: Value, vector: Value) -> bool:
    maker = column.producer
    if maker is not None and maker.op is RESHAPE and maker.inputs[0].ndim == 1:
        return False
    if not reading.learned(column) and not reading.learned(vector):
        return False
    return any(
        user.op is REDUCE_SUM and user.output.ndim == 0
        for user in reading.after(node.output, REDUCE_SUM)
    )


def _made(*values: Value) -> tuple[Place, ...]:
    return tuple(Place(f"{v.type}, made here", v.location) for v in values)
