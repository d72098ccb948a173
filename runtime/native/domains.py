"""The loops of a kernel: the axes of its domain, joined where memory allows, and how operands move along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...compiler.fusion import Cluster, Member, View
from ...compiler.fusion.clusters import domain_strides, is_leaf
from ...compiler.fusion.views import row_major
from ...compiler.ir import Dim, Value
from ...compiler.ops import IOTA, ONE_HOT, SCATTER_ADD_ALONG
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


def stored(value: Value, member: Member, rank: int) -> Access:
    """How a member's value lies in its own memory."""
    shape = value.shape
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
        if axes and not pinned:
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


def _pinned(cluster: Cluster) -> bool:
    """Whether a member asks for its position, so that no axes may be joined."""
    for member in cluster.members.values():
        if member.node.op in (ONE_HOT, SCATTER_ADD_ALONG) or len(member.operands) != len(
            member.node.inputs
        ):
            return True
        for o in member.operands:
            if isinstance(o, View):
                if is_leaf(o.base) and o.base.producer is not None and o.base.producer.op is IOTA:
                    return True
                if len(o.shape) != len(member.axes):
                    return True
    return any(m.node.op.name in ("gather", "take_along") for m in cluster.members.values())


def along(strides: Sequence[Dim], axis: Axis) -> Dim:
    """The stride of one step along a loop: that of the innermost axis that it stands for."""
    return strides[axis.stands_for[-1]]
