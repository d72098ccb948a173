"""The table of the memory for large results, word by word."""

from __future__ import annotations

from enum import IntEnum

SLOTS = 4
"""How many pieces of memory are kept: a power of two."""
SMALL = 1 << 8
"""Bytes from which on it pays to begin at a line of the cache."""
LARGE = 1 << 20
"""Bytes from which on memory is kept: the system takes that of smaller arrays from memory in use."""
MOST = 1 << 27
"""Bytes up to which it is."""
HUGE = 1 << 22
"""Bytes from which on the system is asked for large pages, as NumPy does."""
PAGE = 1 << 12


class Memory(IntEnum):
    """Words of the table: addresses of the C library's functions, then what is kept."""

    MALLOC = 0
    CALLOC = 1
    REALLOC = 2
    FREE = 3
    ALIGNED_ALLOC = 4
    MADVISE = 5
    NEXT = 6
    """The slot that is taken next."""
    MOST = 7
    """`MOST`, or 0 where nothing is to be kept."""
    SLOTS = 8


class Slot(IntEnum):
    """Words of a slot."""

    MEMORY = 0
    SIZE = 1
    WORDS = 2
