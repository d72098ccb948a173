"""Which node of one graph corresponds to which node of another."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import Enum

from .fingerprint import Entry
from .graph import Node

QUADRATIC = 4_000_000
"""Beyond this product of lengths, sequences are matched in linear time, and less well."""


class Relation(Enum):
    """How a node relates to the node of the other graph that corresponds to it."""

    SAME = "computes the same"
    MOVED = "is the same operation, applied to something else"
    CHANGED = "has other attributes or another type"
    ALONE = "has no counterpart"


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two graphs: how its live nodes relate to the other's, and which are their counterparts."""

    entries: list[Entry]
    """The nodes of the canonical listing, in order."""
    relation: dict[Node, Relation] = field(default_factory=dict)
    """For each live node; a constant is `Relation.SAME` if the other side holds the same."""
    partner: dict[Node, Node] = field(default_factory=dict)

    def alone(self) -> list[Node]:
        """The nodes without a counterpart, in canonical order; not the constants."""
        return [n for n in map(_node, self.entries) if self.relation[n] is Relation.ALONE]


def align(a: Iterable[Entry], b: Iterable[Entry]) -> tuple[Side, Side]:
    """Match the nodes of two canonical listings.

    Nodes that compute the same come first, wherever they stand; the others are matched in sequence, by what they
    are and then by their operation.
    """
    seen: dict[Hashable, int] = {}
    (left, keys_a, constants_a), (right, keys_b, constants_b) = (
        _computed(listing, seen) for listing in (a, b)
    )
    sides = Side(left), Side(right)
    pairs = _by_content(keys_a, keys_b)
    left, right = _settle(Relation.SAME, sides, left, right, pairs)
    pairs = _in_sequence([e.local for e in left], [e.local for e in right])
    left, right = _settle(Relation.MOVED, sides, left, right, pairs)
    pairs = _in_sequence([e.op for e in left], [e.op for e in right])
    left, right = _settle(Relation.CHANGED, sides, left, right, pairs)
    for side, rest in zip(sides, (left, right), strict=True):
        side.relation.update((_node(e), Relation.ALONE) for e in rest)
    for side, mine, others in (
        (sides[0], constants_a, constants_b),
        (sides[1], constants_b, constants_a),
    ):
        held = set(others.values())
        for node, content in mine.items():
            side.relation[node] = Relation.SAME if content in held else Relation.ALONE
    return sides


def _settle(
    relation: Relation,
    sides: tuple[Side, Side],
    left: list[Entry],
    right: list[Entry],
    pairs: list[tuple[int, int]],
) -> tuple[list[Entry], list[Entry]]:
    """Note the pairs; gives what remains on both sides."""
    for i, j in pairs:
        x, y = _node(left[i]), _node(right[j])
        sides[0].relation[x] = sides[1].relation[y] = relation
        sides[0].partner[x], sides[1].partner[y] = y, x
    done_left, done_right = {i for i, _ in pairs}, {j for _, j in pairs}
    return (
        [e for i, e in enumerate(left) if i not in done_left],
        [e for j, e in enumerate(right) if j not in done_right],
    )


def _computed(
    listing: Iterable[Entry], seen: dict[Hashable, int]
) -> tuple[list[Entry], list[int], dict[Node, str]]:
    """The nodes of a listing, a number for what each computes (shared through ``seen``), and its constants' content."""
    entries: list[Entry] = []
    numbers: list[int] = []
    constants: dict[Node, str] = {}
    known: dict[str, Hashable] = {}
    count = 0
    for entry in listing:
        for value, name in zip(entry.values, entry.operands, strict=True):
            if value.producer is not None and name.startswith("<"):
                constants[value.producer] = name
        if not isinstance(entry.subject, Node):
            continue
        operands = tuple([known.get(name, name) for name in entry.operands])
        number = seen.setdefault((entry.local, operands), len(seen))
        entries.append(entry)
        numbers.append(number)
        for index in range(len(entry.subject.outputs)):
            known[str(count)] = (number, index)
            count += 1
    return entries, numbers, constants


def _node(entry: Entry) -> Node:
    assert isinstance(entry.subject, Node)
    return entry.subject


def _by_content(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of equal keys, first with first, wherever they stand."""
    places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for j, key in enumerate(b):
        places[key].append(j)
    return [(i, places[key].popleft()) for i, key in enumerate(a) if places[key]]


def _in_sequence(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of equal keys in the same order on both sides, as many as can be found."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    pairs = [(i, i) for i in range(head)]
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if len(middle_a) * len(middle_b) > QUADRATIC:
        pairs += [(head + i, head + j) for i, j in _by_content(middle_a, middle_b)]
    else:
        matcher = SequenceMatcher(None, middle_a, middle_b, autojunk=False)
        for block in matcher.get_matching_blocks():
            pairs += [(head + block.a + k, head + block.b + k) for k in range(block.size)]
    return pairs + [(len(a) - tail + k, len(b) - tail + k) for k in range(tail)]
