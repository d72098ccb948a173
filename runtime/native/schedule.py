"""From a graph to the steps of its native function, and where every value lies.

Clusters become steps in the order in which they run. A value that is needed after its kernel gets memory: a result's
own, that of a parameter which the run may replace, or a piece of the arena for as long as something needs it.
Branches and loops are steps that hold the steps of their regions; what a region reads of the graph around is seen
through views, and the position of a loop is a symbol of the offsets in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...compiler.control import COND, SCAN, WHILE
from ...compiler.control.sizes import attr_symbols, made_symbols
from ...compiler.fusion import Cluster, ClusterKind, Member, View, fuse, views_of
from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, Expr, Graph, Node, TensorType, Value, product, symbols_of
from ...compiler.ops import CONSTANT, FLOORDIV, GATHER, MATMUL, MOD, ONE_HOT, SCATTER_ADD_ALONG, STOP_GRADIENT, TAKE_ALONG
from ..order import execution_order
from ..regions import Loop
from .elements import EMITTERS
from .places import Buffer, Kind, Place, Sizes, counter

COPY = STOP_GRADIENT
"""What a copy is written as: the value itself."""


class Unsupported(Exception):
    """A graph that cannot be compiled natively; the message says why."""


@dataclass(eq=False, slots=True)
class Kernel:
    """A cluster; its memory, and whether it reads or fails before anything is overwritten."""

    cluster: Cluster
    places: Mapping[Value, Place]


@dataclass(eq=False, slots=True)
class Fallback:
    """A node that the reference computes, on arrays that are views of the memory here."""

    node: Node
    operands: tuple[Place | None, ...]
    results: tuple[Place, ...]
    index: int


@dataclass(eq=False, slots=True)
class Repeat:
    """A loop: its position is a counter; ``condition`` is where the truth value lies that says whether it goes on."""

    counter: int
    length: Dim | None
    reverse: bool
    maximum: int | None
    test: list[Step]
    condition: Place | None
    body: list[Step]


@dataclass(eq=False, slots=True)
class Choice:
    condition: Place
    then: list[Step]
    otherwise: list[Step]


@dataclass(eq=False, slots=True)
class Checkpoint:
    """From here on memory that was given is overwritten: a fault that was noted ends the run before."""


Step = Kernel | Fallback | Repeat | Choice | Checkpoint


@dataclass(eq=False)
class Schedule:
    """The steps of a graph's native function.

    Attributes:
        updates: for each result the parameter whose memory it takes over, or None.
        same: for each result the parameter that it is, unchanged, or None.
    """

    graph: Graph
    steps: list[Step] = field(default_factory=list)
    sizes: Sizes = field(default_factory=Sizes)
    pieces: list[Buffer] = field(default_factory=list)
    constants: list[np.ndarray] = field(default_factory=list)
    fallbacks: list[Fallback] = field(default_factory=list)
    updates: list[int | None] = field(default_factory=list)
    same: list[int | None] = field(default_factory=list)
    counters: int = 1

    def kernels(self) -> Iterator[Kernel]:
        for step in walk(self.steps):
            if isinstance(step, Kernel):
                yield step


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each before those inside it."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from walk(step.test)
            yield from walk(step.body)
        elif isinstance(step, Choice):
            yield from walk(step.then)
            yield from walk(step.otherwise)


def schedule(graph: Graph, donate: bool) -> Schedule:
    """Plan the native function of a graph.

    Args:
        donate: whether a state's new value may be written over the old one.

    Raises:
        Unsupported: a size is only found out while the graph runs.
    """
    return _Scheduling(graph, donate).made


class _Scheduling:
    def __init__(self, graph: Graph, donate: bool) -> None:
        self.made = Schedule(graph)
        self.now = 0
        self.donate = donate
        self.places: dict[Value, Place] = {}
        self._known = set(symbols_of(d for v in graph.parameters for d in v.shape))
        for i, value in enumerate(graph.parameters):
            buffer = Buffer(Kind.PARAMETER, i, _bytes(value.type))
            self.places[value] = Place(buffer, value.dtype)
        self._results(graph)

    # The whole graph.

    def _results(self, graph: Graph) -> None:
        made, first = self.made, len(graph.outputs)
        at = {v: i for i, v in enumerate(graph.parameters)}
        results = list(graph.results)
        made.same = [None] * first
        made.same += [None if s.changes else at[s.input] for s in graph.states]
        made.updates = [None] * len(results)
        nodes = execution_order(graph)
        for node in nodes:
            self._check(node)
        views = views_of(nodes)
        fused = self._fused(nodes, views, graph.results)
        clusters = list(fused)
        wanted: dict[Value, Place] = {}
        copies: list[tuple[int, Value]] = []
        owners = {v: c for c in clusters for v in c.members}
        late: list[Cluster] = []
        for i, value in enumerate(results):
            if made.same[i] is not None:
                continue
            buffer = Buffer(Kind.RESULT, i, _bytes(value.type))
            if value in owners and value not in views and value not in wanted:
                wanted[value] = Place(buffer, value.dtype)
                if self.donate and i >= first:
                    state = graph.states[i - first]
                    if self._replaces(state.input, value, owners[value], clusters, views):
                        made.updates[i] = at[state.input]
                        late.append(owners[value])
            else:
                copies.append((i, value))
        self.places.update(wanted)
        late_set = set(late)
        for i, origin in enumerate(made.updates):
            # Another kernel at the end may still read the old value.
            if origin is not None:
                old, owner = graph.parameters[origin], owners[results[i]]
                if any(v.base is old for c in late_set if c is not owner for v in c.reads()):
                    made.updates[i] = None
        ordinary = [c for c in clusters if c not in late_set]
        self._block(ordinary, views, self.places, made.steps)
        for i, value in copies:
            place = Place(Buffer(Kind.RESULT, i, _bytes(value.type)), value.dtype)
            self._copy(views.get(value) or View.whole(value), place, made.steps, self.places)
        if late:
            made.steps.append(Checkpoint())
            self._block([c for c in clusters if c in late_set], views, self.places, made.steps)

    def _check(self, node: Node) -> None:
        for inner in _nodes(node):
            if made_symbols(inner):
                raise Unsupported(f"{inner.op.name} finds out a size while it runs")
            unknown = [s for s in attr_symbols(inner) if s not in self._known]
            if unknown:
                raise Unsupported(f"{inner.op.name} needs the size {unknown[0]}, which no argument tells")

    def _replaces(
        self,
        old: Value,
        new: Value,
        owner: Cluster,
        clusters: Sequence[Cluster],
        views: Mapping[Value, View],
    ) -> bool:
        """Whether a new state may be written over the old one: by a last kernel, which reads it where it writes."""
        if owner.kind is ClusterKind.OTHER or any(_may_fail(m.node) for m in owner.members.values()):
            return False
        inside = set(owner.members)
        for other in clusters:
            if other is not owner and any(v.base in inside for v in other.reads()):
                return False
        results = self.made.graph.results
        if any((views.get(v) or View.whole(v)).base is old and v is not old for v in results):
            return False
        if sum(v is old for v in results) or sum(v is new for v in results) > 1:
            return False
        whole = View.whole(old)
        if len(owner.members[new].axes) != new.ndim or owner.reduced and any(
            o.base is old for o in owner.reads() if len(o.shape) == len(owner.domain) and owner.members[new].axes != tuple(range(new.ndim))
        ):
            return False
        for value, member in owner.members.items():
            for o in member.operands:
                if isinstance(o, View) and o.base is old:
                    if value.producer is not None and value.producer.op is MATMUL:
                        return False
                    if (o.offset, o.strides, o.shape) != (0, whole.strides, whole.shape):
                        return False
                    if member.axes != owner.members[new].axes:
                        return False
        return True

    # Blocks: the graph itself, and regions.

    def _fused(self, nodes: Sequence[Node], views: dict[Value, View], results: Iterable[Value]) -> Sequence[Cluster]:
        return fuse(nodes, views, results, _POINTWISE, takes=_takes)

    def _block(
        self,
        clusters: Sequence[Cluster],
        views: Mapping[Value, View],
        places: dict[Value, Place],
        steps: list[Step],
    ) -> None:
        for cluster in clusters:
            self.now += 1
            if cluster.kind is ClusterKind.OTHER:
                node = next(iter(cluster.members.values())).node
                self._other(node, views, places, steps)
                continue
            if cluster.kind is ClusterKind.PRODUCT:
                self._straighten(cluster, places, steps)
                value = next(iter(cluster.members))
                if any(self._replacing(v, places) for v in cluster.outputs) or all(
                    v.dtype is not value.dtype for v in cluster.outputs
                ):
                    # The product itself must be written somewhere, and not over what the operations after it read.
                    cluster.outputs.append(value)
            kernel = Kernel(cluster, places)
            # Making the kernel may add outputs (`loops`), so it comes before memory is given out.
            from .loops import _stages, _with_kept

            _with_kept(cluster, _stages(cluster))
            for view in cluster.reads():
                self._read(view.base, places)
            for value in cluster.outputs:
                self._own(value, places)
            steps.append(kernel)

    def _replacing(self, value: Value, places: Mapping[Value, Place]) -> bool:
        """Whether a value is written over memory that was given."""
        place = places.get(value)
        if place is None or place.buffer.kind is not Kind.RESULT:
            return False
        return self.made.updates[place.buffer.index] is not None

    def _straighten(self, cluster: Cluster, places: dict[Value, Place], steps: list[Step]) -> None:
        """Copy operands of a product whose rows do not lie as products need them."""
        value = next(iter(cluster.members))
        member = cluster.members[value]
        operands = list(member.operands)
        for i, view in enumerate(operands):
            assert isinstance(view, View)
            rows, columns = view.shape[-2:]
            down, along = view.strides[-2:]
            if along == 1 or columns == 1 or down == 1 or rows == 1:
                if not is_leaf(view.base):
                    continue
            operands[i] = View.whole(self._copied(view, places, steps))
        cluster.members[value] = Member(member.node, member.axes, tuple(operands))

    def _other(
        self, node: Node, views: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]
    ) -> None:
        if node.op is SCAN and all(isinstance(d, (int, Expr)) for d in (node.attrs["length"],)):
            self._scan(node, views, places, steps)
            return
        if node.op is COND:
            self._cond(node, views, places, steps)
            return
        if node.op is WHILE and len(node.outputs) == node.attrs["carries"]:
            self._while(node, views, places, steps)
            return
        operands: list[Place | None] = []
        for value in node.inputs:
            view = views.get(value) or View.whole(value)
            if view.is_contiguous and not is_leaf(view.base):
                self._read(view.base, places)
                base = places[view.base]
                operands.append(Place(base.buffer, base.dtype, base.offset + view.offset))
            else:
                made = self._copied(view, places, steps)
                operands.append(places[made])
        for value in node.outputs:
            self._own(value, places)
        self.now += 1
        step = Fallback(
            node, tuple(operands), tuple(places[v] for v in node.outputs), len(self.made.fallbacks)
        )
        self.made.fallbacks.append(step)
        for place in (*step.operands, *step.results):
            if place is not None:
                self._touch(place.buffer)
        steps.append(step)

    # Control flow.

    def _scan(self, node: Node, views: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]) -> None:
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
                outer.base, outer.offset + position * outer.strides[0], outer.strides[1:], outer.shape[1:]
            )
        body: list[Step] = []
        begin = self.now
        self._iteration(node, loop, known, position, places, body)
        steps.append(Repeat(number, loop.length, loop.reverse, None, [], None, body))
        self._span(node, begin, places, [*known.values()])

    def _while(self, node: Node, views: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]) -> None:
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
        condition = inner[self._copied(view, inner, test)]
        body: list[Step] = []
        known = self._given(node, loop, loop.body, views)
        self._iteration(node, loop, known, counter(number), places, body)
        self._touch(condition.buffer)
        steps.append(Repeat(number, None, False, loop.maximum, test, condition, body))
        self._span(node, begin, places, [*known.values()])

    def _enter(
        self, node: Node, loop: Loop, views: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]
    ) -> None:
        """Memory for what comes out of a loop; the carries begin as the operands are."""
        for value in node.outputs:
            self._own(value, places)
        for value, start in zip(node.outputs[: loop.carries], node.inputs, strict=False):
            self._copy(views.get(start) or View.whole(start), places[value], steps, places)

    def _given(self, node: Node, loop: Loop, region: Graph, views: Mapping[Value, View]) -> dict[Value, View]:
        """The views that a region's carries and captures are."""
        known = {v: View.whole(node.outputs[i]) for i, v in enumerate(region.inputs[: loop.carries])}
        for i in loop.captures:
            at = i if region is loop.body else i
            known[region.inputs[at]] = views.get(node.inputs[i]) or View.whole(node.inputs[i])
        return known

    def _iteration(
        self,
        node: Node,
        loop: Loop,
        known: dict[Value, View],
        position: Dim,
        places: dict[Value, Place],
        steps: list[Step],
    ) -> None:
        body = loop.body
        inner = dict(places)
        wanted: dict[Value, Place] = {}
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
        self._block(self._fused(nodes, views, body.results), views, inner, steps)
        for out, place in rest:
            self._copy(views.get(out) or View.whole(out), place, steps, inner)
        ends = body.outputs[: loop.carries]
        moving = [
            (views.get(end) or View.whole(end), node.outputs[i])
            for i, end in enumerate(ends)
            if end is not body.inputs[i]
        ]
        # A carry that another one becomes must be read before it is written.
        carried = set(node.outputs[: loop.carries])
        held = [
            (View.whole(self._copied(v, inner, steps)) if v.base in carried else v, value)
            for v, value in moving
        ]
        for view, value in held:
            self._copy(view, places[value], steps, inner)

    def _cond(self, node: Node, views: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]) -> None:
        for value in node.outputs:
            self._own(value, places)
        view = views.get(node.inputs[0]) or View.whole(node.inputs[0])
        condition = places[self._copied(view, places, steps)]
        begin = self.now
        parts: list[list[Step]] = []
        used: list[View] = []
        for region in node.regions:
            known = {
                v: views.get(o) or View.whole(o) for v, o in zip(region.inputs, node.inputs[1:], strict=True)
            }
            used += known.values()
            inner, part = dict(places), list[Step]()
            found = self._region(region, known, inner, part)
            for value, out in zip(node.outputs, region.outputs, strict=True):
                self._copy(found.get(out) or View.whole(out), places[value], part, inner)
            parts.append(part)
        self._touch(condition.buffer)
        steps.append(Choice(condition, parts[0], parts[1]))
        self._span(node, begin, places, used)

    def _region(
        self, region: Graph, known: Mapping[Value, View], places: dict[Value, Place], steps: list[Step]
    ) -> dict[Value, View]:
        nodes = execution_order(region)
        views = views_of(nodes, known)
        clusters = self._fused(nodes, views, region.results)
        self._block(clusters, views, places, steps)
        return views

    def _span(self, node: Node, begin: int, places: Mapping[Value, Place], used: Iterable[View]) -> None:
        """What a loop or branch reads of the graph around, and what comes out, is needed until its end."""
        self.now += 1
        for piece in self.made.pieces:
            if piece.first <= begin < piece.last:
                piece.last = self.now
        for value in node.outputs:
            self._touch(places[value].buffer)
        for view in used:
            if view.base in places:
                self._touch(places[view.base].buffer)

    def _counter(self) -> int:
        number = self.made.counters
        self.made.counters += 1
        return number

    # Memory.

    def _touch(self, buffer: Buffer) -> None:
        if buffer.kind is Kind.ARENA:
            buffer.last = max(buffer.last, self.now)

    def _own(self, value: Value, places: dict[Value, Place]) -> Place:
        """The memory of a value that a step makes."""
        place = places.get(value)
        if place is None:
            buffer = Buffer(Kind.ARENA, len(self.made.pieces), _bytes(value.type), self.now, self.now)
            self.made.pieces.append(buffer)
            place = places[value] = Place(buffer, value.dtype)
        self._touch(place.buffer)
        return place

    def _read(self, value: Value, places: dict[Value, Place]) -> None:
        if is_leaf(value):
            # A leaf is written where it is used; it has a type, and no memory.
            places.setdefault(value, Place(_NOWHERE, value.dtype))
            return
        if value not in places:
            node = value.producer
            assert node is not None and node.op is CONSTANT, f"{node} has no memory"
            array = np.ascontiguousarray(node.attrs["value"])
            buffer = Buffer(Kind.CONSTANT, len(self.made.constants), array.nbytes)
            self.made.constants.append(array)
            places[value] = Place(buffer, value.dtype)
        self._touch(places[value].buffer)

    def _copied(self, view: View, places: dict[Value, Place], steps: list[Step]) -> Value:
        """A new value with the elements of a view, row by row."""
        self.now += 1
        cluster, value = _copy_cluster(view)
        self._read(view.base, places)
        self._own(value, places)
        steps.append(Kernel(cluster, dict(places)))
        return value

    def _copy(self, view: View, place: Place, steps: list[Step], places: dict[Value, Place]) -> None:
        """Write the elements of a view to a place."""
        self.now += 1
        cluster, value = _copy_cluster(view)
        self._read(view.base, places)
        self._touch(place.buffer)
        steps.append(Kernel(cluster, {**places, value: place}))


