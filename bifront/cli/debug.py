"""``bifront debug``: step through what a script runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..compiler.errors import BifrontError


def debug(
    script: Annotated[Path, typer.Argument(help="a Python script")],
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--break", "-b", help="stop at FILE:LINE, a value, an operation, or `if CONDITION`"
        ),
    ] = None,
    nan: Annotated[bool, typer.Option("--nan", help="stop where the first NaN is made")] = False,
    commands: Annotated[
        Path | None,
        typer.Option("--commands", help="a file of commands, one a line, in place of the terminal"),
    ] = None,
) -> None:
    """Step through the graphs that a script runs: by node or line, forwards and backwards."""
    from ..comparison.observing import run_script
    from ..debugger import Debugger, prompting
    from ..debugger.places import read_stop

    if not script.is_file():
        raise BifrontError(f"there is no script {script}")
    debugger = Debugger(_lines(commands) if commands is not None else None)
    for text in (*(at or ()), *(["nan"] if nan else ())):
        text = f"{script}:{text}" if text.isdigit() else text
        debugger.add(read_stop(text))
    # With something to stop at, a run stops there and not at its start.
    debugger.stopping = not debugger.stops
    with prompting(debugger=debugger):
        run_script(script)
    if not debugger.runs:
        raise BifrontError(
            f"{script} ran no graph, so there was nothing to step through",
            hint=f"an imperative program runs as it is written: python -m pdb {script}, or breakpoint() in it",
        )


def _lines(file: Path) -> list[str]:
    """The commands in a file; empty lines and comments are none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BifrontError(f"{file} cannot be read: {error}") from None
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(debug)
