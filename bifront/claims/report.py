"""Results as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .claim import Figure, Result, Verdict

COLOURS: dict[Verdict, str] = {"holds": "green", "holds in part": "yellow", "does not hold": "red"}


def show(results: Sequence[Result], console: Console) -> None:
    """Each claim with its figures, what they mean, and the verdict; then all verdicts."""
    for result in results:
        console.print(_one(result))
    if len(results) > 1:
        for result in results:
            console.print(_verdict(result))


def _one(result: Result) -> RenderableType:
    experiment = Text(f"{result.experiment}\n", "dim")
    marks = [
        Text.assemble(("+ " if c.met else "- ", "green" if c.met else "red"), c.sentence)
        for c in result.criteria
    ]
    return Group(_verdict(result), experiment, _table(result), *marks, Text())


def _verdict(result: Result) -> Text:
    verdict = (result.verdict, f"bold {COLOURS[result.verdict]}")
    return Text.assemble((f"{result.number}. {result.claim} ", "bold"), verdict)


def _table(result: Result) -> Table:
    shown = [figure for figure in result.figures.all if not figure.detail]
    styles = list(dict.fromkeys(style for figure in shown for style, _ in figure.values))
    table = Table()
    table.add_column("")
    for style in styles:
        table.add_column(style, justify="right")
    for figure in shown:
        values = dict(figure.values)
        table.add_row(Text(figure.name), *(number(figure, values.get(s)) for s in styles))
    return table


def number(figure: Figure, value: float | None) -> str:
    """A number of a figure with its unit, as people read it."""
    if value is None:
        return "-"
    if figure.unit == "s":
        return _seconds(value)
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{text} {figure.unit}".strip()


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.0f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
