"""Boxes in boxes: what of a graph folds away together.

From the outside to the inside: what runs forward, backward and updates, name scopes, repetitions, the user's lines.
Boxes of one level never depend on each other in a circle, so each level can be laid out from top to bottom by itself.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import count, groupby, pairwise

from .layout import arrange
from .repeats import Repeat, repeats

BIG = 64
"""A box with more in it is divided further."""
AT_FIRST = 120
"""So many things are seen at first, at most: boxes beyond are folded."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be placed, in program order.

    Attributes:
        owner: the item whose inside this stands in; empty outside of regions.
        phase: ``forward``, ``backward``, ``update``, or empty.
        end: ``"reads"`` (an input, a state, a constant: it stands with what reads it first), ``"writes"``, or empty.
        place: file and line.
        holds: whether other items have this one as their owner.
    """

    id: str
    label: str
    owner: str = ""
    phase: str = ""
    scope: tuple[str, ...] = ()
    place: tuple[str, int] = ("", 0)
    end: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A container.

    Attributes:
        kind: ``root``, ``phase``, ``scope``, ``stack`` (of ``times`` equal ones), ``part`` (one of them), ``line`` or
            ``region``.
        count: how many nodes are in it, at any depth.
        open: whether it is unfolded at first.
        rows: from top to bottom, ids of nodes and boxes and, as ``tail>head``, the lanes of edges between them;
            ``tail>`` leads out of the box and ``>head`` into it.
    """

    id: str
    label: str
    kind: str
    count: int
    times: int
    open: bool
    rows: tuple[tuple[str, ...], ...]


Edges = Sequence[tuple[str, str, str]]


def nest(items: Sequence[Item], edges: Edges) -> dict[str, Box]:
    """Boxes for items, by id; ``root`` holds all.

    Args:
        items: in program order; an owner comes before what it owns.
        edges: ``(from, to, type)``, both ends of one owner.
    """
    tree = _Nesting(items, edges)
    root = tree.fill(_Group("root", "", "root"), "")
    parents: dict[str, str] = {}
    groups = {group.id: group for group in root.walk()}
    for group in groups.values():
        parents.update({_id(child): group.id for child in group.children})
    inner = _inner_edges(edges, parents, {item.id for item in items if item.end == "reads"})
    width = {i.id: len(i.label) for i in items} | {g.id: len(g.label) + 6 for g in groups.values()}
    opened = _opened(root)
    names = [([_id(c) for c in g.children], inner[g.id], width) for g in groups.values()]
    return {
        group.id: Box(
            group.id, group.label, group.kind, group.count, group.times, group.id in opened, rows
        )
        for group, rows in zip(groups.values(), arrange(names), strict=True)
    }


@dataclass(eq=False)
class _Group:
    id: str
    label: str
    kind: str
    children: list[_Group | Item] = field(default_factory=list)
    times: int = 1
    count: int = 0

    def walk(self) -> list[_Group]:
        """This group and those in it, each before its own."""
        found = [self]
        for group in found:  # grows while it is walked
            found += [child for child in group.children if isinstance(child, _Group)]
        return found


_Unit = _Group | Item


def _id(unit: _Unit) -> str:
    return unit.id


