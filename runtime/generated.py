"""Python functions that bifront writes itself: text, compiled once, visible to tracebacks and to ``inspect``."""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

# Below the house's own folder, so that the search for the user's line passes over generated frames.
_FOLDER = Path(__file__).parent
_numbers = count(1)

MODULE = f"{__package__}.generated"
"""The ``__name__`` of generated code: a warnings filter for the house covers it."""


def function_from(name: str, source: str, namespace: Mapping[str, object]) -> Callable[..., object]:
    """Compile the text of one function.

    Args:
        name: the name that the text defines.
        source: the text, written by bifront and never read from a user's file.
        namespace: the function's globals.
    """
    filename = str(_FOLDER / f"<{name} {next(_numbers)}>")
    scope = {**namespace, "__name__": MODULE}
    exec(compile(source, filename, "exec"), scope)
    function = scope.pop(name)
    assert callable(function)
    # No modification time: linecache never compares the entry with a file.
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    weakref.finalize(function, linecache.cache.pop, filename, None).atexit = False
    return function
