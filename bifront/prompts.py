"""The debugger's prompt, for the floors below: it is loaded when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from .runtime.prompting import provide


def provide_prompt() -> None:
    """Have ``Session.run(..., debug=True)`` open the debugger."""
    provide(_open)


def _open(commands: Sequence[str] | None) -> AbstractContextManager[object]:
    from .debugger.debugger import prompting

    return prompting(commands)
