"""From a graph to the steps of its native function, and where every value lies.

Clusters become steps in the order in which they run. A value that is needed after its kernel gets memory: a result's
own, that of a parameter which the run may replace, or a piece of the arena for as long as something needs it.
Branches and loops are steps that hold the steps of their regions; what a region reads of the graph around is seen
through views, and the position of a loop is a symbol of the offsets in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...compiler.control.sizes import attr_symbols, made_symbols, shaping_symbols
from ...compiler.fusion import Cluster, ClusterKind, View, views_of
from ...compiler.fusion.reading import looked_up
from ...compiler.ir import Graph, Node, Value, product, symbols_of
from ...compiler.ops import FLOORDIV, MOD, POW
from ..order import execution_order
from .control import Control
from .lookups import LOOKED_UP
from .passes import stages
from .places import Buffer, Kind, Place
from .routines import SCATTERED
from .steps import Checkpoint, Schedule, Unsupported
from .storage import Places, bytes_of

LARGE = 1 << 16
"""Elements from which on a product goes through memory of its own, so that what follows can replace a state: new memory
is cheaper below."""


def schedule(graph: Graph, donate: bool) -> Schedule:
    """Plan the native function of a graph.

    Args:
        donate: whether a state's new value may be written over the old one.

    Raises:
        Unsupported: a size is only found out while the graph runs.
    """
    return _Scheduling(graph, donate).made


class _Scheduling(Control):
    def __init__(self, graph: Graph, donate: bool) -> None:
        super().__init__(Schedule(graph))
        self.donate = donate
        self.places: Places = {}
        self._known = set(symbols_of(d for v in graph.parameters for d in v.shape))
        for i, value in enumerate(graph.parameters):
            buffer = Buffer(Kind.PARAMETER, i, bytes_of(value.type))
            self.places[value] = Place(buffer, value.dtype)
        self._results(graph)

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
        fused = self.fused(nodes, views, graph.results)
        clusters = list(fused)
        wanted: Places = {}
        copies: list[tuple[int, Value]] = []
        owners = {v: c for c in clusters for v in c.members}
        late: list[Cluster] = []
        for i, value in enumerate(results):
            if made.same[i] is not None:
                continue
            buffer = Buffer(Kind.RESULT, i, bytes_of(value.type))
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
        self.block(ordinary, views, self.places, made.steps)
        first_copies, last_copies = list[tuple[int, View]](), list[tuple[int, View]]()
        for i, value in copies:
            view = views.get(value) or View.whole(value)
            # What a kernel at the end makes is there after it; an old state is there only before.
            after = view.base in owners and owners[view.base] in late_set
            (last_copies if after else first_copies).append((i, view))
        self._copies(first_copies)
        if late:
            made.steps.append(Checkpoint())
            self.block([c for c in clusters if c in late_set], views, self.places, made.steps)
            self._copies(last_copies)

    def _copies(self, copies: Sequence[tuple[int, View]]) -> None:
        """Results that are views, or another result, written to memory of their own."""
        for i, view in copies:
            place = Place(
                Buffer(Kind.RESULT, i, bytes_of(self.made.graph.results[i].type)), view.base.dtype
            )
            self.serving = self.made.graph.results[i].producer
            self.copy(view, place, self.made.steps, self.places)

    def _check(self, node: Node) -> None:
        for inner in _nodes(node):
            if shaping_symbols(inner):
                raise Unsupported(f"{inner.op.name} finds out a size while it runs")
            known = self._known.union(made_symbols(inner))
            unknown = [s for s in attr_symbols(inner) if s not in known]
            if unknown:
                raise Unsupported(
                    f"{inner.op.name} needs the size {unknown[0]}, which no argument tells"
                )

    def _replaces(
        self,
        old: Value,
        new: Value,
        owner: Cluster,
        clusters: Sequence[Cluster],
        views: Mapping[Value, View],
    ) -> bool:
        """Whether a new state may be written over the old one: by a last kernel, which reads it where it writes."""
        if owner.kind is ClusterKind.PRODUCT and _is_small(new):
            return False
        if owner.kind is ClusterKind.OTHER or any(may_fail(m.node) for m in owner.members.values()):
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
        if owner.members[new].is_copy:
            return False
        if owner.reduced is not None and not self._read_before(old, new, owner):
            return False
        for member in owner.members.values():
            for i, o in enumerate(member.operands):
                if isinstance(o, View) and o.base is old:
                    if i in looked_up(member.node):
                        return False
                    if (o.offset, o.strides, o.shape) != (0, whole.strides, whole.shape):
                        return False
                    if member.axes != owner.members[new].axes:
                        return False
        return True

    def _read_before(self, old: Value, new: Value, owner: Cluster) -> bool:
        """Whether a kernel with several passes has read the old state when it writes the new one.

        What stands over the whole domain may be computed again in a later pass.
        """
        if owner.members[new].axes == tuple(range(len(owner.domain))):
            return False
        stage, order = stages(owner), list(owner.members)
        return all(
            stage[value] <= stage[new] and order.index(value) <= order.index(new)
            for value, member in owner.members.items()
            if any(isinstance(o, View) and o.base is old for o in member.operands)
        )


def _is_small(value: Value) -> bool:
    size = product(value.shape)
    return isinstance(size, int) and size < LARGE


def may_fail(node: Node) -> bool:
    """Whether a node may end with an error that depends on its operands' numbers."""
    if node.op in (FLOORDIV, MOD, POW):
        return not node.output.dtype.is_float
    return node.op in LOOKED_UP or node.op in SCATTERED


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for region in node.regions:
        for inner in region.nodes:
            yield from _nodes(inner)
