"""What rules did to a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir import Node, Value
from ..location import Location

LISTED = 200
"""So many entries a notebook shows at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule fired once.

    Attributes:
        rule: its name.
        where: the user's line of the node that was replaced.
        node: that node.
        values: what stands for its outputs now.
        seconds: how long the rule took, with all that it led to.
    """

    rule: str
    where: Location | None
    node: Node
    values: tuple[Value, ...]
    seconds: float

    @property
    def before(self) -> str:
        """The node as text, operands shown two operations deep."""
        return shown(self.node.outputs[0])

    @property
    def after(self) -> str:
        """What replaced it, likewise."""
        return ", ".join(map(shown, self.values))

    def __str__(self) -> str:
        return f"{self.rule}: {self.before} => {self.after}" + (
            f"  @ {self.where}" if self.where else ""
        )


@dataclass(slots=True)
class History:
    """The entries of one or several passes, in order."""

    entries: list[Entry] = field(default_factory=list)

    def fired(self) -> Counter[str]:
        """How often each rule fired."""
        return Counter(entry.rule for entry in self.entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self.entries))

    def __repr__(self) -> str:
        return f"<history of {len(self.entries)} rewrites>"

    def _repr_html_(self) -> str:
        from ..text.tables import html

        rows = [("rule", "line", "before", "after")]
        rows += [(e.rule, _place(e.where), e.before, e.after) for e in self.entries[:LISTED]]
        count = len(self.entries)
        rest = [f"the first {LISTED} of {count:,} rewrites"] if count > LISTED else []
        return html(rest, rows, range(4))


def _place(where: Location | None) -> str:
    if where is None:
        return ""
    return f"{where.file.replace(chr(92), '/').rpartition('/')[2]}:{where.line}"


def shown(value: Value, depth: int = 2) -> str:
    """A value as an expression."""
    node = value.producer
    if node is None:
        return f"%{value.hint}" if value.hint else "%"
    name = node.op.name
    if name == "constant":
        data = node.attrs["value"]
        return str(data) if getattr(data, "ndim", 1) == 0 else f"constant:{value.type}"
    if not depth:
        return f"%{value.hint}" if value.hint else f"{name}(...)"
    return f"{name}({_operands(node.inputs, depth - 1)}): {value.type}"


def _operands(values: Sequence[Value], depth: int) -> str:
    return ", ".join(shown(v, depth) for v in values)
