"""How CPython and NumPy lay out their objects, as generated code reads them.

Nothing here is believed unseen: `verified` looks at objects of this process, and the entries are made in Python instead
(`entry_portable`) where one is not as it is said here.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import sysconfig
from functools import cache
from importlib import import_module

import numpy as np

TYPE = 8
"""The type in every object's head."""
TUPLE_ITEMS = tuple.__basicsize__
ARRAY_DATA, ARRAY_RANK, ARRAY_SHAPE, ARRAY_DTYPE, ARRAY_FLAGS = 16, 24, 32, 56, 64
DTYPE_ORDER = 26
"""The byte order of a dtype: one character."""

C_CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400

ARRAY_TYPE, NEW_FROM_DESCR, SET_HANDLER = 2, 94, 304
"""Where NumPy's table has the type of arrays, and the functions that make one and that say whose memory it gets."""

_ABI = 0x02000000


@cache
def array_api() -> int:
    """The address of NumPy's table of functions, or 0 where it cannot be had."""
    try:
        capsule = import_module("numpy._core._multiarray_umath")._ARRAY_API
    except (ImportError, AttributeError):
        return 0
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.argtypes, pointer.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.c_void_p
    return int(pointer(capsule, None) or 0)


def word(address: int) -> int:
    """The 8 bytes at an address."""
    return ctypes.c_uint64.from_address(address).value


@cache
def verified() -> str:
    """Why objects are not laid out as generated code expects; empty where they are."""
    if sys.implementation.name != "cpython":
        return f"this is {sys.implementation.name}, not CPython"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this CPython has no global lock"
    if struct.calcsize("P") != 8 or sys.byteorder != "little":
        return "pointers are not of 8 bytes in little-endian order"
    if hasattr(sys, "getobjects"):
        return "this CPython traces references"
    table = array_api()
    if not table or word(table + 8 * ARRAY_TYPE) != id(np.ndarray):
        return "NumPy's table of functions is not where it was"
    if ctypes.CFUNCTYPE(ctypes.c_uint)(word(table))() != _ABI:
        return "NumPy's binary interface is another one"
    return _looked_at()


def _looked_at() -> str:
    """The same, of objects."""
    items: tuple[object, ...] = ("a", [])
    if [word(id(items) + TUPLE_ITEMS + 8 * i) for i in range(2)] != [id(i) for i in items]:
        return "tuples hold their items elsewhere"
    for array in (
        np.zeros((3, 5), np.float32),
        np.zeros((2, 4, 6), ">i4")[:, ::2, 1:],
        np.ones(()),
    ):
        at = id(array)
        shape = word(at + ARRAY_SHAPE)
        order = {"=": b"=", ">": b">", "<": b"=", "|": b"|"}[array.dtype.byteorder]
        if (
            word(at + TYPE) != id(np.ndarray)
            or word(at + ARRAY_DATA) != array.ctypes.data
            or word(at + ARRAY_RANK) & 0xFFFFFFFF != array.ndim
            or tuple(word(shape + 8 * i) for i in range(array.ndim)) != array.shape
            or word(at + ARRAY_DTYPE) != id(array.dtype)
            or ctypes.string_at(id(array.dtype) + DTYPE_ORDER, 1) != order
            or word(id(array.dtype) + TYPE) != id(type(array.dtype))
            or word(at + ARRAY_FLAGS) & 0xFFFFFFFF != array.flags.num
        ):
            return "arrays are laid out in another way"
    return ""
