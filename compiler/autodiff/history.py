"""The order in which eager values were made from one another."""

from __future__ import annotations

from collections.abc import Sequence

from ..dispatch import Array


def history(outputs: Sequence[Array], tracked_only: bool = True) -> list[Array]:
    """Everything the values were computed from, operands before results.

    The same depth-first post-order as `live_nodes` of a graph. Only values through which a gradient flows are walked,
    unless ``tracked_only`` is False (a trace wants them all). Iterative, so that any depth is fine.
    """
    order: list[Array] = []
    seen: set[Array] = set()
    for root in outputs:
        if root in seen or (tracked_only and not root.tracked):
            continue
        seen.add(root)
        stack = [(root, iter(_operands(root, tracked_only)))]
        while stack:
            array, operands = stack[-1]
            for x in operands:
                if x.__class__ is Array and x not in seen and (x.tracked or not tracked_only):
                    seen.add(x)
                    stack.append((x, iter(_operands(x, tracked_only))))
                    break
            else:
                stack.pop()
                order.append(array)
    return order


def _operands(array: Array, tracked_only: bool) -> tuple[Array | float, ...]:
    return () if tracked_only and array.origin is not None else array.inputs
