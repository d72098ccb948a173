"""Which operations a native function computes together, and what it leaves to the reference: for pictures."""

from __future__ import annotations

from ...compiler.fusion import Cluster, ClusterKind
from ...compiler.ir import Graph, Node, show_shape
from ...compiler.ops import MATMUL
from ...compiler.pictures.groups import Group, Grouping
from .buffers import is_copy
from .fallbacks import why
from .lowered import lowered
from .schedule import schedule
from .steps import Fallback, Routine, Schedule, Unsupported, computing

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
    copied: dict[Node, list[int]] = {}
    for number, step in enumerate(computing(made.steps)):
        if isinstance(step, Routine):
            groups.append(Group(f"step {number}: {step.node.op.name} by itself", (step.node,)))
        elif isinstance(step, Fallback):
            groups.append(Group(f"step {number}, on NumPy: {why(step)}", (step.node,), True))
        elif is_copy(step):
            copies += 1
            if step.serves is not None:
                copied.setdefault(step.serves, []).append(number)
        else:
            label = f"step {number}: {_described(step.cluster)}"
            groups.append(Group(label, tuple(step.cluster.nodes)))
    kernels = sum(not g.fell_back for g in groups)
    # What is put together of pieces is nothing but copies.
    done = {node for group in groups for node in group.nodes}
    groups += [
        Group(f"steps {', '.join(map(str, numbers))}: copies", (node,))
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