class _Nesting:
    def __init__(self, items: Sequence[Item], edges: Edges) -> None:
        self.operands: defaultdict[str, list[str]] = defaultdict(list)
        users: defaultdict[str, list[str]] = defaultdict(list)
        for tail, head, _ in edges:
            self.operands[head].append(tail)
            users[tail].append(head)
        self.owned: defaultdict[str, list[Item]] = defaultdict(list)
        for item in _settled(items, self.operands, users):
            self.owned[item.owner].append(item)
        self.numbers = count()
        self.known: dict[Hashable, int] = {}

    def fill(self, group: _Group, owner: str) -> _Group:
        """Put what an owner has into its group."""
        return self.finish(group, self.by_phase(self.owned[owner]))

    def by_phase(self, items: Sequence[Item]) -> list[_Unit]:
        phases = {item.phase for item in items}
        if len(phases) < 2:
            return self.by_scope(items, 0)
        parts = self.gather(items, lambda item: item.phase or None)
        return [self.group(label, "phase", self.by_scope(part, 0)) for label, part in parts]

    def by_scope(self, items: Sequence[Item], depth: int) -> list[_Unit]:
        def scope(item: Item) -> str | None:
            return item.scope[depth] if len(item.scope) > depth else None

        units: list[_Unit] = []
        for label, part in self.gather(items, scope):
            inside = self.by_scope(part, depth + 1) if label else [self.unit(i) for i in part]
            # A frame around one thing says nothing that the thing does not.
            units += inside if len(inside) == 1 else [self.group(label, "scope", inside)]
        return units

    def unit(self, item: Item) -> _Unit:
        """An item, or the group of what it owns."""
        if not item.holds:
            return item
        regions = self.owned[item.id]
        only = len(regions) == 1
        group = _Group(item.id, item.label, "region")
        if only:
            return self.fill(group, regions[0].id)
        parts: list[_Unit] = [self.fill(_Group(r.id, r.label, "region"), r.id) for r in regions]
        return self.finish(group, parts)

    def gather(
        self, items: Sequence[Item], key: Callable[[Item], str | None]
    ) -> list[tuple[str, list[Item]]]:
        """Items with the same key together, as far as no circle comes of it; operands before their users."""
        members: list[list[Item]] = []
        labels: list[str] = []
        inside: dict[str, int] = {}
        after: list[set[int]] = []
        current: dict[str, int] = {}
        for item in items:
            name = key(item)
            before = {inside[o] for o in self.operands[item.id] if o in inside}
            into = current.get(name) if name is not None else None
            if into is not None and _reaches(after, into, before - {into}):
                into = None
            if into is None:
                into = len(members)
                members.append([])
                labels.append(name or "")
                after.append(set())
                if name is not None:
                    current[name] = into
            members[into].append(item)
            inside[item.id] = into
            for other in before - {into}:
                after[other].add(into)
        return [(labels[i], members[i]) for i in _sorted(after)]

    def group(self, label: str, kind: str, children: Sequence[_Unit], times: int = 1) -> _Group:
        return self.finish(_Group(f"b{next(self.numbers)}", label, kind, times=times), children)

    def finish(self, group: _Group, children: Sequence[_Unit]) -> _Group:
        """Give a group its children, divided further where they are many."""
        units = list(children)
        if group.kind != "stack":
            units = self.stacked(units)
            if len(units) > BIG:
                units = self.by_line(units)
            while len(units) > BIG:
                units = self.divided(units)
        group.children = units
        group.count = sum(u.count if isinstance(u, _Group) else not u.end for u in units)
        return group

    def stacked(self, units: list[_Unit]) -> list[_Unit]:
        """Equal groups that follow one another become one; where there are many units, equal sequences do."""
        signs = [self.sign(unit) for unit in units]
        longest = len(units) // 2 if len(units) > BIG else 1
        result: list[_Unit] = []
        done = 0
        for repeat in repeats(signs, longest):
            if len(units) <= BIG and not isinstance(units[repeat.start], _Group):
                continue
            result += units[done : repeat.start]
            result.append(self.stack(units, repeat))
            done = repeat.stop
        return result + units[done:]

    def stack(self, units: Sequence[_Unit], repeat: Repeat) -> _Group:
        copies: list[_Unit] = []
        for number, start in enumerate(range(repeat.start, repeat.stop, repeat.period)):
            part = units[start : start + repeat.period]
            single = len(part) == 1 and isinstance(part[0], _Group)
            copies.append(part[0] if single else self.group(f"{number + 1}", "part", part))
        first, last = copies[0].label, copies[-1].label
        return self.group(f"{first} … {last}", "stack", copies, len(copies))

    def by_line(self, units: Sequence[_Unit]) -> list[_Unit]:
        found: list[_Unit] = []
        for (_, line), run in groupby(units, _place):
            part = list(run)
            alone = len(part) == 1 or not line or len(part) == len(units)
            found += part if alone else [self.group(f"line {line}", "line", part)]
        return found

    def divided(self, units: Sequence[_Unit]) -> list[_Unit]:
        found: list[_Unit] = []
        size = -(-len(units) // -(-len(units) // BIG))  # as even as can be
        for start in range(0, len(units), size):
            part = units[start : start + size]
            found.append(self.group(f"{start + 1} to {start + len(part)}", "part", part))
        return found

    def sign(self, unit: _Unit) -> int:
        """A number for what a unit is, whatever it is called."""
        what: Hashable = unit.label
        if isinstance(unit, _Group):
            what = (
                unit.kind,
                unit.times,
                *[self.sign(child) for child in unit.children if not _is_end(child)],
            )
        elif unit.end:
            what = (unit.end,)
        return self.known.setdefault(what, len(self.known))


def _is_end(unit: _Unit) -> bool:
    """What only begins or ends the graph: a first layer is a layer like the others, though it reads the input."""
    return isinstance(unit, Item) and bool(unit.end)


def _place(unit: _Unit) -> tuple[str, int]:
    return unit.place if isinstance(unit, Item) else ("", 0)


def _settled(
    items: Sequence[Item], operands: Mapping[str, list[str]], users: Mapping[str, list[str]]
) -> list[Item]:
    """Items with the ends beside what reads or makes them, and in its scope."""
    order = {item.id: i for i, item in enumerate(items) if not item.end}
    placed: list[tuple[float, Item]] = []
    for i, item in enumerate(items):
        near = [
            order[n] for n in (*users.get(item.id, ()), *operands.get(item.id, ())) if n in order
        ]
        if not item.end or not near:
            placed.append((i, item))
            continue
        other = items[min(near)]
        home = replace(item, phase=other.phase, scope=other.scope, place=other.place)
        placed.append((min(near) + (-0.5 if item.end == "reads" else 0.5), home))
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


def _reaches(after: Sequence[set[int]], start: int, goals: set[int]) -> bool:
    if not goals:
        return False
    seen = {start}
    pending = [start]
    while pending:
        for following in after[pending.pop()]:
            if following in goals:
                return True
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return False


def _sorted(after: Sequence[set[int]]) -> list[int]:
    """A topological order; of what may come next, the first comes."""
    waiting = [0] * len(after)
    for following in after:
        for i in following:
            waiting[i] += 1
    ready = [i for i, n in enumerate(waiting) if not n]
    heapify(ready)
    order = []
    while ready:
        i = heappop(ready)
        order.append(i)
        for j in after[i]:
            waiting[j] -= 1
            if not waiting[j]:
                heappush(ready, j)
    return order


def _inner_edges(
    edges: Edges, parents: Mapping[str, str], reads: set[str]
) -> defaultdict[str, dict[tuple[str, str], None]]:
    """For each box, the edges between its children that come of edges anywhere in them.

    Edges that leave the box have no head in it, those that enter it no tail: ``""``.
    """
    above: dict[str, list[str]] = {}

    def chain(id: str) -> list[str]:
        if id not in above:
            above[id] = [id, *(chain(parents[id]) if id in parents else ())]
        return above[id]

    inner: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for tail, head, _ in edges:
        if tail in reads and parents[tail] != parents[head]:
            continue  # named where it is used: weights that are read everywhere would tie everything together
        a, b = chain(tail)[::-1], chain(head)[::-1]
        depth = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
        if depth is None:
            continue
        inner[a[depth - 1]][a[depth], b[depth]] = None
        for box, child in pairwise(a[depth:]):
            inner[box][child, ""] = None
        for box, child in pairwise(b[depth:]):
            inner[box]["", child] = None
    return inner


def _opened(root: _Group) -> set[str]:
    """What is unfolded at first: from the outside to the inside, while it stays readable."""
    opened: set[str] = set()
    seen = 0
    pending = deque([root])
    while pending:
        group = pending.popleft()
        folds = group.kind in ("stack", "part") or seen + len(group.children) > AT_FIRST
        if folds and group is not root:
            continue
        opened.add(group.id)
        seen += len(group.children)
        pending += [child for child in group.children if isinstance(child, _Group)]
    return opened
