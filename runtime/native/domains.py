"""The loops of a kernel: the axes of its domain, joined where memory allows, and how operands move along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...compiler.fusion import Cluster, Member, View
from ...compiler.fusion.clusters import domain_strides
from ...compiler.fusion.reading import PIECED, is_table, pieces
from ...compiler.fusion.reducing import POSITIONS, RUNNING, axes_of
from ...compiler.fusion.views import row_major
from ...compiler.ir import Dim, Value
from ...compiler.ops import ONE_HOT, SCATTER_ADD_ALONG
from .emit import Operand

Access = tuple[Value, Dim, tuple[Dim, ...]]
"""A base, an offset in elements, and a stride along each axis of the domain."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One loop.

    Attributes:
        size: how many iterations.
        stands_for: the axes of the domain that it runs over, as one.
        reduced: whether its elements are reduced.
    """

    size: Dim
    stands_for: tuple[int, ...]
    reduced: bool


@dataclass(frozen=True, slots=True)
class Where:
    """Where a kernel stands: the index along each loop, and the mask of the lanes that count."""

    index: Mapping[Axis, Operand] = field(default_factory=dict)
    mask: Operand | None = None

    def at(self, axis: Axis, index: Operand, mask: Operand | None = None) -> Where:
        return Where({**self.index, axis: index}, mask if mask is not None else self.mask)


def access(view: View, member: Member, rank: int) -> Access:
    """How a member reads a view."""
    axes = range(rank) if member.is_reduction else member.axes
    return view.base, view.offset, tuple(domain_strides(view.strides, axes, rank))


def stored(
    value: Value, member: Member, rank: int, strides: tuple[Dim, ...] | None = None
) -> Access:
    """How a member's value lies in its own memory: with these strides, or row by row."""
    shape = value.shape
    if strides is not None:
        return value, 0, tuple(domain_strides(strides, member.axes, rank))
    if member.is_copy:
        return value, 0, row_major(member.operands[0].shape)
    return value, 0, tuple(domain_strides(row_major(shape), member.axes, rank))


def loops(cluster: Cluster, accesses: Iterable[Access]) -> list[Axis]:
    """The axes over which a kernel runs, kept ones and reduced ones in the domain's order.

    Axes of size 1 are left out. Neighbours become one where every operand walks through both as through one.
    """
    pinned = _pinned(cluster)
    all_strides = [strides for _, _, strides in accesses]
    reduced = cluster.reduced or frozenset()
    axes: list[Axis] = []
    for a, size in enumerate(cluster.domain):
        if size == 1:
            continue
        if axes and a not in pinned and pinned.isdisjoint(axes[-1].stands_for):
            before = axes[-1]
            last = before.stands_for[-1]
            joined = before.reduced == (a in reduced) and all(
                s[last] == s[a] * size for s in all_strides
            )
            if joined:
                axes[-1] = Axis(before.size * size, (*before.stands_for, a), before.reduced)
                continue
        axes.append(Axis(size, (a,), a in reduced))
    return axes


def _pinned(cluster: Cluster) -> set[int]:
    """The axes along which a member asks for its position, so that no other may be joined to them."""
    pinned: set[int | None] = set()
    for member in cluster.members.values():
        node, axes = member.node, member.axes
        if node.op is ONE_HOT:
            pinned.add(axes[-1])
        elif node.op is SCATTER_ADD_ALONG:
            pinned.add(axes[node.attrs["axis"]])  # type: ignore[index]
        elif node.op in PIECED:
            pinned.update(axes[a] for piece in pieces(node) for a, _, _ in piece.bounds)
        elif node.op in RUNNING or node.op in POSITIONS:
            pinned.update(axes_of(node))
        elif any(
            isinstance(o, View) and len(o.shape) != len(axes) and not is_table(node, i)
            for i, o in enumerate(member.operands)
        ):
            return set(range(len(cluster.domain)))
    return {a for a in pinned if a is not None}


def along(strides: Sequence[Dim], axis: Axis) -> Dim:
    """The stride of one step along a loop: that of the innermost axis that it stands for."""
    return strides[axis.stands_for[-1]]
