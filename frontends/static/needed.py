"""Which operations a run needs, and in which order they run."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .operation import Operation
    from .region import Region
    from .tensor import Tensor


def dependencies(op: Operation, given: Collection[Tensor]) -> list[Operation]:
    """What runs before an operation, where the tensors in ``given`` need not be computed."""
    return [t.op for t in op.inputs if t not in given] + op.control_inputs


def needed_operations(
    roots: Sequence[Operation],
    given: Collection[Tensor],
    regions: Collection[Region | None] = (None,),
) -> list[Operation]:
    """The operations that the roots depend on, each after those it depends on, otherwise as declared.

    Args:
        given: tensors that need not be computed.
        regions: where to look: what other operations there are exists before.
    """
    before: dict[Operation, set[Operation]] = {}
    pending = list(roots)
    while pending:
        op = pending.pop()
        if op not in before:
            before[op] = {d for d in dependencies(op, given) if d.region in regions}
            pending += before[op]
    users: dict[Operation, list[Operation]] = {}
    waits: dict[Operation, int] = {}
    ready: list[tuple[int, Operation]] = []
    for op, earlier in before.items():
        waits[op] = len(earlier)
        for dependency in earlier:
            users.setdefault(dependency, []).append(op)
        if not earlier:
            ready.append((op.index, op))
    heapq.heapify(ready)
    order: list[Operation] = []
    while ready:
        _, op = heapq.heappop(ready)
        order.append(op)
        for user in users.get(op, ()):
            waits[user] -= 1
            if not waits[user]:
                heapq.heappush(ready, (user.index, user))
    return order
