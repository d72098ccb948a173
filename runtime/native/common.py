"""What all graphs' code has in common: the entry and the pool of threads."""

from __future__ import annotations

from functools import cache

from . import entry, threads
from .engine import begin

__all__ = ["begin_common"]


@cache
def begin_common() -> None:
    """Have it compiled on another thread, if it must be, while Python is still at the first graph."""
    begin((threads.CODE, entry.CODE))
