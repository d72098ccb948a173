"""Tracebacks without the house: between the user's line and the answer stands nothing of bifront.

Set the environment variable ``BIFRONT_FULL_TRACEBACK=1`` to see every frame.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Protocol

from .compiler.errors import BifrontError
from .compiler.location import in_house


def hide_house_frames(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback with bifront's own frames left out."""
    frames = []
    while traceback is not None:
        if not in_house[traceback.tb_frame.f_code.co_filename]:
            frames.append(traceback)
        traceback = traceback.tb_next
    shown: TracebackType | None = None
    for entry in reversed(frames):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shown


def _hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, BifrontError):
        traceback = hide_house_frames(traceback)
        error = error.with_traceback(traceback)
        error.__suppress_context__ = True
    _previous(kind, error, traceback)


_previous = sys.excepthook


class _Shell(Protocol):
    def set_custom_exc(self, kinds: tuple[type[BaseException], ...], handler: object) -> None: ...


def _notebook_handler(
    shell: object,
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    _hook(kind, error, traceback)


def install() -> None:
    """Show uncaught errors of bifront without its own frames, in scripts and in notebooks."""
    if os.environ.get("BIFRONT_FULL_TRACEBACK") or sys.excepthook is _hook:
        return
    global _previous
    _previous = sys.excepthook
    sys.excepthook = _hook
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell: _Shell | None = get_shell() if get_shell is not None else None
    if shell is not None:
        shell.set_custom_exc((BifrontError,), _notebook_handler)
