"""Memory for large results, which is given out again once nobody holds them: a memory handler of NumPy's (NEP 49).

Only arrays that an entry makes are under it, and states that got a better place (`settled`). They own their memory like
any other array. At most `SLOTS` pieces of `LARGE` to `MOST` bytes are kept in a process, those that were freed last.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from importlib import import_module

import numpy as np

from . import structs
from .engine import Loaded, load
from .entry_layout import ALIGNMENT
from .machine import machine
from .memory_layout import LARGE, MOST, SLOTS, SMALL, Memory, Slot

NAME = b"bifront"


class _Allocator(ctypes.Structure):
    _fields_ = (
        ("context", ctypes.c_void_p),
        ("malloc", ctypes.c_void_p),
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    )


class _Handler(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("allocator", _Allocator),
    )


def set_handler() -> int:
    """The address of NumPy's ``PyDataMem_SetHandler``, or 0."""
    return structs.word(structs.array_api() + 8 * structs.SET_HANDLER) if handler() else 0


@cache
def handler() -> int:
    """The address of the capsule with the handler, which lives for ever; 0 where it cannot be used."""
    try:
        process = ctypes.CDLL(None)
        code = load(_text, "memory")
        made = _capsule(code, process)
    except (ImportError, OSError, AttributeError, TypeError):
        return 0
    return id(made) if _accepted(made) else 0


def _text() -> str:
    from .memory_code import text

    return text(machine().attributes)


def _capsule(code: Loaded, process: ctypes.CDLL) -> object:
    table = np.zeros(Memory.SLOTS + SLOTS * Slot.WORDS, np.uint64)
    for word in (
        Memory.MALLOC,
        Memory.CALLOC,
        Memory.REALLOC,
        Memory.FREE,
        Memory.ALIGNED_ALLOC,
        Memory.MADVISE,
    ):
        function = getattr(process, word.name.lower())
        table[word] = ctypes.cast(function, ctypes.c_void_p).value or 0
    table[Memory.MOST] = MOST
    addresses = [code.address(n) for n in ("allocate", "clear", "resize", "release")]
    made = _Handler(NAME, 1, _Allocator(table.ctypes.data, *addresses))
    new = ctypes.pythonapi.PyCapsule_New
    new.argtypes, new.restype = (
        (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        ctypes.py_object,
    )
    capsule: object = new(ctypes.addressof(made), b"mem_handler", None)
    # Arrays may outlive every module.
    for kept in (code, table, made, capsule):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
    return capsule


def settles(size: int) -> bool:
    """Whether so many bytes are worth a place at the beginning of a line of the cache, if there is a handler.

    Smaller arrays are a line or two. Larger ones come to such a place as results, and are not copied for it.
    """
    return SMALL <= size < LARGE and handler() != 0


def settled(array: np.ndarray) -> np.ndarray:
    """The array, or a copy at the beginning of a line of the cache, where kernels read and write faster."""
    if not settles(array.nbytes) or not array.ctypes.data % ALIGNMENT:
        return array
    change = _change()
    before = change(ctypes.cast(handler(), ctypes.py_object).value)
    try:
        made = np.empty(array.shape, array.dtype)
    finally:
        change(before)
    made[...] = array
    return made


def _change() -> Callable[[object], object]:
    """NumPy's ``PyDataMem_SetHandler``: takes a handler, and gives the one before."""
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)
    return prototype(structs.word(structs.array_api() + 8 * structs.SET_HANDLER))


def _accepted(capsule: object) -> bool:
    """Whether NumPy takes the handler, and an array under it is read, written, resized and freed."""
    functions = import_module("numpy._core.multiarray")
    change = _change()
    before = change(capsule)
    try:
        array = np.ones(1000)
        known = functions.get_handler_name(array) == NAME.decode()
    finally:
        change(before)
    array.resize(2000)
    return known and float(array.sum()) == 1000 and functions.get_handler_name() != NAME.decode()
