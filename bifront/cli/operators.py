"""The operator table of the docs, written from the registry."""

from __future__ import annotations

from collections.abc import Sequence

from ..compiler.control import REGISTRY
from ..compiler.ops import ForEach, Kind, Op, Rule, Whole


def operator_table() -> str:
    """All operations as Markdown, by kind: name, what it computes, which derivatives it has."""
    parts = [
        "# Operations",
        "",
        "Written by `bifront ops` from the registry. Reverse and forward derivatives: *all* operands, the operands by",
        "number, or none.",
    ]
    for kind in Kind:
        ops = sorted((op for op in REGISTRY.values() if op.kind is kind), key=lambda op: op.name)
        if ops:
            parts += ["", f"## {kind.value.capitalize()}", ""]
            parts += ["| operation | computes | reverse | forward |", "| --- | --- | --- | --- |"]
            parts += [_row(op) for op in ops]
    return "\n".join(parts) + "\n"


def _row(op: Op) -> str:
    doc = " ".join(op.doc.split()).replace("|", "\\|")
    return f"| `{op.name}` | {doc} | {_rules(op.vjp)} | {_rules(op.jvp)} |"


def _rules(rules: Sequence[Rule | None] | Whole | None) -> str:
    if rules is None:
        return "-"
    if isinstance(rules, (ForEach, Whole)):
        return "all"
    present = [rule is not None for rule in rules]
    if all(present):
        return "all"
    return ", ".join(str(i + 1) for i, has in enumerate(present) if has) or "none"
