"""Results as tables: for the terminal, and as Markdown."""

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


def markdown(results: Sequence[Result]) -> str:
    """Results as Markdown: a heading, a table of the figures and a list of what is so and what is not."""
    return "\n".join(map(_markdown, results))


def _markdown(result: Result) -> str:
    shown, styles = _shown(result)
    rows = [("", *styles), ("---", *("---:" for _ in styles))]
    rows += [_row(figure, styles) for figure in shown]
    lines = [
        f"### {result.number}. {result.claim} *{result.verdict}*",
        "",
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
        "",
        *(f"* {'yes' if c.met else 'no'}: {c.sentence}" for c in result.criteria),
    ]
    return "\n".join(lines) + "\n"


def _shown(result: Result) -> tuple[list[Figure], list[str]]:
    """The figures that a table shows, and the styles that are its columns."""
    shown = [figure for figure in result.figures.all if not figure.detail]
    return shown, list(dict.fromkeys(style for figure in shown for style, _ in figure.values))


def _row(figure: Figure, styles: Sequence[str]) -> tuple[str, ...]:
    values = dict(figure.values)
    return (figure.name, *(number(figure, values.get(style)) for style in styles))


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
    shown, styles = _shown(result)
    table = Table()
    table.add_column("")
    for style in styles:
        table.add_column(style, justify="right")
    for figure in shown:
        table.add_row(*map(Text, _row(figure, styles)))
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
