"""Which operations a native function computes together, and what it leaves to the reference: for pictures."""

from __future__ import annotations

from ...compiler.fusion import Cluster, ClusterKind
from ...compiler.ir import Graph, show_shape
from ...compiler.ops import MATMUL
from ...compiler.pictures.groups import Group, Grouping
from .buffers import is_copy
from .fallbacks import why
from .lowered import lowered
from .schedule import schedule
from .steps import Fallback, Kernel, Schedule, Unsupported, walk

NOTE = "what stands in no frame takes no time: views of memory, and numbers"


def fused(graph: Graph) -> Grouping:
    """A graph as this backend would run it; nothing is compiled."""
    try:
        return grouping_of(schedule(lowered(graph), donate=True))
    except Unsupported as error:
        alone = Grouping(graph, (), ("each operation by itself, on numpy",))
        return alone.because(str(error))


def grouping_of(made: Schedule) -> Grouping:
    """The kernels of a schedule, numbered as the steps of the plan of buffers."""
    groups: list[Group] = []
    copies = 0
    steps = [s for s in walk(made.steps) if isinstance(s, (Kernel, Fallback))]
    for number, step in enumerate(steps):
        if isinstance(step, Fallback):
            groups.append(Group(f"step {number}, on NumPy: {why(step)}", (step.node,), True))
        elif is_copy(step):
            copies += 1
        else:
            label = f"step {number}: {_described(step.cluster)}"
            groups.append(Group(label, tuple(step.cluster.nodes)))
    kernels = sum(not g.fell_back for g in groups)
    counts = [f"{kernels} kernels"]
    if copies:
        counts.append(f"{copies} copies")
    if kernels < len(groups):
        counts.append(f"{len(groups) - kernels} left to the reference")
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
