"""Which results are written into the memory of dead ones.

A result goes into an old buffer only where NumPy would have allocated a new one of the same type, the same (perhaps
symbolic) shape and the same memory layout. So no number changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..compiler.ir import Dim, Node, Value
from ..compiler.ir.dtypes import float16
from ..compiler.ops import CONCATENATE, MATMUL, SIGMOID
from .layouts import Layout, is_constant
from .memory import Memories
from .regions import Loop

HOLD = 4
"""For how many steps a dead buffer may wait for its next user. Longer costs more memory than an allocation saves."""


def writes_in_place(node: Node) -> bool:
    """Whether the evaluation can be given a buffer for its result.

    That is a ufunc whose own result type is the node's, or what comes down to such ufuncs.
    """
    ufunc = node.op.evaluate
    if node.op in (SIGMOID, CONCATENATE):
        return node.output.ndim > 0
    if node.op is MATMUL:
        outer = inner_sizes(node) == (1, 1) and node.output.ndim == 2
        return outer and node.output.dtype is not float16
    if not isinstance(ufunc, np.ufunc) or node.attrs or len(node.outputs) != 1:
        return False
    if ufunc.nout != 1 or ufunc.nin != len(node.inputs):
        return False
    operands = [v.dtype.numpy for v in node.inputs]
    return ufunc.resolve_dtypes((*operands, None))[-1] == node.output.dtype.numpy


def inner_sizes(node: Node) -> tuple[Dim, Dim]:
    """The sizes that a matrix product adds up over, as either operand has them."""
    a, b = node.inputs
    rows, columns = node.attrs["transpose_a"], node.attrs["transpose_b"]
    return a.shape[-2 if rows else -1], b.shape[-1 if columns else -2]


def slots(loop: Loop, known: Mapping[Value, Layout]) -> Iterator[tuple[Node, Value]]:
    """The nodes of a body that can write straight into their places in stacked values."""
    if loop.condition is not None:
        return  # nobody knows how much memory it would take
    taken: set[Node] = set()
    for value in loop.stacked:
        outcome = loop.outcome(value)
        node = outcome.producer
        if node is None or node in taken or not outcome.ndim or not writes_in_place(node):
            continue
        if known[outcome] is Layout.CONTIGUOUS and outcome.shape == value.shape[1:]:
            taken.add(node)
            yield node, value


def assign(
    ordered: Sequence[Node],
    memory: Memories,
    last: Mapping[Value, int],
    known: Mapping[Value, Layout],
    placed: Mapping[Node, Value],
) -> dict[Node, Value]:
    """For each node that can, the dead value whose memory it writes its result into.

    Args:
        last: the position of the last node that needs a value.
        placed: nodes whose memory is settled.
    """
    dies: dict[Value, int] = {}
    for value, i in last.items():
        for root in memory[value].roots:
            dies[root] = max(dies.get(root, 0), i)
    into: dict[Node, Value] = {}
    free: list[Value] = []
    for i, node in enumerate(ordered):
        free = [b for b in free if i - dies[b] <= HOLD]
        if (
            node not in placed
            and known[node.outputs[0]] is Layout.CONTIGUOUS
            and writes_in_place(node)
        ):
            found = _buffer_for(node, i, free, dies, memory, known)
            if found is not None:
                into[node] = found
                if found in free:
                    free.remove(found)
        taken = into.get(node)
        operands = {r for v in node.inputs for r in memory[v].roots}
        for buffer in (*operands, *node.outputs):
            if buffer is not taken and dies.get(buffer) == i and _owned(buffer, memory):
                free.append(buffer)
    return into


def _buffer_for(
    node: Node,
    i: int,
    free: list[Value],
    dies: Mapping[Value, int],
    memory: Memories,
    known: Mapping[Value, Layout],
) -> Value | None:
    def fits(buffer: Value) -> bool:
        return (
            buffer.type == node.output.type
            and buffer.ndim > 0
            and known[buffer] is Layout.CONTIGUOUS
        )

    # What is moved must not be written over before it is read.
    for operand in node.inputs if node.op is not CONCATENATE else ():
        # In place, only where no other operand looks at the same memory in another order.
        alone = all(v is operand or operand not in memory[v].roots for v in node.inputs)
        if alone and dies.get(operand) == i and _owned(operand, memory) and fits(operand):
            return operand
    return next((b for b in reversed(free) if fits(b)), None)


def _owned(buffer: Value, memory: Memories) -> bool:
    """Whether the memory was allocated by this run for this value alone."""
    if buffer.producer is None or is_constant(buffer.producer) or buffer not in memory:
        return False
    return memory[buffer].roots == {buffer}
