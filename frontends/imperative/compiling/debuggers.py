"""Python's own debuggers: a function that is stepped through runs as Python, on plain numbers."""

from __future__ import annotations

import ctypes
import sys
from types import FrameType
from typing import Any

from ....compiler.location import in_house
from .length import plain_length
from .traced import plain

__all__ = ["being_debugged", "hands_over", "show_plain_numbers"]

_MEASURING = frozenset({"coverage", "hypothesis"})
"""Packages whose trace functions note which lines run. Whoever debugs has to see every run; these need not."""
_HANDING_OVER = frozenset({"breakpoint", "settrace", "use_tool_id"})
"""Functions with which a debugger takes over a run that has begun: pdb's and all others' come to one of them."""


def being_debugged() -> bool:
    """Whether a debugger waits for the lines that run in this thread."""
    trace = sys.gettrace()
    return (trace is not None and not _measures(trace)) or _monitored()


if sys.version_info >= (3, 12):

    def _monitored() -> bool:
        monitoring = sys.monitoring
        return monitoring.get_tool(monitoring.DEBUGGER_ID) is not None

else:

    def _monitored() -> bool:
        return False


def _measures(trace: Any) -> bool:
    owner = getattr(trace, "__self__", trace)
    kind = owner if hasattr(owner, "__module__") else type(owner)
    return str(kind.__module__).partition(".")[0] in _MEASURING


def hands_over(function: Any) -> bool:
    """Whether a C function that is being called makes way for a debugger."""
    return getattr(function, "__name__", "") in _HANDING_OVER and getattr(
        function, "__module__", None
    ) in ("builtins", "sys", "sys.monitoring", "monitoring")


def show_plain_numbers(frame: FrameType | None) -> None:
    """Give the program's frames plain numbers in the place of those that a trace follows."""
    while frame is not None:
        if not in_house[frame.f_code.co_filename]:
            scope = frame.f_locals
            changed = False
            for name, value in [*scope.items()]:
                number = plain_length(plain(value))
                if number is not value:
                    scope[name] = number
                    changed = True
            if changed and sys.version_info < (3, 13):
                # Until then, what is written to the locals of a frame is a copy.
                ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
        frame = frame.f_back
