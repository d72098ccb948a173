"""`bf.check`: find what both styles are silent about, and name the line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..compiler.lints import LINTS, lint
from ..compiler.lints.finding import Finding
from ..runtime.checking.checks import Checks
from ..runtime.checking.table import NAMES, WATCHERS, chosen
from ..runtime.executable import Executable

__all__ = ["check", "check_script", "describe"]


def check(
    subject: Graph | Executable | None = None,
    *arrays: np.ndarray,
    only: Sequence[str] | None = None,
    raise_: bool = False,
) -> Checks:
    """Check what runs in a ``with`` block, a graph, or a run of an executable.

    ``with bf.check() as found:`` looks at whatever runs inside: eager code of the thread, sessions and compiled
    functions. Afterwards ``found.findings`` tells what is wrong, each with the user's line. ``bf.check(graph)`` gives
    what can be told from a graph alone, and ``bf.check(executable, *arrays)`` runs it once, too. Outside of the block
    nothing is slower.

    Args:
        subject: a graph or an executable; None to check a block.
        arrays: arguments of the executable.
        only: the names of the checks to make; by default all (``bifront check --list`` shows them).
        raise_: raise the first finding instead, where it is found.

    Raises:
        AttributeValueError: there is no check of that name.
        BifrontError: arrays are given and nothing to run on them; a program is checked already.
        CheckFailed: something was found, with ``raise_``.
        FeedError: the arrays are not what the executable takes.
    """
    made = Checks(only, raise_)
    if subject is None:
        if arrays:
            raise BifrontError(
                "arrays are given to check, but nothing to run on them",
                hint="bf.check(executable, *arrays), or `with bf.check() as found:`",
            )
        return made
    if isinstance(subject, Executable):
        if arrays:
            subject.check(*arrays)
            with made:
                subject.run(*arrays)
            return made
        subject = subject.graph
    if not isinstance(subject, Graph):
        raise BifrontError(
            f"check takes a graph or an executable, not a {type(subject).__name__}",
            hint="functions, models and sessions run inside `with bf.check() as found:`",
        )
    for finding in lint(subject, [n for n in chosen(only) if n in LINTS]):
        made.add(finding)
    return made


def check_script(path: Path, only: Sequence[str] | None = None) -> list[Finding]:
    """Run a script as ``__main__`` with the checks on, and give what they found.

    Raises:
        BifrontError: there is no such script.
        Exception: whatever the script itself raises.
    """
    from ..comparison.observing import run_script

    if not path.is_file():
        raise BifrontError(f"there is no script {path}")
    with check(only=only) as found:
        run_script(path)
    return found.findings


def describe() -> dict[str, str]:
    """The first line of what each check says of itself, by name."""
    subjects: dict[str, object] = {**LINTS, **WATCHERS}
    return {name: (subjects[name].__doc__ or "").split("\n", 1)[0] for name in NAMES}
