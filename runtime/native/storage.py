"""Memory for the values of a schedule: pieces of the arena, their lifetimes, and copies."""

from __future__ import annotations

import numpy as np

from ...compiler.fusion import Cluster, ClusterKind, Member, View
from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, Node, TensorType, Value
from ...compiler.ops import CONSTANT, STOP_GRADIENT
from .places import Buffer, Kind, Place
from .steps import Kernel, Schedule, Step

Places = dict[Value, Place]
NOWHERE = Buffer(Kind.ARENA, -1, 0)


class Storage:
    """Gives memory to values, and says until when it is needed.

    Attributes:
        made: the schedule that grows.
        now: the number of the step that is being scheduled.
    """

    def __init__(self, made: Schedule) -> None:
        self.made = made
        self.now = 0
        self.serving: Node | None = None
        """The node whose operands or results are being copied."""

    def touch(self, buffer: Buffer) -> None:
        if buffer.kind is Kind.ARENA:
            buffer.last = max(buffer.last, self.now)

    def own(self, value: Value, places: Places) -> Place:
        """The memory of a value that a step makes."""
        place = places.get(value)
        if place is None:
            place = places[value] = self.temporary(value.type, value)
        self.touch(place.buffer)
        return place

    def temporary(self, type: TensorType, value: Value | None = None) -> Place:
        """New memory of a type, needed in this step."""
        return Place(self.piece(bytes_of(type), value), type.dtype)

    def piece(self, size: Dim, value: Value | None = None) -> Buffer:
        """A new piece of the arena, needed in this step: for a value, or for nothing but a kernel's own use."""
        buffer = Buffer(Kind.ARENA, len(self.made.pieces), size, self.now, self.now, value)
        self.made.pieces.append(buffer)
        return buffer

    def read(self, value: Value, places: Places) -> None:
        if is_leaf(value):
            # A leaf is written where it is used; it has a type, and no memory.
            places.setdefault(value, Place(NOWHERE, value.dtype))
            return
        if value not in places:
            node = value.producer
            assert node is not None
            assert node.op is CONSTANT, f"{node} has no memory"
            array = np.ascontiguousarray(node.attrs["value"])
            buffer = Buffer(Kind.CONSTANT, len(self.made.constants), array.nbytes, value=value)
            self.made.constants.append(array)
            places[value] = Place(buffer, value.dtype)
        self.touch(places[value].buffer)

    def copied(self, view: View, places: Places, steps: list[Step]) -> Value:
        """A new value with the elements of a view, row by row."""
        self.now += 1
        cluster, value = _copy_cluster(view)
        self.read(view.base, places)
        self.own(value, places)
        steps.append(Kernel(cluster, dict(places), self.now, serves=self.serving))
        return value

    def copy(self, view: View, place: Place, steps: list[Step], places: Places) -> None:
        """Write the elements of a view to a place."""
        self.now += 1
        cluster, value = _copy_cluster(view)
        self.read(view.base, places)
        self.touch(place.buffer)
        steps.append(Kernel(cluster, {**places, value: place}, self.now, serves=self.serving))


def _copy_cluster(view: View) -> tuple[Cluster, Value]:
    node = Node(STOP_GRADIENT, [view.base], {}, [TensorType(view.base.dtype, view.shape)], None)
    cluster = Cluster(ClusterKind.LOOP, view.shape)
    cluster.members[node.output] = Member(node, tuple(range(len(view.shape))), (view,))
    cluster.outputs.append(node.output)
    return cluster, node.output


def bytes_of(type: TensorType) -> Dim:
    return type.size * type.dtype.itemsize
