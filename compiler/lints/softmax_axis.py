"""Probabilities that sum to 1 over the batch."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Place
from ..ir import Graph, Value
from ..ops import ADD, MATMUL, MUL, REDUCE_SUM, TAKE_ALONG
from .finding import Finding
from .reading import Reading, softmaxes

NAME = "softmax-axis"


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
        if any(_tells_classes(reading, result) for result in softmax.results):
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
    if node.op is ADD:
        node = node.inputs[0].producer
    return node is not None and node.op is MATMUL and reading.learned(node.inputs[1])


def _tells_classes(reading: Reading, result: Value) -> bool:
    for user in reading.after(result):
        if user.op is TAKE_ALONG and user.attrs["axis"] == 1:
            return True
        # A sum over the classes of labels times logarithms, and not what the backward pass adds up.
        if user.op is REDUCE_SUM and user.attrs["axes"] == (1,):
            maker = user.inputs[0].producer
            if user.inputs[0].ndim == 2 and maker is not None and maker.op is MUL:
                return True
    return False
