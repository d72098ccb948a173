"""Which operations a native function computes together, and what it leaves to the reference: for pictures."""

from __future__ import annotations

from ...compiler.errors import BackendError
from ...compiler.fusion import Cluster, ClusterKind
from ...compiler.ir import Graph, Node, show_shape
from ...compiler.ops import MATMUL
from ...compiler.pictures.groups import Group, Grouping
from ...compiler.pipeline.optimizing import optimize
from .buffers import is_copy
from .fallbacks import why
from .joining import NOTE, grouping_in_parts
from .lowered import lowered
from .partition import Partition
from .schedule import schedule
from .steps import Fallback, Routine, Schedule, Unsupported, computing


def fused(graph: Graph) -> Grouping:
    """A graph as this backend would run it; nothing is compiled."""
    try:
        return grouping_of(schedule(lowered(graph), donate=True))
    except Unsupported as error:
        reason = str(error)
    try:
        return grouping_in_parts(Partition(optimize(graph)), reason)
    except (Unsupported, BackendError):
        alone = Grouping(graph, (), ("each operation by itself, on numpy",))
        return alone.because(reason)


def grouping_of(made: Schedule) -> Grouping:
    """The kernels of a schedule, numbered as the steps of the plan of buffers."""
    groups: list[Group] = []
    copies = 0
    copied: dict[Node, list[int]] = {}
    for number, step in enumerate(computing(made.steps)):
        if isinstance(step, Routine):
            groups.append(Group(f"{step.node.op.name} by itself", (step.node,), (number,)))
        elif isinstance(step, Fallback):
            groups.append(Group(why(step), (step.node,), (number,), True))
        elif is_copy(step):
            copies += 1
            if step.serves is not None:
                copied.setdefault(step.serves, []).append(number)
        else:
            nodes = tuple(step.cluster.nodes)
            groups.append(Group(_described(step.cluster), nodes, (number,)))
    kernels = sum(not g.fell_back for g in groups)
    # What is put together of pieces is nothing but copies.
    done = {node for group in groups for node in group.nodes}
    groups += [
        Group("copies", (node,), tuple(numbers))
        for node, numbers in copied.items()
        if node not in done and not node.regions
    ]
    counts = [f"{kernels} kernel" + ("" if kernels == 1 else "s")]
    if copies:
        counts.append("1 copy" if copies == 1 else f"{copies} copies")
    if left := sum(g.fell_back for g in groups):
        counts.append(f"{left} left to the reference")
    return Grouping(made.graph, tuple(groups), (", ".join(counts), NOTE))


def _described(cluster: Cluster) -> str:
    domain = show_shape(cluster.domain)
    if cluster.kind is ClusterKind.PRODUCT:
        op = next(iter(cluster.members.values())).node.op
        return f"{'product' if op is MATMUL else op.name}, {domain}"
    if cluster.reduced:
        axes = ", ".join(map(str, sorted(cluster.reduced)))
        return f"loop over {domain}, reducing axis {axes}"
    return f"loop over {domain}"
