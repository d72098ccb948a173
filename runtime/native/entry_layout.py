"""The tables between Python and the native entry, word by word.

They stand apart from the code that reads them (`entry_code`), which is written only where it is not cached.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

NAME = "bifront_entry"


class Api(IntEnum):
    """Words of the table of addresses."""

    TUPLE_NEW = 0
    INCREF = 1
    DECREF = 2
    VECTORCALL = 3
    INTEGER = 4
    SAVE_THREAD = 5
    RESTORE_THREAD = 6
    NO_MEMORY = 7
    ALLOCATE = 8
    FREE = 9
    ARRAY_TYPE = 10
    NEW_ARRAY = 11
    SET_HANDLER = 12
    HANDLER = 13


class Block(IntEnum):
    """Words of the block."""

    API = 0
    KERNEL = 1
    PARAMETER_COUNT = 2
    RESULT_COUNT = 3
    PARAMETERS = 4
    RESULTS = 5
    RUNTIME = 6
    CONSTANTS = 7
    SIZES = 8
    ARENA = 9
    """An arena that no call is using, or 0. Whoever takes it leaves 0."""
    ARENA_BYTES = 10
    FLAGS = 11
    MISS = 12
    FAIL = 13


class Flag(IntFlag):
    """Bits of `Block.FLAGS`."""

    RELEASE = 1
    """The kernel runs without the interpreter's lock."""
    ALIASING = 2
    """Some parameter is written to: it must share no memory with another."""
    LARGE = 4
    """Some result is large: new arrays are made with the memory handler."""


class Parameter(IntEnum):
    """Words of what is said of a parameter; its sizes follow."""

    DTYPE = 0
    DTYPE_TYPE = 1
    ORDER = 2
    FLAGS = 3
    RANK = 4
    BYTES = 5
    OFF = 6
    """Bits of the address that must be 0."""
    SHAPE = 7


class Result(IntEnum):
    """Words of what is said of a result; its sizes follow."""

    PARAMETER = 0
    """The parameter that comes back, or -1: a new array is made."""
    DTYPE = 1
    RANK = 2
    SHAPE = 3


FRAME = 4
"""Words of a kernel's frame before the arrays."""

ALIGNMENT = 64
"""Of arenas, and of the memory in which states are replaced, in bytes: a line of the cache."""
