"""From nodes to clusters: each node joins a cluster that can compute it where it stands, or begins one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ..ir import Node, Shape, Value
from ..ops import CONSTANT, Kind, Op
from .clusters import Cluster, ClusterKind, Member, is_leaf, same_element
from .merging import merge
from .reading import looked_up, reads_of
from .reducing import COLLAPSING, RUNNING, axes_of, keeps_axes
from .views import View


def fuse(
    nodes: Sequence[Node],
    views: Mapping[Value, View],
    results: Iterable[Value],
    pointwise: Collection[Op],
    takes: Callable[[Node], bool] = lambda node: True,
) -> list[Cluster]:
    """Cluster nodes; gives the clusters in an order in which they can run.

    Args:
        nodes: in order, the live ones.
        views: what needs no work (`views_of`).
        results: values that must lie in memory in the end.
        pointwise: operations that a kernel can compute at one element, besides those of kind elementwise.
        takes: whether a kernel can compute a node; what it does not take is a cluster of its own.
    """
    work = _Fusing(views, pointwise, takes)
    for node in nodes:
        work.take(node)
    return work.finish(results)


class _Fusing:
    def __init__(
        self, views: Mapping[Value, View], pointwise: Collection[Op], takes: Callable[[Node], bool]
    ) -> None:
        self.views = views
        self.pointwise = pointwise
        self.takes = takes
        self.home: dict[Value, Cluster] = {}
        self.clusters: list[Cluster] = []
        self.before: list[int] = []
        """For each cluster the set of those that must run before it, as bits."""
        self.readers: dict[Value, list[Cluster]] = {}

    def take(self, node: Node) -> None:
        if node.op is CONSTANT or all(v in self.views or is_leaf(v) for v in node.outputs):
            return
        if node.op.kind is Kind.MOVEMENT and len(node.inputs) == 1 and node.op.view:
            self._copy(node)
        elif not self.takes(node):
            self._open(node, ClusterKind.OTHER, ())
        elif node.op.kind is Kind.ELEMENTWISE or node.op in self.pointwise:
            self._take_elementwise(node)
        elif node.op in COLLAPSING or node.op in RUNNING:
            self._take_reduction(node)
        elif node.op.kind is Kind.CONTRACTION:
            self._open(node, ClusterKind.PRODUCT, node.output.shape)
        else:
            self._open(node, ClusterKind.OTHER, ())

    def view(self, value: Value) -> View:
        return self.views.get(value) or View.whole(value)

    # How nodes join.

    def _take_elementwise(self, node: Node) -> None:
        shape = node.output.shape
        reads = reads_of(node, shape, lambda i: self.view(node.inputs[i]))
        elsewhere = [reads[i] for i in looked_up(node)]
        for cluster in self._candidates(reads):
            for axes in _alignments(cluster, shape):
                operands = self._operands(cluster, reads, axes, elsewhere)
                if operands is not None and self._legal(cluster, reads):
                    self._join(cluster, Member(node, axes, operands), reads)
                    return
        self._open(node, ClusterKind.LOOP, shape, reads)

    def _take_reduction(self, node: Node) -> None:
        x = node.inputs[0]
        axes = axes_of(node)
        everywhere = tuple(range(x.ndim))
        own: tuple[int | None, ...] = everywhere
        if node.op in COLLAPSING:
            keeps = keeps_axes(node)
            kept = [None if a in axes else a for a in everywhere if keeps or a not in axes]
            own = tuple(kept)
        reads = [self.view(v) for v in node.inputs]
        for cluster in self._candidates(reads):
            if cluster.kind is not ClusterKind.LOOP or cluster.domain != x.shape:
                continue
            if cluster.reduced not in (None, axes) or not axes:
                continue
            operands = self._operands(cluster, reads, everywhere)
            if operands is not None and self._legal(cluster, reads):
                cluster.reduced = axes
                self._join(cluster, Member(node, own, operands), reads)
                return
        cluster = self._open(node, ClusterKind.LOOP, x.shape, reads, own)
        cluster.reduced = axes

    def _copy(self, node: Node) -> None:
        """A movement that no stride can say: its operand's elements, written row by row."""
        (x,) = node.inputs
        self._open(node, ClusterKind.LOOP, x.shape, [self.view(x)], tuple(range(x.ndim)))

    def _candidates(self, reads: Sequence[View]) -> list[Cluster]:
        """Clusters that the node could join: makers of its operands, the latest first, then readers of the same."""
        found: dict[Cluster, None] = {}
        made = [self.home[r.base] for r in reads if r.base in self.home]
        for kind in (ClusterKind.PRODUCT, ClusterKind.LOOP):
            alike = [c for c in made if c.kind is kind]
            found.update(dict.fromkeys(sorted(alike, key=lambda c: -c.number)))
        for r in reads:
            for c in self.readers.get(r.base, ())[-4:]:
                if c.kind is ClusterKind.LOOP:
                    found.setdefault(c)
        return list(found)

    def _operands(
        self,
        cluster: Cluster,
        reads: Sequence[View],
        axes: tuple[int | None, ...],
        elsewhere: Sequence[View] = (),
    ) -> tuple[Value | View, ...] | None:
        """What a member with these axes would read; None where it needs a member at another element.

        Args:
            elsewhere: the views that are read at other elements.
        """
        found: list[Value | View] = []
        for view in reads:
            if view.base not in cluster.members:
                found.append(view)
                continue
            if any(view is other for other in elsewhere):
                return None
            maker = cluster.members[view.base]
            if maker.is_copy or not same_element(view, axes, maker, cluster.domain):
                return None
            found.append(view.base)
        return tuple(found)

    def _legal(self, cluster: Cluster, reads: Sequence[View]) -> bool:
        """Whether no operand comes, through other clusters, from this one."""
        bit = 1 << cluster.number
        others = {self.home[r.base] for r in reads if r.base in self.home} - {cluster}
        return not any(self.before[c.number] & bit for c in others)

    def _join(self, cluster: Cluster, member: Member, reads: Sequence[View]) -> None:
        value = member.node.output
        cluster.members[value] = member
        self.home[value] = cluster
        self._depend(cluster, reads)

    def _open(
        self,
        node: Node,
        kind: ClusterKind,
        domain: Shape,
        reads: Sequence[View] | None = None,
        axes: tuple[int | None, ...] | None = None,
    ) -> Cluster:
        cluster = Cluster(kind, domain, number=len(self.clusters))
        self.clusters.append(cluster)
        self.before.append(0)
        views = [self.view(v) for v in node.inputs] if reads is None else reads
        for value in node.outputs:
            own = tuple(range(value.ndim)) if axes is None else axes
            cluster.members[value] = Member(node, own, tuple(views))
            self.home[value] = cluster
        self._depend(cluster, views)
        return cluster

    def _depend(self, cluster: Cluster, reads: Sequence[View]) -> None:
        known = self.before[cluster.number]
        more = 0
        for r in reads:
            maker = self.home.get(r.base)
            if maker is not None and maker is not cluster:
                more |= self.before[maker.number] | 1 << maker.number
            readers = self.readers.setdefault(r.base, [])
            if cluster not in readers[-4:]:
                readers.append(cluster)
        if more & ~known:
            bit = 1 << cluster.number
            self.before[cluster.number] = known | more
            for i, others in enumerate(self.before):
                if others & bit:
                    self.before[i] = others | more

    # The end.

    def finish(self, results: Iterable[Value]) -> list[Cluster]:
        self.clusters = merge(self.clusters, self.home, self.before)
        needed: dict[Value, None] = {}
        for value in results:
            needed[self.view(value).base] = None
        for cluster in self.clusters:
            for view in cluster.reads():
                if self.home.get(view.base) is not cluster:
                    needed[view.base] = None
        for cluster in self.clusters:
            if cluster.kind is ClusterKind.OTHER:
                cluster.outputs = list(cluster.members)
            else:
                cluster.outputs = [v for v in cluster.members if v in needed]
        return self._ordered()

    def _ordered(self) -> list[Cluster]:
        """Clusters in an order in which each runs after those that it needs."""
        return sorted(self.clusters, key=lambda c: (self.before[c.number].bit_count(), c.number))


def _alignments(cluster: Cluster, shape: Shape) -> Iterable[tuple[int | None, ...]]:
    """How the axes of a value of this shape can lie on the cluster's domain."""
    if cluster.kind is ClusterKind.OTHER:
        return
    if shape == cluster.domain:
        yield tuple(range(len(shape)))
    if cluster.reduced:
        kept = [a for a in range(len(cluster.domain)) if a not in cluster.reduced]
        if list(shape) == [cluster.domain[a] for a in kept]:
            yield tuple(kept)
        if len(shape) == len(cluster.domain) and all(
            shape[a] == (1 if a in cluster.reduced else d) for a, d in enumerate(cluster.domain)
        ):
            yield tuple(None if a in cluster.reduced else a for a in range(len(shape)))
