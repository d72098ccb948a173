"""The state of the thread pool, word by word, as `threads` sets it up and `pool_code` reads it."""

from __future__ import annotations

from enum import IntEnum

MAX_WORKERS = 255


class Pool(IntEnum):
    """Words of the pool's state; what several threads write to has a line of the cache to itself."""

    TICKET = 0
    PENDING = 8
    """Parts that are not done; with `WAITING` added while the caller sleeps."""
    LOCK = 16
    FUNCTION = 24
    CONTEXT = 25
    PARTS = 26
    THREADS = 27
    """How many threads take part, the caller included."""
    SPIN = 28
    CALLER = 32
    """The semaphore of the caller."""
    WORKERS = 40


class Worker(IntEnum):
    """Words of a worker's state."""

    SLEEPING = 0
    INDEX = 1
    SEMAPHORE = 8
    SIZE = 16
