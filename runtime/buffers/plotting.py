"""Memory over time as a picture: buffers as boxes in the memory that they take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...compiler.errors import BifrontError, EngineMissing
from ..packing import lay_out
from .memory import Allocation, MemoryPlan, Role
from .showing import line_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {Role.TEMPORARY: "#56B4E9", Role.RESULT: "#E69F00"}
"""Of Okabe and Ito's palette, as in the pictures of graphs."""
WRITTEN = 0.03
"""The part of the height from which on there is room for a box' name."""


def plot(plan: MemoryPlan, path: str | Path | None) -> Figure:
    """Draw a plan; see `MemoryPlan.plot`."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError:
        raise EngineMissing(
            "matplotlib, which draws memory over time, is not installed",
            hint="pip install bifront[plot] (or pip install matplotlib)",
        ) from None
    if plan.symbols:
        names = ", ".join(f"{s}=64" for s in plan.symbols)
        raise BifrontError(
            "a picture of memory needs sizes", hint=f"put them in: memory.at({names}).plot()"
        )
    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    boxes = _boxes(plan)
    top = max([at + size for _, at, size in boxes], default=1)
    for buffer, at, size in boxes:
        first, last = buffer.first, buffer.last + 1
        axes.broken_barh(
            [(first, last - first)], (at, size), facecolors=COLOURS[buffer.role], edgecolors="white"
        )
        if size >= WRITTEN * top and last - first >= len(plan.steps) / 12:
            label = " ".join(filter(None, (buffer.name, line_of(buffer))))
            axes.text(
                (first + last) / 2, at + size / 2, label, ha="center", va="center",
                fontsize=7, clip_on=True, parse_math=False,
            )  # fmt: skip
    steps = range(len(plan.steps))
    alive = [float(a) for s in steps if isinstance(a := plan.alive(s), int)]
    axes.step([*steps, len(plan.steps)], [*alive, alive[-1]], where="post", color="black", lw=1.5)
    legend = [Patch(color=c, label=r.value) for r, c in COLOURS.items()]
    legend.append(Patch(color="black", label="bytes alive"))
    axes.legend(handles=legend, loc="upper right", fontsize=8)
    axes.set_xlim(0, len(plan.steps))
    axes.set_ylim(0, top * 1.2)
    axes.set_xlabel("step")
    axes.set_ylabel("bytes")
    axes.set_title(
        f"{plan.name} on {plan.backend}: {plan.peak:,} bytes at the worst moment, "
        f"{plan.separate:,} without reuse",
        fontsize=10, parse_math=False,
    )  # fmt: skip
    if path is not None:
        figure.savefig(path)
    return figure


def _boxes(plan: MemoryPlan) -> Sequence[tuple[Allocation, int, int]]:
    """Each buffer that the run takes, where it is drawn, and its bytes."""
    own = [b for b in plan.buffers if b.taken != 0]
    sizes = [b.size for b in own if isinstance(b.size, int)]
    if plan.arena is None:
        return [*zip(own, lay_out(own, sizes).offsets, sizes, strict=True)]
    # Results have memory of their own: they are drawn above the arena.
    rest = [b for b in own if b.offset is None]
    above = lay_out(rest, [s for b, s in zip(own, sizes, strict=True) if b.offset is None])
    at = dict(zip(map(id, rest), above.offsets, strict=True))
    return [
        (b, plan.arena + at[id(b)] if b.offset is None else b.offset, s)
        for b, s in zip(own, sizes, strict=True)
    ]
