"""What a statement that shows values may be made of, so that evaluating it once more does what it did.

A statement is taken apart into an expression and the values that it starts from: names, and what is reached from them
by attributes and constant indices. Values are taken over as they are if nothing can change them; tensors and traced
numbers become parameters.
"""

from __future__ import annotations

import ast
import copy
import inspect
import logging
import pprint
import sys
import warnings
from dataclasses import dataclass
from enum import Enum
from types import (
    BuiltinFunctionType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from ..device import device
from ..dtypes import dtype
from ..nn.containers import ModuleDict, ModuleList, Sequential
from ..nn.module import Module
from ..size import Size
from ..tensor import Tensor
from .standing import PURE, SHOWING, stands
from .traced import is_traced

__all__ = ["Tool", "Unshowable", "is_output", "is_plain", "taken_apart"]


class Unshowable(Exception):
    """A statement that cannot be evaluated once more, with the reason."""


@dataclass(frozen=True)
class Tool:
    """A function that a statement calls, in contrast to a value that it shows."""

    function: Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "fatal", "log"})
_STREAMS = ("stdout", "stderr")

_FUNCTIONS: frozenset[Any] = frozenset(
    {
        str, repr, format, float, int, bool, round, len, abs, min, max, sum, sorted, list, tuple, dict, set, frozenset,
        zip, enumerate, range, reversed, any, all, type, isinstance, divmod, pow, ord, chr, hex, bin, oct, ascii,
        complex, logging.getLogger, pprint.pformat,
    }
)  # fmt: skip
_MODULES = frozenset({"math", "cmath", "statistics", "operator", "_operator", "_statistics"})
_NUMPY = _words(
    "abs all any argmax argmin array array2string array_repr array_str around asarray ceil "
    "count_nonzero cumsum diff exp floor isfinite isinf isnan linspace log log10 log2 max "
    "maximum mean median min minimum percentile prod quantile round sign sqrt square std sum "
    "var float32 float64 int32 int64"
)
_METHODS = _words(
    "format join upper lower title capitalize strip lstrip rstrip ljust rjust center zfill "
    "replace split get items keys values count index copy is_integer hex item tolist numpy "
    "detach cpu clone size dim numel nelement mean sum max min prod std var norm median abs any "
    "all argmax argmin exp log sqrt square round floor ceil sign float double half int long "
    "bool to type flatten reshape view squeeze unsqueeze t transpose sort unique isnan isinf "
    "isfinite softmax sigmoid relu tanh eq ne lt le gt ge astype ravel"
)
_ATTRIBUTES = _words(
    "shape dtype device ndim data T mT requires_grad is_leaf real imag __name__ __class__ size "
    "itemsize nbytes"
)
_SYNTAX = (
    ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.BinOp,
    ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.keyword, ast.expr_context,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
_PLAIN = (
    str, bytes, bool, int, float, complex, type(None), type(...), range, slice, np.generic, np.dtype, Enum, dtype,
    device,
)  # fmt: skip
_OF_CONTAINERS = (list.__getitem__, tuple.__getitem__, dict.__getitem__)
_OF_MODULES = tuple(c.__getitem__ for c in (Sequential, ModuleList, ModuleDict))
_READ_AS_THEY_ARE = (
    FunctionType, BuiltinFunctionType, MethodType, MethodDescriptorType, MemberDescriptorType, GetSetDescriptorType,
    classmethod, staticmethod,
)  # fmt: skip


def is_output(function: object) -> bool:
    """Whether a function writes for people: ``print`` and its like."""
    if any(function is known for known in (print, warnings.warn, pprint.pprint, pprint.pp, *SHOWING)):  # fmt: skip
        return True
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    if isinstance(owner, (logging.Logger, logging.LoggerAdapter)):
        return name in _LEVELS
    if getattr(function, "__module__", "") == "logging":
        return name in _LEVELS
    if owner is not None and (owner is sys.stdout or owner is sys.stderr):
        return name in ("write", "flush")
    tqdm = getattr(sys.modules.get("tqdm"), "tqdm", None)
    return tqdm is not None and owner is tqdm and name == "write"


def taken_apart(call: ast.Call, frame: FrameType) -> tuple[ast.Call, list[str], list[Any]]:
    """The statement over parameters: the new call, the parameters' names, and their values in the frame.

    Raises:
        Unshowable: it may do more than to show values.
    """
    apart = _Apart(frame, call)
    made = apart.output(copy.deepcopy(call))
    return made, [f"value {i}" for i in range(len(apart.values))], apart.values


class _Apart(ast.NodeTransformer):
    def __init__(self, frame: FrameType, call: ast.Call) -> None:
        self.frame = frame
        self.locals = frame.f_locals
        self.values: list[Any] = []
        self.bound = {
            node.id
            for node in ast.walk(call)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for node in ast.walk(call):
            if not isinstance(node, _SYNTAX):
                raise Unshowable(f"it holds {_article(type(node).__name__.lower())}")

    def output(self, call: ast.Call) -> ast.Call:
        """The outermost call."""
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
            # logging.getLogger("name").info(...)
            maker = self._reach(function.value.func)
            if maker is not logging.getLogger or function.attr not in _LEVELS:
                raise Unshowable("it calls a function that is not known to show values only")
            function.value = self.visit(function.value)
        else:
            reached = self._reach(function)
            if not is_output(reached):
                raise Unshowable("it calls a function that is not known to show values only")
            if not self._stream(function):
                call.func = self._function(reached, function)
            if reached is warnings.warn and len(call.args) + len(call.keywords) > 2:
                raise Unshowable("where it warns of depends on who called")
        call.args = [self.visit(x) for x in call.args]
        for keyword in call.keywords:
            if keyword.arg == "file":
                if not self._stream(ast.Attribute(keyword.value, "write", ast.Load())):
                    raise Unshowable("it writes to a file")
            elif keyword.arg in ("exc_info", "stack_info", "stacklevel", "stream"):
                raise Unshowable(f"{keyword.arg} depends on who called")
            else:
                keyword.value = self.visit(keyword.value)
        return call

    def _stream(self, function: ast.expr) -> bool:
        """``sys.stdout.write``, in whose place the program may put another; makes ``sys`` a parameter."""
        if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Attribute):
            return False
        stream = function.value
        if stream.attr not in _STREAMS or self._reach(stream.value) is not sys:
            return False
        stream.value = self._function(sys, stream.value)
        return True

    # --- the parts ---

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Attribute) and not self._is_place(function.value):
            if function.attr not in _METHODS:
                raise Unshowable(f"it calls {function.attr}()")
            function.value = self.visit(function.value)
        elif isinstance(function, (ast.Name, ast.Attribute)):
            if isinstance(function, ast.Name) and function.id in self.bound:
                raise Unshowable(f"it calls {function.id}()")
            reached = self._reach(function)
            if not _is_pure(reached):
                name = getattr(reached, "__name__", type(reached).__name__)
                raise Unshowable(f"it calls {name}()")
            node.func = self._function(reached, function)
        else:
            raise Unshowable("it calls what it computed")
        node.args = [self.visit(x) for x in node.args]
        for keyword in node.keywords:
            if keyword.arg == "out":
                raise Unshowable("it writes into an array")
            keyword.value = self.visit(keyword.value)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return node if node.id in self.bound else self._place(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._place(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return self._place(node)

    def _place(self, node: ast.expr) -> ast.expr:
        """A name, with attributes and indices: as far as it leads to one value, that is a parameter."""
        if isinstance(node, ast.Name):
            if node.id in self.bound:
                return node
            return self._parameter(self._reach(node), node)
        assert isinstance(node, (ast.Attribute, ast.Subscript))
        inner = node.value
        if _root(node) is not None and _root(node) not in self.bound:
            held = self._followed(inner)
            if not _is_value(held) or _leads_on(held, node):
                try:
                    return self._parameter(self._reach(node), node)
                except Unshowable:
                    if not _is_value(held):
                        raise
        if isinstance(node, ast.Attribute) and node.attr not in _ATTRIBUTES:
            raise Unshowable(f"it reads .{node.attr}")
        node.value = self.visit(inner)
        if isinstance(node, ast.Subscript):
            node.slice = self.visit(node.slice)
        return node

    def _followed(self, node: ast.expr) -> object:
        """Where a place leads, up to the first tensor or number on the way."""
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            held = self._followed(node.value)
            if _is_value(held) and not _leads_on(held, node):
                return held
        return self._reach(node)

    def _is_place(self, node: ast.expr) -> bool:
        """Whether methods of this are functions of a module, not of a value."""
        root = _root(node)
        return root is not None and root not in self.bound and not _is_value(self._followed(node))

    def _function(self, function: object, node: ast.expr) -> ast.Name:
        """A function, or a module, that the statement uses."""
        return self._parameter(Tool(function), node)

    def _parameter(self, value: object, node: ast.expr) -> ast.Name:
        self.values.append(value)
        return ast.copy_location(ast.Name(f"value {len(self.values) - 1}", ast.Load()), node)

    def _reach(self, node: ast.expr) -> Any:
        """What a name, an attribute or an item is now; nothing of the user's runs."""
        if isinstance(node, ast.Name):
            for scope in (self.locals, self.frame.f_globals, self.frame.f_builtins):
                if node.id in scope:
                    return scope[node.id]
            raise Unshowable(f"{node.id} has no value")
        if isinstance(node, ast.Attribute):
            return peek(self._reach(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            holder = self._reach(node.value)
            index = _constant(node.slice)
            if index is None and isinstance(node.slice, ast.Name):
                index = self._reach(node.slice)
            found = getattr(type(holder), "__getitem__", None)
            ours = isinstance(holder, Module) and found in _OF_MODULES
            missing = isinstance(holder, dict) and index not in holder
            if (
                (ours or found in _OF_CONTAINERS)
                and type(index) in (int, str, bool)
                and not missing
            ):
                try:
                    return holder[index]
                except LookupError:
                    raise Unshowable("it asks for an item that is not there") from None
            raise Unshowable(f"it reads an item of {_article(type(holder).__name__)}")
        raise Unshowable("it computes what it reads from")


def is_plain(x: object) -> bool:
    """Whether nothing can change this value, and every part of it."""
    if isinstance(x, (tuple, frozenset)):
        return all(map(is_plain, x))
    return isinstance(x, (*_PLAIN, type))


def peek(holder: Any, name: str) -> Any:
    """An attribute that is there to be read; no property, no ``__getattr__`` of the user's.

    Raises:
        Unshowable: reading it may run code.
    """
    if isinstance(holder, ModuleType):
        if name in vars(holder):
            return vars(holder)[name]
    elif isinstance(holder, Tensor):
        if name == "grad" or name in _ATTRIBUTES:
            return getattr(holder, name)
    else:
        found = inspect.getattr_static(holder, name, None)
        if isinstance(found, _READ_AS_THEY_ARE):
            return getattr(holder, name)
        if found is not None and not hasattr(type(found), "__get__"):
            return found
        for kind in ("_parameters", "_modules", "_buffers"):
            owned = getattr(holder, "__dict__", {}).get(kind)
            if isinstance(owned, dict) and name in owned:
                return owned[name]
    raise Unshowable(
        f"reading .{name} of {_article(type(holder).__name__)} may do more than to read"
    )


def _leads_on(held: object, node: ast.expr) -> bool:
    """Whether an access to a tensor gives another tensor that the program holds, and nothing computed from it."""
    if isinstance(held, Tensor):
        return isinstance(node, ast.Attribute) and node.attr == "grad"
    return isinstance(held, (list, tuple, dict)) and isinstance(node, ast.Subscript)


def _is_value(x: object) -> bool:
    return (
        isinstance(x, (Tensor, np.ndarray, Size, *_PLAIN))
        or is_traced(x)
        or stands(x)
        or type(x) in (tuple, list, dict, set, frozenset)
    )


def _is_pure(function: object) -> bool:
    try:
        if function in _FUNCTIONS or function in PURE:
            return True
    except TypeError:
        return False
    module = getattr(function, "__module__", None)
    name = getattr(function, "__name__", "")
    if isinstance(function, np.ufunc):
        return True
    if isinstance(module, str) and module.split(".")[0] == "numpy":
        return name in _NUMPY
    return module in _MODULES


def _root(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _constant(node: ast.expr) -> int | str | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if isinstance(value, (int, str)) else None


def _article(name: str) -> str:
    return f"an {name}" if name[:1] in "aeiou" else f"a {name}"
