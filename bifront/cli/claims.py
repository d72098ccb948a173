"""``bifront claims``: what is said of the two styles, measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("claims")(claims)


def claims(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="numbers of claims; by default all")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="print a list of JSON objects")] = False,
    markdown_: Annotated[
        bool, typer.Option("--markdown", help="print the tables of docs/claims.md")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="write one HTML file")] = None,
) -> None:
    """Do an experiment for each claim about the two styles and tell whether it holds."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from ..claims import CLAIMS, run_claims
    from ..claims.html import page
    from ..claims.report import markdown, show

    chosen = sorted(set(numbers or CLAIMS))
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task("starting", total=len(chosen))
        results = run_claims(
            chosen,
            lambda claim, what: progress.update(
                task,
                description=f"claim {claim.number}: {what}",
                completed=chosen.index(claim.number),
            ),
        )
    if html is not None:
        html.write_text(page(results), encoding="utf-8")
    if json_:
        print(json.dumps([result.to_json() for result in results], indent=2))
    elif markdown_:
        print(markdown(results), end="")
    else:
        show(results, Console())
        if html is not None:
            Console().print(f"page: {html}", markup=False, highlight=False, soft_wrap=True)
