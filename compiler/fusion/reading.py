"""How operations read their operands: at the element where a kernel stands, or at another one.

What is read at another element must lie in memory: it is a table that is looked up, a piece that lies somewhere in the
result, or a key from which numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..ir import Dim, Node, Shape
from ..ops import (
    CONCATENATE,
    GATHER,
    GATHER_ND,
    ONE_HOT,
    PAD,
    RANDOM_BITS,
    RANDOM_NORMAL,
    RANDOM_TRUNCATED_NORMAL,
    RANDOM_UNIFORM,
    TAKE_ALONG,
    UPDATE_SLICE,
    Kind,
    Op,
)
from .views import View

DRAWN: frozenset[Op] = frozenset(
    (RANDOM_BITS, RANDOM_NORMAL, RANDOM_TRUNCATED_NORMAL, RANDOM_UNIFORM)
)
PIECED: frozenset[Op] = frozenset((CONCATENATE, PAD, UPDATE_SLICE))


@dataclass(frozen=True, slots=True)
class Piece:
    """Where an operand lies in a result: along each of these axes from a position on, and below another."""

    operand: int
    bounds: tuple[tuple[int, Dim, Dim], ...]


def looked_up(node: Node) -> Sequence[int]:
    """The operands that are read at other elements than the one where the kernel stands."""
    if node.op in (GATHER, GATHER_ND, PAD, TAKE_ALONG) or node.op in DRAWN:
        return (0,)
    if node.op is UPDATE_SLICE:
        return (1,)
    if node.op is CONCATENATE or node.op.kind is Kind.CONTRACTION:
        return range(len(node.inputs))
    return ()


def is_table(node: Node, operand: int) -> bool:
    """Whether an operand is read at an element that only the kernel knows: it must lie in memory, as it is."""
    return node.op not in PIECED and operand in looked_up(node)


def pieces(node: Node) -> list[Piece]:
    """The pieces of the result of `PAD`, `CONCATENATE` or `UPDATE_SLICE` (with strides of 1), in order."""
    if node.op is CONCATENATE:
        axis: int = node.attrs["axis"]  # type: ignore[assignment]
        found: list[Piece] = []
        start: Dim = 0
        for i, x in enumerate(node.inputs):
            found.append(Piece(i, ((axis, start, start + x.shape[axis]),)))
            start = start + x.shape[axis]
        return found
    if node.op is PAD:
        margins: Sequence[tuple[Dim, Dim]] = node.attrs["padding"]  # type: ignore[assignment]
        (x,) = node.inputs
        bounds = [
            (a, lo, lo + x.shape[a]) for a, (lo, hi) in enumerate(margins) if (lo, hi) != (0, 0)
        ]
        return [Piece(0, tuple(bounds))]
    starts: Shape = node.attrs["starts"]  # type: ignore[assignment]
    limits: Shape = node.attrs["limits"]  # type: ignore[assignment]
    ends = zip(starts, limits, node.output.shape, strict=True)
    return [
        Piece(1, tuple([(a, lo, hi) for a, (lo, hi, d) in enumerate(ends) if (lo, hi) != (0, d)]))
    ]


def reads_of(node: Node, shape: Shape, view: Callable[[int], View]) -> list[View]:
    """What a node reads, over the shape of its result; tables as they are.

    Args:
        view: gives the view that an operand is.
    """
    op = node.op
    if op is ONE_HOT:
        x = view(0)
        return [View(x.base, x.offset, (*x.strides, 0), shape)]
    if op is TAKE_ALONG:
        return [view(0), view(1).broadcast(shape)]
    if op is GATHER:
        x, at = view(0), view(1)
        axis: int = node.attrs["axis"]  # type: ignore[assignment]
        after = len(shape) - axis - len(at.shape)
        strides = (*(0 for _ in range(axis)), *at.strides, *(0 for _ in range(after)))
        return [x, View(at.base, at.offset, strides, shape)]
    if op is GATHER_ND:
        return [view(0), *(_leading(view(i), node, shape) for i in range(1, len(node.inputs)))]
    if op in DRAWN:
        return [view(0)]
    if op in PIECED:
        moved = {p.operand: _moved(view(p.operand), p, shape) for p in pieces(node)}
        return [moved[i] if i in moved else view(i) for i in range(len(node.inputs))]
    return [view(i).broadcast(shape) for i in range(len(node.inputs))]


def _leading(index: View, node: Node, shape: Shape) -> View:
    """An index over the first axes of the result, which is the same along the others."""
    rest = node.inputs[0].ndim - (len(node.inputs) - 1)
    lead = len(shape) - rest
    along = index.broadcast(shape[:lead])
    return View(along.base, along.offset, (*along.strides, *(0 for _ in range(rest))), shape)


def _moved(view: View, piece: Piece, shape: Shape) -> View:
    """A piece by the positions of the result; it is there only within its bounds."""
    offset = view.offset
    for axis, low, _ in piece.bounds:
        offset = offset - view.strides[axis] * low
    return View(view.base, offset, view.strides, shape)
