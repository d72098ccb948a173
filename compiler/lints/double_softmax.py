"""A softmax of probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Place
from ..ir import Graph, Value
from ..ops import DIV
from .finding import Finding
from .reading import Reading, softmaxes

NAME = "double-softmax"


def double_softmax(graph: Graph) -> Iterator[Finding]:
    """A loss that takes logits is given what a softmax has already made probabilities of.

    Found: a softmax, or its logarithm, of the very result of a softmax along the same axis.
    Not found: a softmax of logarithms of probabilities, which changes nothing, and whatever was computed in between.
    """
    found = softmaxes(Reading(graph))
    made = {value: s for s in found for value in s.results if _is_quotient(value)}
    for second in found:
        first = made.get(second.logits)
        if first is not None and first.axes == second.axes:
            yield Finding(
                NAME,
                "the softmax of a softmax: what is given here as logits are probabilities already",
                second.node.location,
                "give the loss the logits, without the softmax before it",
                (Place("the first softmax is here", first.node.location),),
            )


def _is_quotient(value: Value) -> bool:
    producer = value.producer
    return producer is not None and producer.op is DIV
