"""Whether two graphs are the same, and if not, where they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import zip_longest

import numpy as np

from ..location import Location
from .align import Relation, Side, align
from .fingerprint import Entry, canonical_entries
from .graph import Attr, Graph, Node, State, Value

SHOWN = 5
"""How many nodes without a counterpart are listed."""
LONG = 60
"""Attributes that would be longer are cut short."""

_KINDS = {"input": "input", "state": "state", "return": "output", "write": "state"}
_PARTS = ("input", "state", "node", "return", "write", "end")
"""The parts of a canonical listing, in order."""


def same(a: Graph, b: Graph) -> bool:
    """Whether two graphs have the same fingerprint."""
    return a.fingerprint() == b.fingerprint()


def diff(a: Graph, b: Graph) -> Difference:
    """The difference of two graphs: false where there is none, and its text says where they part.

    ``str(diff(a, b))`` gives the first place where the canonical listings differ: what differs in words, both nodes,
    both users' lines, and the nodes that one graph has more than the other.
    """
    return Difference(a, b)


class Difference:
    """What `diff` found; false where the graphs are the same."""

    def __init__(self, a: Graph, b: Graph) -> None:
        self.a = a
        self.b = b

    def __bool__(self) -> bool:
        return not same(self.a, self.b)

    def __repr__(self) -> str:
        return f"<Difference of {self.a.name!r} and {self.b.name!r}: {self.words[0]}>"

    def __str__(self) -> str:
        if not self:
            return "the graphs are the same"
        lines = [f"the graphs are not the same: {self.words[0]}"]
        lines += [f"  and: {word}" for word in self.words[1:]]
        graphs = (self.a, self.b)
        for label, graph, listing, entry in zip(
            "ab", graphs, self.listings, self._shown, strict=True
        ):
            lines += _show(label, graph, listing, entry)
        lines += [f"  {more}" for more in self.more if more not in self.words]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from ..pictures import difference_bundle

        return difference_bundle(self)

    @cached_property
    def more(self) -> list[str]:
        """The nodes that one graph has more than the other."""
        alone = [side.alone() for side in self.sides]
        if [len(nodes) for nodes in alone] == [1, 1] and self.words[0].startswith("the operation"):
            return []  # one stands for the other, which has been said
        return [_more(label, nodes) for label, nodes in zip("ab", alone, strict=True) if nodes]

    @property
    def _shown(self) -> tuple[Entry | None, Entry | None]:
        """The entries worth showing: where one list is longer, only what is of that list."""
        a, b = self.place
        if self.uneven is None:
            return a, b
        return a if a and a.op == self.uneven else None, b if b and b.op == self.uneven else None

    @cached_property
    def uneven(self) -> str | None:
        """``input``, ``state`` or ``return`` if the graphs part because one has more of these."""
        a, b = map(_part, self.place)
        first = _PARTS[min(a, b)]
        return first if a != b and first != "node" else None

    @cached_property
    def listings(self) -> tuple[list[Entry], list[Entry]]:
        """The canonical listings of both graphs."""
        return list(canonical_entries(self.a)), list(canonical_entries(self.b))

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """Which node of one graph corresponds to which of the other, seen from both sides."""
        return align(*self.listings)

    @cached_property
    def place(self) -> tuple[Entry | None, Entry | None]:
        """The first entries of the canonical listings that differ; None where a listing has ended."""
        pairs = zip_longest(*self.listings)
        for a, b in pairs:
            if a is None or b is None or a.line != b.line:
                return a, b
        return None, None

    @cached_property
    def words(self) -> list[str]:
        """What differs at `place`, in words."""
        return list(_words(self, *self.place)) if self else ["nothing differs"]

    def summary(self) -> str:
        """How often each operation occurs on either side; those that differ are marked."""
        counts = [Counter(node.op.name for node in graph.nodes) for graph in (self.a, self.b)]
        names = sorted(counts[0] | counts[1])
        rows = [(name, counts[0][name], counts[1][name]) for name in names]
        rows.append(("all", counts[0].total(), counts[1].total()))
        width = max(len(name) for name, _, _ in rows)
        lines = [f"{'':{width}}  {'a':>6}  {'b':>6}"]
        lines += [
            f"{name:{width}}  {in_a:6}  {in_b:6}{'  differ' if in_a != in_b else ''}"
            for name, in_a, in_b in rows
        ]
        return "\n".join(lines)


def _words(difference: Difference, a: Entry | None, b: Entry | None) -> Iterator[str]:
    if difference.uneven is not None:
        kind = _KINDS[difference.uneven]
        in_a, in_b = (
            {"input": len(g.inputs), "state": len(g.states), "output": len(g.outputs)}[kind]
            for g in (difference.a, difference.b)
        )
        yield f"a has {_several(in_a, kind)}, b has {_several(in_b, kind)}"
        return
    alone = [
        side.alone()
        if entry is not None and side.relation.get(entry.subject) is Relation.ALONE  # type: ignore[arg-type]
        else []
        for side, entry in zip(difference.sides, (a, b), strict=True)
    ]
    if bool(alone[0]) != bool(alone[1]):
        yield _more("a", alone[0]) if alone[0] else _more("b", alone[1])
    elif a is not None and b is not None and isinstance(b.subject, type(a.subject)):
        yield from _differences(difference, a, b)
    else:
        goes_on, ends = ("a", "b") if a is not None and isinstance(a.subject, Node) else ("b", "a")
        entry = a if goes_on == "a" else b
        assert entry is not None
        yield f"{goes_on} goes on with {_made(entry.subject)} where {ends} has its results"  # type: ignore[arg-type]


def _part(entry: Entry | None) -> int:
    if entry is None:
        return _PARTS.index("end")
    return _PARTS.index("node" if isinstance(entry.subject, Node) else entry.op)


def _differences(difference: Difference, a: Entry, b: Entry) -> Iterator[str]:
    """In which parts two entries of one kind differ."""
    kind = _KINDS.get(a.op)
    if kind is None and a.op != b.op:
        yield f"the operation is {a.op} in a, {b.op} in b"
        return
    for attr in sorted(a.attrs.keys() | b.attrs.keys()):
        if a.attrs.get(attr) != b.attrs.get(attr):
            yield f"the attribute {attr} is {_attr(a, attr)} in a, {_attr(b, attr)} in b"
    if len(a.operands) != len(b.operands):
        yield f"{a.op} has {len(a.operands)} operands in a, {len(b.operands)} in b"
    else:
        for i, (x, y) in enumerate(zip(a.operands, b.operands, strict=True)):
            if x != y:
                what = f"operand {i + 1} of {a.op}" if kind is None else f"this {kind}"
                found = [
                    _origin(*which)
                    for which in ((difference.a, a.values[i], x), (difference.b, b.values[i], y))
                ]
                yield f"{what} is {found[0]} in a, {found[1]} in b"
    if a.types != b.types:
        what = f"the type of {a.op}" if kind is None else f"the type of this {kind}"
        yield f"{what} is {_types(a)} in a, {_types(b)} in b"
    if isinstance(a.subject, Node) and isinstance(b.subject, Node):
        for i, (r, s) in enumerate(zip_longest(a.subject.regions, b.subject.regions)):
            if r is None or s is None:
                yield f"{a.op} has {len(a.regions)} regions in a, {len(b.regions)} in b"
                return
            if not same(r, s):
                inner = str(diff(r, s)).replace("\n", "\n  ")
                yield f"region {i + 1} (@{r.name}) of {a.op} differs: {inner}"


def _made(node: Node) -> str:
    return f"{node.op.name} at {node.location}" if node.location is not None else node.op.name


def _several(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _types(entry: Entry) -> str:
    subject = entry.subject
    if isinstance(subject, Node):
        return ", ".join(str(v.type) for v in subject.outputs)
    return str((subject.input if isinstance(subject, State) else subject).type)


def _attr(entry: Entry, name: str) -> str:
    assert isinstance(entry.subject, Node)
    attrs = entry.subject.attrs
    return _short(attrs[name]) if name in attrs else "not given"


def _short(attr: Attr) -> str:
    from ..text.literals import show_attr

    if isinstance(attr, np.ndarray) and attr.size > SHOWN:
        first = ", ".join(str(x) for x in attr.flat[:SHOWN])
        return f"{attr.dtype}{list(attr.shape)} [{first}, ...]"
    text = show_attr(attr)
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def _origin(graph: Graph, value: Value, name: str) -> str:
    """What a value is, for people."""
    producer = value.producer
    if producer is None:
        if name.startswith("i"):
            return f"the input {value.hint or name[1:]}"
        slot = next(s.slot for s in graph.states if s.input is value)
        return f"the state {slot!r}"
    if name.startswith("<"):
        if producer.op.name == "constant":
            return f"the constant {_short(producer.attrs['value'])}"
        from ..text.printer import show_node

        return show_node(producer, {}).split(" = ", 1)[1][: 2 * LONG]
    return f"%{name} ({_made(producer)})"


def _show(label: str, graph: Graph, listing: list[Entry], entry: Entry | None) -> list[str]:
    """The entry's text and the user's line."""
    if entry is None:
        return []
    location: Location | None
    if isinstance(entry.subject, Node):
        text, location = _canonical_text(graph, listing, entry), entry.subject.location
    elif entry.operands:
        value = entry.values[0]
        slot = f"{entry.subject.slot!r} <- " if isinstance(entry.subject, State) else ""
        text = f"{entry.op} {slot}{_origin(graph, value, entry.operands[0])}"
        location = value.location
    else:
        subject = entry.subject
        value = subject.input if isinstance(subject, State) else subject
        name = repr(subject.slot) if isinstance(subject, State) else value.hint
        text, location = " ".join(filter(None, (entry.op, name, str(value.type)))), value.location
    lines = [f"  {label}: {text}"]
    return lines if location is None else [*lines, location.render()]


def _canonical_text(graph: Graph, listing: list[Entry], entry: Entry) -> str:
    """A node's line in which values have their canonical names, which are the same for both graphs."""
    from ..text.printer import show_node

    assert isinstance(entry.subject, Node)
    names = {}
    for value, name in zip(entry.values, entry.operands, strict=True):
        plain = name.startswith("<")
        names[value] = (
            _origin(graph, value, name).removeprefix("the constant ") if plain else f"%{name}"
        )
    count = 0
    for other in listing:
        if other.subject is entry.subject:
            break
        count += len(other.subject.outputs) if isinstance(other.subject, Node) else 0
    names.update((v, f"%{count + i}") for i, v in enumerate(entry.subject.outputs))
    line = show_node(entry.subject, names)
    return line if len(line) <= 4 * LONG else f"{line[: 4 * LONG]}..."


def _more(label: str, nodes: list[Node]) -> str:
    listed = ", ".join(map(_made, nodes[:SHOWN])) + (", ..." if len(nodes) > SHOWN else "")
    return f"{label} has {_several(len(nodes), 'node')} more: {listed}"
