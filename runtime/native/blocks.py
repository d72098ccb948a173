"""Graphs and regions as steps: clusters in order, and the control flow between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...compiler.control import COND, SCAN, WHILE
from ...compiler.fusion import Cluster, ClusterKind, Member, View, fuse, views_of
from ...compiler.fusion.clusters import is_leaf
from ...compiler.fusion.reading import DRAWN, PIECED, is_table, looked_up, pieces
from ...compiler.fusion.reducing import COLLAPSING, RUNNING
from ...compiler.fusion.views import row_major
from ...compiler.ir import Dim, Graph, Node, Value, product
from ...compiler.ops import (
    CONCATENATE,
    CONSTANT,
    MATMUL,
    ONE_HOT,
    SCATTER_ADD_ALONG,
    STOP_GRADIENT,
    UPDATE_SLICE,
)
from ..order import execution_order
from ..regions import Loop
from .elements import EMITTERS
from .lookups import LOOKED_UP
from .passes import keep_costly
from .places import Kind, Place, counter
from .routines import ROUTINES
from .steps import Choice, Fallback, Kernel, Repeat, Routine, Step
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
                self._other(node, views, places, steps)
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

    def _other(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        if node.op is SCAN:
            self._scan(node, views, places, steps)
            return
        if node.op is COND:
            self._cond(node, views, places, steps)
            return
        if node.op is WHILE and len(node.outputs) == node.attrs["carries"]:
            self._while(node, views, places, steps)
            return
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

    def _scan(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        loop = Loop(node)
        self._enter(node, loop, views, places, steps)
        number = self._counter()
        position: Dim = counter(number)
        if loop.reverse:
            position = loop.length - 1 - position
        known = self._given(node, loop, loop.body, views)
        for i in loop.sequences:
            outer = views.get(node.inputs[i]) or View.whole(node.inputs[i])
            known[loop.body.inputs[i]] = View(
                outer.base,
                outer.offset + position * outer.strides[0],
                outer.strides[1:],
                outer.shape[1:],
            )
        body: list[Step] = []
        begin = self.now
        self._iteration(node, loop, known, position, places, body)
        steps.append(Repeat(number, loop.length, loop.reverse, None, [], None, body))
        self._span(node, begin, places, [*known.values()])

    def _while(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        loop = Loop(node)
        assert loop.condition is not None
        self._enter(node, loop, views, places, steps)
        number = self._counter()
        begin = self.now
        test: list[Step] = []
        known = self._given(node, loop, loop.condition, views)
        inner = dict(places)
        found = self._region(loop.condition, known, inner, test)
        (truth,) = loop.condition.outputs
        view = found.get(truth) or View.whole(truth)
        condition = inner[self.copied(view, inner, test)]
        body: list[Step] = []
        known = self._given(node, loop, loop.body, views)
        self._iteration(node, loop, known, counter(number), places, body)
        self.touch(condition.buffer)
        steps.append(Repeat(number, None, False, loop.maximum, test, condition, body))
        self._span(node, begin, places, [*known.values()])

    def _enter(
        self,
        node: Node,
        loop: Loop,
        views: Mapping[Value, View],
        places: Places,
        steps: list[Step],
    ) -> None:
        """Memory for what comes out of a loop; the carries begin as the operands are."""
        for value in node.outputs:
            self.own(value, places)
        for value, start in zip(node.outputs[: loop.carries], node.inputs, strict=False):
            self.copy(views.get(start) or View.whole(start), places[value], steps, places)

    def _given(
        self, node: Node, loop: Loop, region: Graph, views: Mapping[Value, View]
    ) -> dict[Value, View]:
        """The views that a region's carries and captures are."""
        known = {
            v: View.whole(node.outputs[i]) for i, v in enumerate(region.inputs[: loop.carries])
        }
        for i in loop.captures:
            known[region.inputs[i]] = views.get(node.inputs[i]) or View.whole(node.inputs[i])
        return known

    def _iteration(
        self,
        node: Node,
        loop: Loop,
        known: dict[Value, View],
        position: Dim,
        places: Places,
        steps: list[Step],
    ) -> None:
        body = loop.body
        inner = dict(places)
        wanted: Places = {}
        rest: list[tuple[Value, Place]] = []
        nodes = execution_order(body)
        views = views_of(nodes, known)
        for value, out in zip(loop.stacked, body.outputs[loop.carries :], strict=True):
            whole = places[value]
            stride = product(value.shape[1:])
            place = Place(whole.buffer, whole.dtype, whole.offset + position * stride)
            if out in wanted or out in views or is_leaf(out) or _is_constant(out):
                rest.append((out, place))
            else:
                wanted[out] = place
        inner.update(wanted)
        self.block(self.fused(nodes, views, body.results), views, inner, steps)
        self.serving = node
        for out, place in rest:
            self.copy(views.get(out) or View.whole(out), place, steps, inner)
        ends = body.outputs[: loop.carries]
        moving = [
            (views.get(end) or View.whole(end), node.outputs[i])
            for i, end in enumerate(ends)
            if end is not body.inputs[i]
        ]
        # A carry that another one becomes must be read before it is written.
        carried = set(node.outputs[: loop.carries])
        held = [
            (View.whole(self.copied(v, inner, steps)) if v.base in carried else v, value)
            for v, value in moving
        ]
        for view, value in held:
            self.copy(view, places[value], steps, inner)

    def _cond(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        for value in node.outputs:
            self.own(value, places)
        view = views.get(node.inputs[0]) or View.whole(node.inputs[0])
        condition = places[self.copied(view, places, steps)]
        begin = self.now
        parts: list[list[Step]] = []
        used: list[View] = []
        for region in node.regions:
            known = {
                v: views.get(o) or View.whole(o)
                for v, o in zip(region.inputs, node.inputs[1:], strict=True)
            }
            used += known.values()
            inner, part = dict(places), list[Step]()
            found = self._region(region, known, inner, part)
            for value, out in zip(node.outputs, region.outputs, strict=True):
                self.copy(found.get(out) or View.whole(out), places[value], part, inner)
            parts.append(part)
        self.touch(condition.buffer)
        steps.append(Choice(condition, parts[0], parts[1]))
        self._span(node, begin, places, used)

    def _region(
        self,
        region: Graph,
        known: Mapping[Value, View],
        places: Places,
        steps: list[Step],
    ) -> dict[Value, View]:
        nodes = execution_order(region)
        views = views_of(nodes, known)
        clusters = self.fused(nodes, views, region.results)
        self.block(clusters, views, places, steps)
        return views

    def _span(
        self, node: Node, begin: int, places: Mapping[Value, Place], used: Iterable[View]
    ) -> None:
        """What a loop or branch reads of the graph around, and what comes out, is needed until its end."""
        self.now += 1
        for piece in self.made.pieces:
            if piece.first <= begin < piece.last:
                piece.last = self.now
        for value in node.outputs:
            self.touch(places[value].buffer)
        for view in used:
            if view.base in places:
                self.touch(places[view.base].buffer)

    def _counter(self) -> int:
        number = self.made.counters
        self.made.counters += 1
        return number


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


def _is_constant(value: Value) -> bool:
    return value.producer is not None and value.producer.op is CONSTANT
