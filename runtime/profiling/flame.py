"""A flame picture: boxes as wide as the time that they took; above each what it consists of.

From below: all that was timed, the user's lines, their operations, the kernels. Source: Gregg, "The flame graph", CACM
59(6), 2016, which is drawn here as SVG of plain boxes; a tooltip has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

from .analysis import Slice, where

WIDTH, ROW, MARGIN = 1200.0, 20.0, 10.0
LETTER = 6.6
"""The width of a character, in pixels."""
LEAST = 0.3
"""Narrower boxes are left out."""


@dataclass(slots=True)
class Box:
    """A part of the time, and what it consists of.

    Attributes:
        spent: nanoseconds.
    """

    name: str
    spent: float = 0.0
    inner: dict[str, Box] = field(default_factory=dict)

    def within(self, name: str, spent: float) -> Box:
        """The part of this name, with more time."""
        box = self.inner.setdefault(name, Box(name))
        box.spent += spent
        return box


def tree(slices: Sequence[Slice]) -> Box:
    """Time by line, operation and kernel."""
    root = Box("all that was timed", sum(s.spent for s in slices))
    for s in slices:
        line = root.within(f"{where(s)} {s.source}".rstrip(), s.spent)
        line.within(s.op, s.spent).within(s.kernel, s.spent)
    return root


def svg(root: Box, title: str) -> str:
    """The picture; it needs nothing beside itself."""
    rows = 4
    height = (rows + 1) * ROW + 3 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" font-family="monospace" font-size="11">',
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#FFFFFF"/>',
        f'<text x="{WIDTH / 2:g}" y="{MARGIN + 12:g}" text-anchor="middle" font-size="13">'
        f"{escape(title)}</text>",
    ]
    scale = (WIDTH - 2 * MARGIN) / (root.spent or 1.0)
    level = [(root, MARGIN)]
    for depth in range(rows):
        y = height - MARGIN - (depth + 1) * ROW
        above: list[tuple[Box, float]] = []
        for box, x in level:
            parts += _box(box, x, y, box.spent * scale, root.spent, depth)
            for inner in sorted(box.inner.values(), key=lambda b: -b.spent):
                if inner.spent * scale >= LEAST:
                    above.append((inner, x))
                x += inner.spent * scale
        level = above
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _box(box: Box, x: float, y: float, width: float, whole: float, depth: int) -> list[str]:
    share = 100 * box.spent / (whole or 1.0)
    fits = int((width - 4) / LETTER)
    shown = box.name if len(box.name) <= fits else f"{box.name[: fits - 2]}.."
    lines = [
        f"<g><title>{escape(box.name)}\n{box.spent / 1e6:.3f} ms, {share:.1f} %</title>",
        f'<rect x="{x:.2f}" y="{y:g}" width="{max(width - 0.5, LEAST):.2f}" height="{ROW - 1:g}" '
        f'rx="2" fill="{_colour(box.name, depth)}"/>',
    ]
    if fits >= 4:
        lines.append(f'<text x="{x + 3:.2f}" y="{y + 14:g}">{escape(shown)}</text>')
    return [*lines, "</g>"]


def _colour(name: str, depth: int) -> str:
    """Warm, the same for the same name; the whole is grey."""
    if depth == 0:
        return "#DDDDDD"
    mixed = crc32(name.encode())
    return f"#{225 + mixed % 30:02X}{130 + (mixed >> 8) % 90:02X}{70 + (mixed >> 16) % 60:02X}"
