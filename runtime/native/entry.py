"""The call from Python into a kernel, in well under a microsecond.

`make_entry` gives a built-in function of Python whose C code was generated once for all kernels (`entry_code`). Where
objects are laid out in another way than that code expects, an entry in Python does the same (`entry_portable`).
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache

import numpy as np

from . import structs
from .description import RUNTIME_WORDS, Arrays, Description
from .engine import Loaded, load
from .entry_layout import ALIGNMENT, NAME, Api, Block, Flag
from .entry_portable import make_portable_entry
from .machine import machine
from .memory import handler, set_handler, settles
from .memory_layout import LARGE


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_METH_FASTCALL = 0x80


def make_entry(description: Description) -> Callable[..., Arrays]:
    """A function of arrays that runs a kernel and gives its results.

    Each call checks the number of arguments, and of each argument that it is exactly an `np.ndarray` (no subclass),
    its dtype, byte order, rank and sizes, and that it is contiguous, aligned and, where it is written to, writeable,
    apart from the others and where `memory.settled` would leave it. It may be called by several threads at once.
    """
    function = _function()
    if function is None:
        return make_portable_entry(description)
    block = _block(description)
    # The function sees the tuple as its self; the tuple keeps everything alive that the block points to.
    owner = (block, _Arena(block), description)
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.argtypes, new.restype = (
        (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p),
        ctypes.py_object,
    )
    made: Callable[..., Arrays] = new(ctypes.addressof(function[1]), owner, None)
    return made


@cache
def _function() -> tuple[Loaded, _MethodDef] | None:
    """The native function and how Python knows it; None where it cannot be used. Both live as long as the process."""
    if structs.verified() or not _addresses():
        return None
    try:
        code = load(*CODE)
    except (ImportError, OSError):
        return None
    method = _MethodDef(b"run", code.address(NAME), _METH_FASTCALL, b"Run the graph.")
    return code, method


def _text() -> str:
    from .entry_code import text

    return text(machine().attributes)


CODE = (_text, f"entry {structs.TUPLE_ITEMS}")
"""What is loaded: the function that writes it, and its key."""


@cache
def _addresses() -> tuple[int, ...]:
    """The table of addresses that the function calls through; empty where one is missing."""
    python = ctypes.pythonapi
    try:
        process = ctypes.CDLL(None)
        functions = {
            Api.TUPLE_NEW: python.PyTuple_New,
            Api.INCREF: python.Py_IncRef,
            Api.DECREF: python.Py_DecRef,
            Api.VECTORCALL: python.PyObject_Vectorcall,
            Api.INTEGER: python.PyLong_FromLongLong,
            Api.SAVE_THREAD: python.PyEval_SaveThread,
            Api.RESTORE_THREAD: python.PyEval_RestoreThread,
            Api.NO_MEMORY: python.PyErr_NoMemory,
            Api.ALLOCATE: process.aligned_alloc,
            Api.FREE: process.free,
        }
    except (AttributeError, TypeError):
        return ()
    words = {name: ctypes.cast(f, ctypes.c_void_p).value or 0 for name, f in functions.items()}
    words[Api.ARRAY_TYPE] = id(np.ndarray)
    words[Api.NEW_ARRAY] = structs.word(structs.array_api() + 8 * structs.NEW_FROM_DESCR)
    return tuple(words.get(name, 0) for name in Api)


@cache
def _api_table() -> np.ndarray:
    return np.array(_addresses(), np.uint64)


class _Arena:
    """Frees the arena of a block with it."""

    __slots__ = ("_block", "_free")

    def __init__(self, block: np.ndarray) -> None:
        self._block = block
        self._free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_addresses()[Api.FREE])

    def __del__(self) -> None:
        ready, self._block[Block.ARENA] = int(self._block[Block.ARENA]), 0
        if ready:
            self._free(ready)


def _block(description: Description) -> np.ndarray:
    """The block and the tables behind it, in one array of words."""
    head = len(Block)
    words: list[int] = [0] * head
    start: dict[Block, int] = {}

    def table(block: Block, values: list[int]) -> None:
        start[block] = len(words)
        words.extend(values)

    table(Block.RUNTIME, [*description.runtime, *[0] * (RUNTIME_WORDS - len(description.runtime))])
    table(Block.PARAMETERS, _parameters(description))
    table(Block.RESULTS, _results(description))
    table(Block.CONSTANTS, [array.ctypes.data for array in description.constants])
    table(Block.SIZES, list(description.sizes))
    written = any(p.written for p in description.parameters)
    large = _has_large(description) and _uses_handler()
    flags = (
        (Flag.RELEASE if description.release else 0)
        | (Flag.ALIASING if written else 0)
        | (Flag.LARGE if large else 0)
    )
    words[Block.API] = _api_table().ctypes.data
    words[Block.KERNEL] = description.kernel
    words[Block.PARAMETER_COUNT] = len(description.parameters)
    words[Block.RESULT_COUNT] = len(description.results)
    words[Block.ARENA_BYTES] = -(-description.arena_bytes // ALIGNMENT) * ALIGNMENT
    words[Block.FLAGS] = flags
    words[Block.MISS] = id(description.miss)
    words[Block.FAIL] = id(description.fail)
    block = np.array([w - (1 << 64) if w >> 63 == 1 else w for w in words], np.int64)
    for name, at in start.items():
        block[name] = block.ctypes.data + 8 * at
    return block


def _has_large(description: Description) -> bool:
    return any(
        r.parameter is None and math.prod(r.shape) * r.dtype.itemsize >= LARGE
        for r in description.results
    )


@cache
def _uses_handler() -> bool:
    """Whether there is a memory handler; the table knows it from the first large result on."""
    table = _api_table()
    table[Api.SET_HANDLER], table[Api.HANDLER] = set_handler(), handler()
    return handler() != 0


def _parameters(description: Description) -> list[int]:
    words: list[int] = []
    for parameter in description.parameters:
        dtype = parameter.dtype
        needed = structs.C_CONTIGUOUS | structs.ALIGNED
        if parameter.written:
            needed |= structs.WRITEABLE
        order = ctypes.string_at(id(dtype) + structs.DTYPE_ORDER, 1)[0]
        size = math.prod(parameter.shape) * dtype.itemsize
        words += [
            id(dtype),
            id(type(dtype)),
            order,
            needed,
            len(parameter.shape),
            size,
            ALIGNMENT - 1 if parameter.written and settles(size) else 0,
            *parameter.shape,
        ]
    return words


def _results(description: Description) -> list[int]:
    words: list[int] = []
    for result in description.results:
        source = -1 if result.parameter is None else result.parameter
        words += [source, id(result.dtype), len(result.shape), *result.shape]
    return words
