"""`bf.profile`: where time goes, by kernel and by line."""

from __future__ import annotations

import numpy as np

from ..compiler.errors import BifrontError
from ..runtime.executable import Executable
from ..runtime.profiling.profile import Profile


def profile(
    executable: Executable | None = None,
    *arrays: np.ndarray,
    runs: int = 10,
    roofline: bool = True,
) -> Profile:
    """Profile what runs in a ``with`` block, or runs of one executable.

    ``with bf.profile() as p:`` times whatever runs inside, on all threads: sessions, compiled functions, executables,
    and operations that are evaluated at once. ``bf.profile(executable, *arrays)`` runs an executable itself, once
    beforehand and then ``runs`` times. ``print(p)`` shows tables, ``p.save("trace.json")`` writes a trace,
    ``p.flame("flame.svg")`` a picture.

    Args:
        executable: what to run; None to take a profile of a block.
        arrays: its arguments.
        runs: how often it is run.
        roofline: hold kernels against the machine's peaks, which are measured once, in about a second, and kept in
            the user's cache directory.

    Raises:
        BifrontError: a profile is being taken already; or arrays are given, and nothing to run.
        FeedError: the arrays are not what the executable takes.
    """
    made = Profile(roofline, _progress)
    if executable is None:
        if arrays:
            raise BifrontError(
                "arrays are given to profile, but nothing to run on them",
                hint="bf.profile(executable, *arrays), or `with bf.profile() as p:`",
            )
        return made
    if not isinstance(executable, Executable):
        raise BifrontError(
            f"profile takes an executable, not a {type(executable).__name__}",
            hint="bf.compile(graph) makes one; functions and sessions run inside `with bf.profile() as p:`",
        )
    executable.check(*arrays)
    executable.run(*arrays)
    with made:
        for _ in range(runs):
            executable.run(*arrays)
    return made


def _progress(text: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(text, highlight=False, style="dim")
