"""How much memory the values of a plan take at the worst moment."""

from __future__ import annotations

from collections.abc import Mapping

from ..compiler.ir import TensorType, Value, substitute
from ..compiler.ir.dims import product, symbols_of
from .plan import Block


def peak(block: Block, binding: Mapping[str, int]) -> int:
    """Bytes of values alive at the worst moment, results included, parameters and constants not.

    Of a branch the greater side counts, of a loop one iteration beside what it carries and gathers. Scratch memory
    inside an operation's own evaluation is not counted.

    Args:
        binding: sizes of the symbolic dimensions; those that are missing count as 1.
    """
    memory = block.memory
    holders: dict[Value, int] = {}
    held: dict[Value, int] = {}
    now = worst = 0
    for step in block.steps:
        for value in step.node.outputs:
            roots = memory[value].roots
            if value in roots:
                held[value] = held.pop(step.into) if step.into else _bytes(value.type, binding)
                now += 0 if step.into else held[value]
                holders[value] = 0
            for root in roots:
                if root in holders:
                    holders[root] += 1
        inside = max((peak(inner, binding) for inner in step.blocks), default=0)
        worst = max(worst, now + inside)
        for value in step.drops:
            for root in memory[value].roots:
                holders[root] = holders.get(root, 0) - 1
                if holders[root] == 0:
                    now -= held.pop(root, 0)
    return worst


def _bytes(type: TensorType, binding: Mapping[str, int]) -> int:
    size = product(type.shape)
    known = substitute(size, {**dict.fromkeys(symbols_of((size,)), 1), **binding})
    assert isinstance(known, int)
    return known * type.dtype.itemsize
