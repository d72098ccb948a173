"""``bifront check``: run a script with the checks on, and tell what they found."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..compiler.errors import BifrontError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    script: Annotated[
        Path | None, typer.Argument(help="a Python script, or a graph as text (.bf)")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="make this check alone; may be repeated")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="print a list of JSON objects")] = False,
    list_: Annotated[bool, typer.Option("--list", help="print the checks and what they find")] = (
        False
    ),
) -> None:
    """Run a script and find what it is silent about. Exit code 1 if something was found."""
    from ..comparison.observing import run_script
    from ..insight.checking import check as make_checks
    from .files import read_graph

    if list_:
        _print_checks()
        return
    if script is None or not script.is_file():
        raise BifrontError(
            "no script is given" if script is None else f"there is no script {script}",
            hint="bifront check SCRIPT; bifront check --list shows the checks",
        )
    if script.suffix == ".bf":
        found = make_checks(read_graph(script), only=only)
    else:
        found = make_checks(only=only)
        out = sys.stdout
        if json_:
            sys.stdout = sys.stderr  # what the script prints is no part of the JSON
        try:
            with found:
                run_script(script)
        except BaseException:
            if found.findings and not json_:
                print(found, file=sys.stderr)
            raise
        finally:
            sys.stdout = out
    if json_:
        print(json.dumps([finding.to_json() for finding in found.findings], indent=2))
    else:
        print(found)
    if found.findings:
        raise typer.Exit(1)


def _print_checks() -> None:
    from ..insight.checking import describe

    for name, line in describe().items():
        print(f"{name:18} {line}")