def _copy_cluster(view: View) -> tuple[Cluster, Value]:
    node = Node(COPY, [view.base], {}, [TensorType(view.base.dtype, view.shape)], None)
    cluster = Cluster(ClusterKind.LOOP, view.shape)
    cluster.members[node.output] = Member(node, tuple(range(len(view.shape))), (view,))
    cluster.outputs.append(node.output)
    return cluster, node.output


_NOWHERE = Buffer(Kind.ARENA, -1, 0)
_POINTWISE = frozenset((ONE_HOT, GATHER, TAKE_ALONG, SCATTER_ADD_ALONG))


def _takes(node: Node) -> bool:
    """Whether kernels can compute a node at one element."""
    if node.op in _POINTWISE:
        if node.op is SCATTER_ADD_ALONG:
            return node.inputs[1].shape[node.attrs["axis"]] == 1  # type: ignore[index]
        return True
    if node.op is MATMUL:
        return node.inputs[0].dtype.name in ("float32", "float64")
    return node.op in EMITTERS or node.op is STOP_GRADIENT or node.op.name.startswith("reduce_")


def _may_fail(node: Node) -> bool:
    if node.op in (FLOORDIV, MOD):
        return not node.output.dtype.is_float
    return node.op in (GATHER, TAKE_ALONG, SCATTER_ADD_ALONG)


def _bytes(type: TensorType) -> Dim:
    return type.size * type.dtype.itemsize


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for region in node.regions:
        for inner in region.nodes:
            yield from _nodes(inner)


def _is_constant(value: Value) -> bool:
    return value.producer is not None and value.producer.op is CONSTANT

