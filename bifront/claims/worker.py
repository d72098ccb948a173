"""One script in a process of its own: ``python -m bifront.claims.worker MODE SCRIPT RESULT.json [ARGUMENT ...]``.

* ``first``: how many seconds it takes to the first number that the program looks at; it is stopped there.
* ``steps``: how many seconds it takes to the first number, and a training step after that.
* ``cells``: how many seconds it takes a process that ran the script to the first number of another script, an edited
  one, whose path is the argument; see `cells.seconds_to_next`.
* ``compilations``: how many executables are compiled.
"""

from __future__ import annotations

import time

_STARTED = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402


def _first(script: Path) -> float:
    from .watched import seconds_to_number

    return seconds_to_number(script, _STARTED)


def _steps(script: Path) -> dict[str, float]:
    from .watched import seconds_of_steps

    return seconds_of_steps(script, _STARTED)


def _compilations(script: Path) -> int:
    from .watched import compilations

    return compilations(script)


def _cells(script: Path, edited: str) -> dict[str, float]:
    from .cells import seconds_to_next

    return seconds_to_next(script, Path(edited))


MODES: dict[str, Callable[..., Any]] = {
    "first": _first,
    "steps": _steps,
    "cells": _cells,
    "compilations": _compilations,
}


def _main(mode: str, script: str, result: str, *arguments: str) -> None:
    Path(result).write_text(json.dumps(MODES[mode](Path(script), *arguments)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
