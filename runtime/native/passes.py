"""The passes of a kernel over the axes that it reduces: which member is known when, and what is kept for later ones."""

from __future__ import annotations

from ...compiler.fusion import Cluster
from ...compiler.ir import Value
from .elements import COSTLY


def stages(cluster: Cluster) -> dict[Value, int]:
    """The pass in which each member is known: a reduction's result in the one after that of its operand."""
    stage: dict[Value, int] = {}
    for value, member in cluster.members.items():
        before = max((stage[o] for o in member.operands if isinstance(o, Value)), default=0)
        stage[value] = before + member.is_reduction
    return stage


def keep_costly(cluster: Cluster) -> None:
    """Make costly members that a later pass needs again outputs of the cluster, to be read instead."""
    stage = stages(cluster)
    for value, member in cluster.members.items():
        for o in member.operands:
            if not isinstance(o, Value) or o in cluster.outputs:
                continue
            maker = cluster.members[o]
            whole = len([a for a in maker.axes if a is not None]) == len(cluster.domain)
            later = stage[o] < stage[value] - member.is_reduction
            if maker.node.op in COSTLY and whole and later:
                cluster.outputs.append(o)
