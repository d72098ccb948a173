"""Threads for large loops and products: a pool of native workers that never touch Python.

The pool starts when ``parallel`` is first asked for. Where there are no semaphores to be had (outside Linux), after a
fork, and while another thread has the workers, ``parallel`` runs all parts in the thread that calls it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from functools import cache

import numpy as np

from .engine import Loaded, load
from .machine import machine
from .pool_layout import MAX_WORKERS, Pool, Worker

NUM_THREADS = "BIFRONT_NUM_THREADS"
"""The environment variable with the number of threads; by default that of the cores."""

SPIN = 1000
"""Pauses before a waiting thread sleeps: 15 to 45 µs, by CPU."""

_lock = threading.Lock()
_wanted = 0


def get_num_threads() -> int:
    """How many threads a kernel may use, the calling one included.

    Raises:
        ValueError: the environment says something else than a number from 1.
    """
    return _wanted or _default()


def set_num_threads(count: int) -> None:
    """Let kernels use so many threads from now on, the calling one included.

    Raises:
        ValueError: it is less than 1.
    """
    global _wanted
    if count < 1:
        raise ValueError(f"set_num_threads takes a number from 1, not {count}")
    _wanted = min(int(count), MAX_WORKERS + 1)
    if _pool.cache_info().currsize:
        _pool().use(_wanted)


def parallel_address() -> int:
    """Where ``void parallel(ptr function, ptr context, i64 parts)`` is: word 0 of runtime tables.

    It calls ``void function(ptr context, i64 part, i64 parts)`` for each part, on several threads, and returns when all
    are done. Any number of parts will do; parts of a job that call it again run theirs themselves.

    Raises:
        ImportError: nothing is cached, and llvmlite is not installed.
    """
    return _pool().parallel


def threads_address() -> int:
    """Where a word of 8 bytes is that holds the number of threads: for kernels that choose the parts by it."""
    return _pool().address + 8 * int(Pool.THREADS)


@cache
def _default() -> int:
    text = os.environ.get(NUM_THREADS, "").strip()
    if not text:
        return min(machine().cores, MAX_WORKERS + 1)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{NUM_THREADS} is {text!r}; use a number from 1")
    return min(int(text), MAX_WORKERS + 1)


class _Pool:
    """The native state and its workers. There is one, for ever: threads may be in its code."""

    def __init__(self, code: Loaded) -> None:
        self._code = code
        self._worker = code.address("worker")
        self._started = 0
        self.parallel = code.address("parallel")
        self.address: int = ctypes.CFUNCTYPE(ctypes.c_uint64)(code.address("state"))()
        words = Pool.WORKERS + MAX_WORKERS * Worker.SIZE
        self._words = np.asarray((ctypes.c_int64 * words).from_address(self.address))
        self._words[Pool.SPIN] = SPIN
        self._words[Pool.THREADS] = 1

    def use(self, threads: int) -> None:
        """Start what is missing, and let so many take part."""
        with _lock:
            if sys.platform != "linux":
                return
            while self._started < threads - 1 and self._start(self._started):
                self._started += 1
            self._words[Pool.THREADS] = min(threads, self._started + 1)

    def forked(self) -> None:
        """In a forked process there are no workers; `set_num_threads` starts new ones."""
        self._started = 0
        self._words[: Pool.SPIN] = 0
        self._words[Pool.THREADS] = 1
        self._words[Pool.CALLER :] = 0

    def _start(self, index: int) -> bool:
        libc = ctypes.CDLL(None)
        at = Pool.WORKERS + Worker.SIZE * index
        self._words[at : at + Worker.SIZE] = 0
        self._words[at + Worker.INDEX] = index
        address = self.address + 8 * at
        if index == 0:
            libc.sem_init(ctypes.c_void_p(self.address + 8 * Pool.CALLER), 0, 0)
        libc.sem_init(ctypes.c_void_p(address + 8 * Worker.SEMAPHORE), 0, 0)
        thread = ctypes.c_void_p()
        create = libc.pthread_create
        create.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        # Signals are for Python's threads.
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            status: int = create(ctypes.addressof(thread), None, self._worker, address)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if status == 0:
            libc.pthread_detach(thread)
        return status == 0


def _text() -> str:
    from .pool_code import text

    return text(machine().attributes, machine().architecture)


CODE = (_text, "pool")
"""What is loaded: the function that writes it, and its key."""


@cache
def _pool() -> _Pool:
    code = load(*CODE)
    pool = _Pool(code)
    # Workers outlive Python's modules: the code must not go with those.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pool.forked)
    pool.use(get_num_threads())
    return pool
