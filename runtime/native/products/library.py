"""The BLAS that scipy carries: its routines, and the number of threads that it uses.

scipy exports the addresses of its BLAS for Cython (``scipy.linalg.cython_blas``). Generated code takes them from a
table, so that compiled objects hold none.

The threads of a product are ours: each calls BLAS for rows of its own, and BLAS has one thread meanwhile. That number
is the whole process's, so generated code puts it back when the last of the calls that are under way is done. A BLAS
whose number of threads cannot be set is not used.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import cast

__all__ = ["Blas", "Table", "installed", "library", "table_address"]

_MODULE = "scipy.linalg.cython_blas"
_ARGUMENTS = (
    "void (char *, char *, int *, int *, int *, T *, T *, int *, T *, int *, T *, T *, int *)"
)
"""What a routine takes, as Cython writes it; T is its own name for the type of elements."""
_NAMES = [f"{p}openblas_%s_num_threads{s}" for p in ("scipy_", "") for s in ("", "64_")]
"""OpenBLAS's functions, as various builds call them."""


class Table(IntEnum):
    """Words of the table that generated code reads."""

    SINGLE = 0
    DOUBLE = 1
    GET_THREADS = 2
    SET_THREADS = 3
    LOCK = 4
    """Whoever holds it may read and write the words behind it."""
    CALLS = 5
    """How many calls are under way."""
    BEFORE = 6
    """How many threads BLAS had before the first of them."""


@dataclass(frozen=True, slots=True)
class Blas:
    """Addresses of functions in this process.

    Attributes:
        single, double: ``sgemm`` and ``dgemm``, with Fortran's arguments.
        get_threads, set_threads: ``int f(void)`` and ``void f(int)``.
    """

    single: int
    double: int
    get_threads: int
    set_threads: int


def installed() -> str:
    """What tells one installed scipy from another; empty where there is none. Nothing is imported."""
    spec = find_spec("scipy")
    if spec is None or spec.origin is None:
        return ""
    return f"{spec.origin} {os.stat(spec.origin).st_mtime_ns}"


@cache
def library() -> Blas:
    """The library of this process; it is loaded when it is first asked for.

    Raises:
        ImportError: there is no scipy, its routines take other arguments, or its number of threads cannot be set.
    """
    module = _load()
    routines = [_routine(module, name) for name in ("sgemm", "dgemm")]
    # Symbols of the libraries that a module needs are found through the module.
    needed = ctypes.CDLL(module.__file__)
    for name in _NAMES:
        try:
            found = [getattr(needed, name % what) for what in ("get", "set")]
        except AttributeError:
            continue
        control = [cast(int, ctypes.cast(f, ctypes.c_void_p).value) for f in found]
        return Blas(*routines, *control)
    raise ImportError("scipy's BLAS has threads of its own, which cannot be limited")


def _load() -> ModuleType:
    """The module alone: what ``scipy.linalg`` is besides takes six times as long to import."""
    if _MODULE in sys.modules:
        return sys.modules[_MODULE]
    import scipy

    spec = PathFinder.find_spec(_MODULE, [os.path.join(p, "linalg") for p in scipy.__path__])
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no {_MODULE}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _routine(module: ModuleType, name: str) -> int:
    try:
        capsule = module.__pyx_capi__[name]
    except (AttributeError, KeyError):
        raise ImportError(f"{_MODULE} exports no {name}") from None
    api = ctypes.pythonapi
    signature: bytes = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(
        ("PyCapsule_GetName", api)
    )(capsule)
    if re.sub(r"__pyx_t_\w+", "T", signature.decode()) != _ARGUMENTS:
        raise ImportError(f"{name} of {_MODULE} takes other arguments: {signature.decode()}")
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", api)
    )
    return cast(int, pointer(capsule, signature))


@cache
def table_address() -> int:
    """Where the table (`Table`) is. There is one, for ever: threads may be in code that reads it.

    Raises:
        ImportError: as for `library`.
    """
    found = library()
    words = (ctypes.c_int64 * len(Table))()
    words[: Table.LOCK] = [found.single, found.double, found.get_threads, found.set_threads]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(words))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _forked(words))
    return ctypes.addressof(words)


def _forked(words: ctypes.Array[ctypes.c_int64]) -> None:
    """In a forked process nobody is at work: threads that were in a call are gone."""
    if words[Table.CALLS]:
        ctypes.CFUNCTYPE(None, ctypes.c_int)(words[Table.SET_THREADS])(words[Table.BEFORE])
    words[Table.LOCK :] = [0] * (len(Table) - Table.LOCK)
