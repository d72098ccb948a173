"""Clusters that were begun apart and turn out to be one: a maker and its reader over the same domain."""

from __future__ import annotations

from ..ir import Value
from .clusters import Cluster, ClusterKind, Member, same_element
from .reading import looked_up
from .views import View


def merge(clusters: list[Cluster], home: dict[Value, Cluster], before: list[int]) -> list[Cluster]:
    """Join makers with readers wherever one loop can do the work of both; gives the clusters that are left.

    Each kernel that is saved is a value that is neither written nor read again. Nodes join clusters one by one in the
    order of the program, where ``f(x) * g(z)`` makes a cluster of each factor: only the product shows they are one.

    Args:
        clusters: by number.
        home: the cluster of each value; it is kept up to date.
        before: for each number the clusters that must run before, as bits; it is kept up to date.
    """
    gone: set[Cluster] = set()
    for reader in sorted(clusters, key=lambda c: (before[c.number].bit_count(), c.number)):
        if reader.kind is ClusterKind.LOOP:
            while (maker := _maker(reader, home, before)) is not None:
                _absorb(maker, reader, home, before)
                gone.add(maker)
    return [c for c in clusters if c not in gone]


def _maker(reader: Cluster, home: dict[Value, Cluster], before: list[int]) -> Cluster | None:
    """A cluster whose work the reader's kernel can do as well."""
    makers = dict.fromkeys(home[v.base] for v in reader.reads() if v.base in home)
    makers.pop(reader, None)
    for maker in makers:
        if maker.kind is not ClusterKind.LOOP or maker.domain != reader.domain:
            continue
        if None not in (maker.reduced, reader.reduced) and maker.reduced != reader.reduced:
            continue
        bit = 1 << maker.number
        if any(before[other.number] & bit for other in makers):
            continue
        if all(_reads_in_place(member, maker) for member in reader.members.values()):
            return maker
    return None


def _reads_in_place(member: Member, maker: Cluster) -> bool:
    """Whether a member reads what the maker makes only at the element where the kernel stands."""
    axes = range(len(maker.domain)) if member.is_reduction else member.axes
    for i, operand in enumerate(member.operands):
        if not isinstance(operand, View) or operand.base not in maker.members:
            continue
        made = maker.members[operand.base]
        elsewhere = i in looked_up(member.node)
        if elsewhere or made.is_copy or len(axes) != len(operand.strides):
            return False
        if not same_element(operand, axes, made, maker.domain):
            return False
    return True


def _absorb(maker: Cluster, reader: Cluster, home: dict[Value, Cluster], before: list[int]) -> None:
    def inside(operand: Value | View) -> Value | View:
        if isinstance(operand, View) and operand.base in maker.members:
            return operand.base
        return operand

    own = {
        value: Member(m.node, m.axes, tuple(map(inside, m.operands)))
        for value, m in reader.members.items()
    }
    reader.members = {**maker.members, **own}
    if reader.reduced is None:
        reader.reduced = maker.reduced
    home.update(dict.fromkeys(maker.members, reader))
    both = 1 << maker.number | 1 << reader.number
    known = before[maker.number] | before[reader.number]
    before[reader.number] = known
    for i, others in enumerate(before):
        if others & both and i not in (maker.number, reader.number):
            before[i] = others | known | both
