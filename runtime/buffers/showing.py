"""A plan of buffers for people: a table as text, and in notebooks."""

from __future__ import annotations

from pathlib import Path

from ...compiler.ir import Dim
from ...compiler.text.tables import columns, html
from .memory import Allocation, MemoryPlan, Role

BAR = 24
"""Characters of the bars that show lifetimes."""
LONG = 28
"""Names and operations are cut at this length."""

LEFT = (0, 1, 5, 6, 7)


def text(plan: MemoryPlan) -> str:
    """The table and what its numbers add up to."""
    return "\n".join([*_head(plan), *(f"  {line}" for line in columns(_rows(plan), LEFT))])


def notebook(plan: MemoryPlan) -> str:
    return html(_head(plan), _rows(plan), LEFT)


def _head(plan: MemoryPlan) -> list[str]:
    sizes = ", ".join(f"{s} = {n}" for s, n in plan.sizes.items())
    lines = [f"memory of {plan.name} on {plan.backend}" + (f" where {sizes}" if sizes else "")]
    worst = plan.peaks
    bytes_ = " or ".join(show(w) for _, w in worst) or "0"
    where = ", ".join(f"step {s}: {_cut(plan.steps[s])}" for s, w in worst if w != 0)
    lines.append(f"  alive at the worst moment: {bytes_} bytes" + (f" ({where})" if where else ""))
    if plan.arena is not None:
        own = all(b.piece is not None for b in plan.buffers if b.role is Role.TEMPORARY)
        which = "all temporary buffers" if own else "the temporary buffers with an offset"
        lines.append(f"  arena: {show(plan.arena)} bytes, shared by {which}")
    elif plan.layout is not None:
        some = ", ".join(f"{s}=64" for s in plan.symbols)
        lines.append(f"  arena: depends on sizes; memory.at({some}) lays it out")
    lines.append(f"  buffers of the run: {show(plan.total)} bytes")
    lines.append(f"  without reuse: {show(plan.separate)} bytes")
    if plan.unfused != plan.separate:
        lines.append(f"  without fusion either: {show(plan.unfused)} bytes")
    lines.append(f"  given: {show(plan.given)} bytes of inputs, states and constants")
    if plan.in_place:
        lines.append(f"  written in place: {', '.join(plan.in_place)}")
    return lines


def _rows(plan: MemoryPlan) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("buffer", "role", "bytes", "offset", "steps", "lifetime", "made by", "line")
    ]
    for b in plan.buffers:
        made = " ".join(dict.fromkeys(n.op.name for n in b.nodes))
        rows.append(
            (
                _cut(b.name),
                f"over {b.over}" if b.over else b.role.value,
                show(b.size),
                "" if b.offset is None else show(b.offset),
                f"{b.first}-{b.last}" if b.first != b.last else str(b.first),
                _bar(b, len(plan.steps)),
                _cut(made),
                line_of(b),
            )
        )
    return rows


def show(size: Dim) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def line_of(buffer: Allocation) -> str:
    """The user's line of a buffer, without folders."""
    at = buffer.location
    return "" if at is None else f"{Path(at.file).name}:{at.line}"


def _bar(buffer: Allocation, steps: int) -> str:
    width = min(BAR, steps)
    first = buffer.first * width // max(steps, 1)
    last = min(buffer.last * width // max(steps, 1), width - 1)
    return "".join("█" if first <= i <= last else "·" for i in range(width))


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."
