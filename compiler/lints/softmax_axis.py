"""Probabilities that sum to 1 over the batch."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Place
from ..ir import Graph, Value
from .finding import Finding
from .reading import ELEMENTWISE, RESHAPING, Reading, Softmax, softmaxes

NAME = "softmax-axis"
_WAYS = ELEMENTWISE | RESHAPING


def softmax_axis(graph: Graph) -> Iterator[Finding]:
    """A softmax along one axis whose results are told apart along the other.

    Found: a softmax along axis 0 of what a layer ``[n, in] @ [in, classes]`` gave, where labels then pick, or a sum
    runs, along axis 1: the axis of the classes.
    Not found: one along axis 0 that is summed along axis 0 or multiplied with something, as in attention.
    """
    reading = Reading(graph)
    for softmax in softmaxes(reading):
        if softmax.axes != (0,) or not _is_layer(reading, softmax.logits):
            continue
        if any(_tells_classes(reading, softmax, result) for result in softmax.results):
            yield Finding(
                NAME,
                f"the softmax of {softmax.logits.type} runs along the batch, axis 0, not along the classes, axis 1",
                softmax.node.location,
                "take the softmax along the last axis (dim=1, axis=-1)",
                (Place(f"the logits are {softmax.logits.type}, made here", softmax.logits.location),),
            )  # fmt: skip


def _is_layer(reading: Reading, logits: Value) -> bool:
    node = logits.producer
    if logits.ndim != 2 or 1 in logits.shape or node is None:
        return False
    if node.op.name == "add":
        node = node.inputs[0].producer
    return node is not None and node.op.name == "matmul" and reading.learned(node.inputs[1])


def _tells_classes(reading: Reading, softmax: Softmax, result: Value) -> bool:
    for user in reading.after(result, _WAYS):
        if user.op.name == "take_along" and user.attrs["axis"] == 1:
            return True
        if user.op.name == "reduce_sum" and user.attrs["axes"] == (1,) and user.inputs[0].ndim == 2:
            # A sum over the classes of labels times logarithms, and not what the backward pass adds up.
            return any(n.op.name == "mul" and n.output is user.inputs[0] for n in reading.graph.nodes)  # fmt: skip
    return False
