"""The way from a run up to whoever lets a person step through it, which stands on a floor above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

Opener: TypeAlias = "Callable[[Sequence[str] | None], AbstractContextManager[object]]"
"""Given the commands of a script, or None to ask at the terminal: inside the block, runs are stepped through."""

_opener: Opener | None = None


def provide(opener: Opener) -> None:
    """Say what `prompting` opens."""
    global _opener
    _opener = opener


def prompting(commands: Sequence[str] | None = None) -> AbstractContextManager[object]:
    """A block in which every run of a graph stops at its start and asks what to do.

    Args:
        commands: what to do, in place of asking; after the last one the runs go on by themselves.
    """
    assert _opener is not None, "bifront itself provides it"
    return _opener(commands)
