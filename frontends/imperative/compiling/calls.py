"""Which C functions matter to whoever watches a run: those that do, or give, something else each time."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from .reading import trusted

__all__ = ["HARMLESS", "is_impure", "is_pure"]

HARMLESS = frozenset(
    {list, dict, tuple, set, frozenset, str, bytes, int, float, np.ndarray, np.dtype}
)
"""Types whose methods change at most the object itself, which whoever watches compares."""

_HERE = str(Path(__file__).parent)
_MODULES = frozenset(
    {"time", "posix", "nt", "_socket", "select", "_ssl", "_uuid", "_secrets", "fcntl", "mmap", "signal", "_io", "io"}
)  # fmt: skip
_NAMES = frozenset({"open", "input", "breakpoint", "default_rng", "setprofile"})
_PURE = frozenset({"fspath", "struct_time"})
_UNSEEN = frozenset({"exec", "eval", "globals"})
_CLOCKS = (datetime.datetime, datetime.date)


def is_pure(function: Any) -> bool:
    """Whether a function of a module is none of those, whoever calls it."""
    name = function.__name__
    return (function.__module__ not in _MODULES or name in _PURE) and name not in _NAMES | _UNSEEN


def is_impure(function: Any, caller: FrameType) -> bool:
    """Whether a C function may do or give something else each time that this frame calls it."""
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    suspect = (
        (getattr(function, "__module__", None) in _MODULES and name not in _PURE)
        or name in _NAMES
        or (name in _UNSEEN and not trusted(caller.f_code.co_filename))
        or isinstance(owner, io.IOBase)
        or (any(owner is clock for clock in _CLOCKS) and name in ("now", "today", "utcnow"))
    )
    return suspect and not _allowed(caller)


def _allowed(frame: FrameType | None) -> bool:
    """Whether a call belongs to the tracing itself, or to an import, which is done once."""
    program = False
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or (not program and file.startswith(_HERE)):
            return True
        program = program or not trusted(file)
        frame = frame.f_back
    return False
