"""Examined mistakes as a table: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .examining import Examined

HEAD = ("mistake", "style", "stage", "found by", "line", "lines", "words", "frames", "message")
SHOWN = 7
"""How many of the columns a terminal of 80 columns has room for."""


def show(examined: Sequence[Examined], console: Console) -> None:
    """One row for each script, and the sums. A few scripts are shown with what was said of each."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for title in HEAD[:SHOWN]:
        table.add_column(title, justify="right" if title in HEAD[5:] else "left")
    last = ""
    for one in examined:
        name, *rest = cells(one)[:SHOWN]
        table.add_row(Text("" if name == last else name), *map(Text, rest))
        last = name
    console.print(table)
    lines = ["", *summary(examined)]
    if len(examined) <= FEW:
        lines += [f"{one.script}:{one.line}: {one.said.message or 'nothing'}" for one in examined]
    # No wrapping: a path is of use only as it is.
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


FEW = 4
"""Up to this many scripts are shown with what was said of each."""


def markdown(examined: Sequence[Examined]) -> str:
    """The table in Markdown, with the first line of each message."""
    rows = [HEAD, ("---",) * len(HEAD), *map(cells, examined)]
    return "".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |\n" for row in rows)


def summary(examined: Sequence[Examined]) -> list[str]:
    """How many were found and how many of the messages name the faulty line, for each style."""
    lines = []
    for style in dict.fromkeys(one.style for one in examined):
        own = [one for one in examined if one.style == style]
        silent = sum(one.stage == "never" for one in own)
        found = sum(one.detected for one in own)
        named = sum(one.said.names_faulty_line for one in own)
        lines.append(
            f"{style}: of {len(own)} mistakes {len(own) - silent} raise an error and {silent} are silent; "
            f"{found} found, {named} with the faulty line."
        )
    return lines


def cells(one: Examined) -> tuple[str, ...]:
    """A row of the table, a cell for each of `HEAD`."""
    said = one.said
    return (
        one.mistake,
        one.style,
        "silent" if one.stage == "never" else one.stage,
        said.by or "nothing",
        "yes" if said.names_faulty_line else "no",
        *("-" if n is None else str(n) for n in (said.line_distance, said.words, said.frames)),
        said.message or "",
    )
