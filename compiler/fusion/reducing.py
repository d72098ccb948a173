"""Operations that go along axes: those that collapse them, and those that keep a running value."""

from __future__ import annotations

from ..ir import Node
from ..ops import (
    ARGMAX,
    ARGMIN,
    CUMPROD,
    CUMSUM,
    RECURRENCE,
    REDUCE_ALL,
    REDUCE_ANY,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_SUM,
    Op,
)

POSITIONS: frozenset[Op] = frozenset((ARGMAX, ARGMIN))
REDUCTIONS: frozenset[Op] = frozenset(
    (REDUCE_ALL, REDUCE_ANY, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD, REDUCE_SUM)
)
COLLAPSING: frozenset[Op] = REDUCTIONS | POSITIONS
RUNNING: frozenset[Op] = frozenset((CUMPROD, CUMSUM, RECURRENCE))


def axes_of(node: Node) -> frozenset[int]:
    """The axes that a reduction collapses, or along which a value runs."""
    if node.op in RUNNING or node.op in POSITIONS:
        return frozenset((node.attrs["axis"],))  # type: ignore[arg-type]
    return frozenset(node.attrs["axes"])  # type: ignore[arg-type]


def keeps_axes(node: Node) -> bool:
    """Whether a reduction leaves the axes that it collapses with extent 1."""
    return bool(node.attrs.get("keepdims"))
