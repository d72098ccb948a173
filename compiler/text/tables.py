"""Tables for people: as text in columns, and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape


def columns(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> list[str]:
    """Rows of cells as lines; the first row is the head.

    Args:
        rows: all of one length.
        left: the columns that begin at the left; the others end at the right, as numbers do.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            c.ljust(w) if i in left else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def html(head: Iterable[str], rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """The same as text, head lines and a table; nothing in a cell is markup."""
    parts = [f"<div>{escape(line)}</div>" for line in head]
    parts.append('<table style="border-collapse: collapse; font-family: monospace">')
    for number, row in enumerate(rows):
        tag = "td" if number else "th"
        cells = [
            f'<{tag} style="text-align: {"left" if i in left else "right"}; white-space: pre; '
            f'padding: 1px 8px">'
            f"{escape(cell)}</{tag}>"
            for i, cell in enumerate(row)
        ]
        parts.append(f"<tr>{''.join(cells)}</tr>")
    parts.append("</table>")
    return "\n".join(parts)


def pre(text: str) -> str:
    """Text as HTML, spaces and lines kept."""
    style = "white-space: pre; overflow-x: auto; line-height: 1.35"
    return f'<pre style="{style}">{escape(text)}</pre>'
