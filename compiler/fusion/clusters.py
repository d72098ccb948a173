"""Clusters: the operations that one kernel computes.

A cluster has a *domain*, the shape over which its kernel iterates, and perhaps *reduced* axes of it. Each member is
computed at the element where the kernel stands: members over the whole domain, and members over the axes that are
kept, such as the sums of rows. So a chain of elementwise operations is one kernel, and so is softmax over rows, or a
matrix product with what is done to each element of it. What a kernel needs at another element than the one where it
stands must lie in memory, and is another cluster's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..ir import Dim, Node, Shape, Value
from ..ops import (
    CONSTANT,
    EXTENT,
    FULL,
    IOTA,
    RESHAPE,
)
from .reducing import COLLAPSING, RUNNING
from .views import View, row_major


class ClusterKind(Enum):
    LOOP = "loop"
    PRODUCT = "product"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a cluster.

    Attributes:
        axes: for each axis of its result the axis of the domain, or None where the result's axis has size 1.
        operands: for each operand the member's value that it is (at the same element), or the view that is read.
    """

    node: Node
    axes: tuple[int | None, ...]
    operands: tuple[Value | View, ...]

    @property
    def is_reduction(self) -> bool:
        return self.node.op in COLLAPSING

    @property
    def is_running(self) -> bool:
        return self.node.op in RUNNING

    @property
    def is_copy(self) -> bool:
        """Whether it is its operand's elements, in order, under another shape: the domain is the operand's."""
        return self.node.op is RESHAPE


@dataclass(eq=False)
class Cluster:
    """What one kernel computes.

    Attributes:
        domain: the shape over which it iterates.
        reduced: the axes of it that reductions collapse; None where there is no reduction.
        members: in order.
        outputs: the members' values that other clusters or the results need; they get memory.
    """

    kind: ClusterKind
    domain: Shape
    reduced: frozenset[int] | None = None
    members: dict[Value, Member] = field(default_factory=dict)
    outputs: list[Value] = field(default_factory=list)
    number: int = 0

    @property
    def nodes(self) -> list[Node]:
        return list(dict.fromkeys(m.node for m in self.members.values()))

    def reads(self) -> list[View]:
        """The views that its members read."""
        return [o for m in self.members.values() for o in m.operands if isinstance(o, View)]


def is_leaf(value: Value) -> bool:
    """Whether a value is written where it is used: numbers, filled arrays, 0, 1, 2, ..."""
    node = value.producer
    if node is None:
        return False
    return node.op in (EXTENT, FULL, IOTA) or (node.op is CONSTANT and not value.shape)


def domain_strides(strides: Sequence[Dim], axes: Sequence[int | None], rank: int) -> list[Dim]:
    """Strides along the axes of the domain, from those along the axes of a member's result."""
    found: list[Dim] = [0] * rank
    for axis, stride in zip(axes, strides, strict=True):
        if axis is not None:
            found[axis] = stride
    return found


def same_element(view: View, axes: Sequence[int | None], maker: Member, domain: Shape) -> bool:
    """Whether reading a member's value through the view gives it at the element where the kernel stands."""
    if view.offset != 0:
        return False
    have = domain_strides(view.strides, axes, len(domain))
    value = view.base
    want = domain_strides(row_major(value.shape), maker.axes, len(domain))
    for axis, (size, x, y) in enumerate(zip(domain, have, want, strict=True)):
        # What does not go along an axis, be its extent 1, is known only when the kernel has left it.
        stays = axis in maker.axes and axis not in axes
        if x != y and (size != 1 or stays):
            return False
    return True
