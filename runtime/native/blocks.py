"""Nodes as steps: clusters in order, and between them what is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...compiler.fusion import Cluster, ClusterKind, Member, View, fuse
from ...compiler.fusion.clusters import is_leaf
from ...compiler.fusion.reading import DRAWN, PIECED, is_table, looked_up, pieces
from ...compiler.fusion.reducing import COLLAPSING, RUNNING
from ...compiler.fusion.views import row_major
from ...compiler.ir import Dim, Node, Value
from ...compiler.ops import (
    CONCATENATE,
    MATMUL,
    ONE_HOT,
    SCATTER_ADD_ALONG,
    STOP_GRADIENT,
    UPDATE_SLICE,
)
from .elements import EMITTERS
from .lookups import LOOKED_UP
from .passes import keep_costly
from .places import Kind, Place
from .routines import ROUTINES
from .steps import Fallback, Kernel, Routine, Step
from .storage import Places, Storage
from .whole import reduces_everything, scratch_bytes
from .windows import WINDOWED, is_straight

_POINTWISE = frozenset((ONE_HOT, SCATTER_ADD_ALONG)) | LOOKED_UP | DRAWN | PIECED
MANY = 8
"""Operands from which on a concatenation is as many copies, and not a choice at every element."""


class Blocks(Storage):
    """Schedules the nodes of a graph or region."""

    def fused(
        self, nodes: Sequence[Node], views: dict[Value, View], results: Iterable[Value]
    ) -> Sequence[Cluster]:
        return fuse(nodes, views, results, _POINTWISE, takes=_takes)

    def block(
        self,
        clusters: Sequence[Cluster],
        views: Mapping[Value, View],
        places: Places,
        steps: list[Step],
    ) -> None:
        for cluster in clusters:
            self.now += 1
            node = self.serving = next(iter(cluster.members.values())).node
            if cluster.kind is ClusterKind.OTHER:
                self.other(node, views, places, steps)
                continue
            self._write_tables(cluster, places, steps)
            if cluster.kind is ClusterKind.PRODUCT:
                self._straighten(cluster, places, steps)
                value = next(iter(cluster.members))
                if any(self._replacing(v, places) for v in cluster.outputs) or all(
                    v.dtype is not value.dtype for v in cluster.outputs
                ):
                    # The product itself must be written somewhere, and not over what the operations after it read.
                    cluster.outputs.append(value)
            else:
                self._settle(cluster, places, steps)
            kernel = Kernel(cluster, places, self.now)
            keep_costly(cluster)
            for view in cluster.reads():
                self.read(view.base, places)
            for value in cluster.outputs:
                self.own(value, places)
            if reduces_everything(cluster):
                kernel.scratch = self.piece(scratch_bytes(cluster))
            steps.append(kernel)

    def _settle(self, cluster: Cluster, places: Places, steps: list[Step]) -> None:
        """Write tables that are leaves to memory."""
        for value, member in cluster.members.items():
            operands = list(member.operands)
            for i in looked_up(member.node):
                view = operands[i]
                if isinstance(view, View) and is_table(member.node, i) and is_leaf(view.base):
                    operands[i] = View.whole(self.copied(view, places, steps))
            if operands != [*member.operands]:
                cluster.members[value] = Member(member.node, member.axes, tuple(operands))

    def _replacing(self, value: Value, places: Mapping[Value, Place]) -> bool:
        """Whether a value is written over memory that was given."""
        place = places.get(value)
        if place is None or place.buffer.kind is not Kind.RESULT:
            return False
        return self.made.updates[place.buffer.index] is not None

    def _write_tables(self, cluster: Cluster, places: Places, steps: list[Step]) -> None:
        """Give memory to what is looked up in: numbers that are written where they are used have none."""
        for value, member in list(cluster.members.items()):
            table = member.operands[0] if member.node.op in LOOKED_UP else None
            if isinstance(table, View) and is_leaf(table.base):
                written = View.whole(self.copied(table, places, steps))
                operands = (written, *member.operands[1:])
                cluster.members[value] = Member(member.node, member.axes, operands)

    def _straighten(self, cluster: Cluster, places: Places, steps: list[Step]) -> None:
        """Copy operands of a product that do not lie as its kernel needs them."""
        value = next(iter(cluster.members))
        member = cluster.members[value]
        operands = list(member.operands)
        for i, view in enumerate(operands):
            assert isinstance(view, View)
            if _is_straight(member.node, i, view) and not is_leaf(view.base):
                continue
            operands[i] = View.whole(self.copied(view, places, steps))
        cluster.members[value] = Member(member.node, member.axes, tuple(operands))

    def other(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        """Schedule what is no cluster."""
        if node.op in PIECED:
            self._assemble(node, views, places, steps)
            return
        if node.op in ROUTINES:
            self._routine(node, views, places, steps)
            return
        operands = [
            self._straight(views.get(v) or View.whole(v), places, steps) for v in node.inputs
        ]
        for value in node.outputs:
            self.own(value, places)
        self.now += 1
        step = Fallback(
            node,
            tuple(operands),
            tuple(places[v] for v in node.outputs),
            len(self.made.fallbacks),
            self.now,
        )
        self.made.fallbacks.append(step)
        for place in (*step.operands, *step.results):
            if place is not None:
                self.touch(place.buffer)
        steps.append(step)

    def _straight(self, view: View, places: Places, steps: list[Step]) -> Place:
        """Memory in which a view's elements lie row by row: its own, or a copy."""
        if view.is_contiguous and not is_leaf(view.base):
            self.read(view.base, places)
            base = places[view.base]
            return Place(base.buffer, base.dtype, base.offset + view.offset)
        return places[self.copied(view, places, steps)]

    def _routine(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        recipe = ROUTINES[node.op]
        first, *rest = recipe.views(node, [views.get(v) or View.whole(v) for v in node.inputs])
        result = self.own(node.output, places)
        operands: list[Place | None] = []
        if recipe.begins:
            self.copy(first, result, steps, places)
            operands.append(None)
        else:
            operands.append(self._straight(first, places, steps))
        operands += [self._straight(v, places, steps) for v in rest]
        self.now += 1
        scratch = tuple([self.temporary(t) for t in recipe.scratch(node)])
        for place in (*operands, result):
            if place is not None:
                self.touch(place.buffer)
        steps.append(Routine(node, tuple(operands), result, scratch, self.now))

    def _assemble(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        """Copy each piece of a concatenation, or a slice that is replaced, to where it lies in the result."""
        whole = self.own(node.output, places)
        strides = row_major(node.output.shape)
        if node.op is CONCATENATE:
            parts = [(p.operand, p.bounds, strides) for p in pieces(node)]
        else:
            steps_: Sequence[int] = node.attrs["strides"]  # type: ignore[assignment]
            starts: Sequence[Dim] = node.attrs["starts"]  # type: ignore[assignment]
            bounds = tuple((a, low, low) for a, low in enumerate(starts))
            apart = tuple([s * k for s, k in zip(strides, steps_, strict=True)])
            parts = [(0, (), strides), (1, bounds, apart)]
        for i, bounds, along in parts:
            offset = whole.offset
            for axis, low, _ in bounds:
                offset = offset + strides[axis] * low
            value = node.inputs[i]
            place = Place(whole.buffer, whole.dtype, offset, along)
            self.copy(views.get(value) or View.whole(value), place, steps, places)


def _takes(node: Node) -> bool:
    """Whether kernels can compute a node at one element."""
    if node.op in _POINTWISE:
        if node.op is SCATTER_ADD_ALONG:
            return node.inputs[1].shape[node.attrs["axis"]] == 1  # type: ignore[index]
        if node.op is CONCATENATE:
            return len(node.inputs) < MANY
        if node.op is UPDATE_SLICE:
            return all(s == 1 for s in node.attrs["strides"])  # type: ignore[union-attr]
        return True
    if node.op is MATMUL:
        return node.inputs[0].dtype.name in ("float32", "float64")
    if node.op in EMITTERS or node.op in WINDOWED or node.op is STOP_GRADIENT:
        return True
    return node.op in COLLAPSING | RUNNING


def _is_straight(node: Node, operand: int, view: View) -> bool:
    """Whether a product's kernel reads the operand where it lies."""
    if node.op in WINDOWED:
        return is_straight(node, operand, view)
    rows, columns = view.shape[-2:]
    down, along = view.strides[-2:]
    return along == 1 or columns == 1 or down == 1 or rows == 1
