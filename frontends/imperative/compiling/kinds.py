"""In which ways objects can change while nobody looks."""

from __future__ import annotations

import array
import enum
import functools
import io
import logging
import random
import sys
import types
from collections import deque
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..tensor import Tensor
from .reading import trusted
from .showing import is_plain
from .standing import stands
from .traced import is_traced

__all__ = ["Kind", "kind_of"]


class Kind(enum.Enum):
    """In which way an object can change."""

    PLAIN = "plain"
    TENSOR = "tensor"
    FIXED = "fixed"
    """It does not change, or nothing that it holds is read from it: identity says all."""
    ARRAY = "array"
    SEQUENCE = "sequence"
    MAPPING = "mapping"
    SET = "set"
    FUNCTION = "function"
    METHOD = "method"
    PARTIAL = "partial"
    WRAPPER = "wrapper"
    """A function of bifront's, or of Python's, around one of the user's."""
    MODULE = "module"
    CLASS = "class"
    STREAM = "stream"
    """A generator of random numbers: drawing from it changes it."""
    BYTES = "bytes"
    INSTANCE = "instance"
    CLOSED = "closed"
    """Nobody can see whether it changed."""


_FIXED = (
    types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType, types.MethodDescriptorType,
    types.ClassMethodDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType, types.CodeType, property,
    classmethod, staticmethod, np.ufunc, logging.Logger, logging.LoggerAdapter, types.GenericAlias, types.UnionType,
)  # fmt: skip
_UNCHANGING = frozenset(
    {
        "re", "_thread", "threading", "typing", "datetime", "decimal", "_decimal", "operator", "functools", "weakref",
        "pathlib", "fractions", "zoneinfo", "uuid", "contextvars",
    }
)  # fmt: skip
"""Libraries whose objects are values, or hold nothing that a program computes with."""
_OURS = __name__.rpartition(".")[0]
_STREAMS = (random.Random, np.random.Generator, np.random.RandomState)


def kind_of(x: Any) -> Kind:
    """In which way an object can change."""
    if is_traced(x) or (is_plain(x) and not isinstance(x, type)):
        return Kind.PLAIN
    if isinstance(x, Tensor) or stands(x):
        return Kind.TENSOR
    for kind, types_ in _KINDS:
        if isinstance(x, types_):
            return kind
    if isinstance(x, type):
        return Kind.FIXED if _is_fixed_class(x) else Kind.CLASS
    if _is_fixed(x):
        return Kind.WRAPPER if hasattr(x, "__wrapped__") else Kind.FIXED
    if isinstance(x, ModuleType):
        return Kind.FIXED if _is_fixed_module(x) else Kind.MODULE
    if isinstance(x, io.IOBase) or hasattr(type(x), "__next__"):
        return Kind.CLOSED
    return Kind.INSTANCE if _has_attributes(x) else Kind.CLOSED


_KINDS: tuple[tuple[Kind, Any], ...] = (
    (Kind.ARRAY, np.ndarray),
    (Kind.SEQUENCE, (list, tuple, deque)),
    (Kind.MAPPING, (dict, types.MappingProxyType)),
    (Kind.SET, (set, frozenset)),
    (Kind.FUNCTION, FunctionType),
    (Kind.METHOD, types.MethodType),
    (Kind.PARTIAL, functools.partial),
    (Kind.STREAM, _STREAMS),
    (Kind.BYTES, (bytearray, array.array)),
    (Kind.FIXED, _FIXED),
)


def _is_fixed(x: object) -> bool:
    module = type(x).__module__
    return module.partition(".")[0] in _UNCHANGING or module.startswith(_OURS)


def _has_attributes(x: object) -> bool:
    return hasattr(x, "__dict__") or any("__slots__" in vars(c) for c in type(x).__mro__)


def _is_fixed_class(x: type) -> bool:
    module = x.__module__
    return module == "builtins" or _is_fixed_name(module)


def _is_fixed_module(x: ModuleType) -> bool:
    file = getattr(x, "__file__", None)
    return x.__name__ in sys.builtin_module_names if file is None else trusted(file)


@functools.lru_cache(maxsize=1024)
def _is_fixed_name(module: str) -> bool:
    found = sys.modules.get(module)
    return found is not None and _is_fixed_module(found)
