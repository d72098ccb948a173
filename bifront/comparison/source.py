"""What the authors wrote: a script, or a function."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import cast

DEEP = 20
"""So many wrappers are looked through."""


@dataclass(frozen=True, slots=True)
class Source:
    """One of two sources.

    Attributes:
        name: what it is called.
        file: where it stands, as locations of nodes name it.
        text: of the source; empty where nobody can tell.
        first: the number of its first line in the file.
        whole: whether it is the whole file.
    """

    name: str
    file: str
    text: str
    first: int = 1
    whole: bool = True

    @classmethod
    def of_script(cls, script: Path) -> Source:
        """A whole file, as far as it can be read."""
        text = script.read_text(encoding="utf-8", errors="replace")
        return cls(script.name, str(script), text)

    @classmethod
    def of_function(cls, function: Callable[..., object]) -> Source:
        """The lines of a function, of a module's or object's call, or of what a `functools.partial` stands for."""
        name = getattr(function, "__qualname__", "") or type(function).__qualname__
        code = code_of(function)
        if code is None:
            return cls(name, "", "", whole=False)
        file = inspect.getsourcefile(code) or ""
        try:
            lines, first = inspect.getsourcelines(code)
        except OSError:  # typed into an interpreter that keeps no lines
            return cls(name, file, "", whole=False)
        return cls(name, file, textwrap.dedent("".join(lines)), first, False)


def code_of(function: Callable[..., object]) -> FunctionType | None:
    """The Python function that is called in the end; None where there is none."""
    called: object = function
    for _ in range(DEEP):
        if isinstance(called, FunctionType):
            return cast("FunctionType", inspect.unwrap(called))
        if isinstance(called, MethodType):
            called = called.__func__
        elif isinstance(called, partial):
            called = called.func
        elif hasattr(called, "forward"):
            called = called.forward
        else:
            called = called.__call__ if callable(called) else None
    return None
