"""Examined mistakes as a table: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .examining import Examined

HEAD = ("mistake", "style", "stage", "found by", "line", "lines", "frames", "words")


def show(examined: Sequence[Examined], console: Console) -> None:
    """One row for each script, and the sums. A few scripts are shown with what was said of each."""
    table = Table(box=None, pad_edge=False)
    for title in HEAD:
        table.add_column(title, justify="right" if title in HEAD[5:] else "left")
    last = ""
    for one in examined:
        name, *rest = _cells(one)
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
    rows = [(*HEAD, "message"), ("---",) * (len(HEAD) + 1), *map(cells, examined)]
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
    """A row of the Markdown table."""
    return (*_cells(one), one.said.message or "")


def _cells(one: Examined) -> tuple[str, ...]:
    said = one.said
    return (
        one.mistake,
        one.style,
        "silent" if one.stage == "never" else one.stage,
        said.by or "nothing",
        "yes" if said.names_faulty_line else "no",
        *("-" if n is None else str(n) for n in (said.line_distance, said.frames, said.words)),
    )
