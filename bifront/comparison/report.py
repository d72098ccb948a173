"""A comparison as a table for the terminal."""

from __future__ import annotations

from collections import Counter
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .comparison import Comparison, StyleFigures
from .records import RunRecord


def render(comparison: Comparison) -> RenderableType:
    """Verdict first, then one row for each figure, one column for each style."""
    parts: list[RenderableType] = [_verdict(comparison), _table(comparison)]
    if comparison.difference is not None:
        parts.append(Text(str(comparison.difference)))
    return Group(*parts)


def show(comparison: Comparison, console: Console) -> None:
    console.print(render(comparison))


def text(comparison: Comparison) -> str:
    """The same as plain text."""
    written = StringIO()
    Console(file=written, width=120).print(render(comparison))
    return written.getvalue().rstrip()


def _verdict(c: Comparison) -> Text:
    text = Text()
    if c.same_graph:
        text.append("The same graph. ", "bold green")
        text.append(f"Fingerprint {_main_fingerprint(c)[:16]} on both sides")
        text.append(f", {len(c.graph.nodes) if c.graph else 0} nodes")
        text.append("; one graph for all sizes.\n" if c.same_open else ".\n")
    else:
        text.append("Not the same graph.\n", "bold red")
    runs = min(len(c.runs_a), len(c.runs_b))
    if c.same_numbers:
        text.append("The same numbers. ", "bold green")
        text.append(f"All values of {runs} runs are equal bit for bit.\n")
    elif c.max_abs_difference is not None:
        text.append("Different numbers: ", "bold yellow")
        text.append(
            f"the largest difference is {c.max_abs_difference:.3g}; "
            f"the first {c.identical_steps} of {runs} runs are equal bit for bit.\n"
        )
    return text


def _main_fingerprint(c: Comparison) -> str:
    return c.graph.fingerprint() if c.graph is not None else ""


def _table(c: Comparison) -> Table:
    table = Table()
    table.add_column("")
    for side in (c.a, c.b):
        table.add_column(side.style, justify="right")
    rows = [
        ("last line printed", *(_last_line(s) for s in (c.a, c.b))),
        ("graphs, sizes open", *(str(s.graphs_built) for s in (c.a, c.b))),
        ("graphs, sizes put in", *(_distinct(r) for r in (c.runs_a, c.runs_b))),
        ("runs", *(str(len(r)) for r in (c.runs_a, c.runs_b))),
        ("logical lines", *(str(s.lines) for s in (c.a, c.b))),
        ("distinct API names", *(str(s.names) for s in (c.a, c.b))),
        ("lines of ceremony", *(str(s.ceremony) for s in (c.a, c.b))),
        ("first number after", *(_seconds(s.first_number_s) for s in (c.a, c.b))),
        ("time a step", *(_seconds(s.step_s) for s in (c.a, c.b))),
        ("whole program", *(_seconds(s.total_s) for s in (c.a, c.b))),
        ("peak memory", *(_megabytes(s.peak_mb) for s in (c.a, c.b))),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _distinct(runs: tuple[RunRecord, ...]) -> str:
    return str(len(Counter(r.concrete for r in runs)))


def _last_line(side: StyleFigures) -> str:
    lines = side.printed.strip().splitlines()
    return lines[-1] if lines else ""


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 1e-3:
        return f"{value * 1e6:.0f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def _megabytes(value: float) -> str:
    return f"{value:.0f} MB" if value >= 10 else f"{value * 1024:.0f} kB"
