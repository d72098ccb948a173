"""``bifront mistakes``: what is said of each mistake of the catalogue, or of a script with ``# FAULT`` in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mistakes")(mistakes)


def mistakes(
    scripts: Annotated[
        list[Path] | None,
        typer.Argument(help="scripts, or folders of them; by default the catalogue"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="print a list of JSON objects")] = False,
    markdown_: Annotated[
        bool, typer.Option("--markdown", help="print the table of docs/mistakes.md")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="scripts at a time")] = (
        os.cpu_count() or 2
    ),
) -> None:
    """Run scripts with a mistake in them and tell how near to it the message is.

    The faulty line of each carries the comment # FAULT. What runs through in silence runs again with all checks on.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ..mistakes import examine_all, find_scripts
    from ..mistakes.report import markdown, show

    found = find_scripts(scripts or ())
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=Console(stderr=True), transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task("running scripts", total=len(found))
        examined = examine_all(found, jobs, lambda _: progress.advance(task))
    if json_:
        print(json.dumps([one.to_json() for one in examined], indent=2))
    elif markdown_:
        print(markdown(examined), end="")
    else:
        show(examined, Console())
