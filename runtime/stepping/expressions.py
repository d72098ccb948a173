"""A small language over values: ``max(abs(v)) > 10``, ``v.shape[0] == 3``, ``%w - 0.1 * %3``.

Its syntax is Python's. An expression is read into a tree, and the tree is walked: what is not on the lists below has no
meaning here, so an expression can compute with arrays and do nothing else.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...compiler.errors import BifrontError

__all__ = ["Expression", "parse"]

Lookup = Callable[[str], np.ndarray]

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs,
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "exp": np.exp,
    "finite": lambda v: bool(np.isfinite(v).all()),
    "inf": lambda v: bool(np.isinf(v).any()),
    "len": len,
    "log": np.log,
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "nan": lambda v: bool(np.isnan(v).any()),
    "norm": lambda v: np.sqrt(np.sum(np.square(v))),
    "sqrt": np.sqrt,
    "std": np.std,
    "sum": np.sum,
}
"""Of one argument each."""
_ATTRIBUTES = ("T", "dtype", "ndim", "shape", "size")
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide,
    ast.MatMult: np.matmul,
    ast.Mod: np.mod,
    ast.Mult: np.multiply,
    ast.Pow: np.float_power,
    ast.Sub: np.subtract,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: lambda x: not _truth(x),
    ast.UAdd: lambda x: x,
    ast.USub: np.negative,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.NotEq: operator.ne,
}
_NUMBERS = {"True": True, "False": False}
_LONGEST = 1000
"""Characters of an expression."""

_NAMED = re.compile(r"%([\w.]+(?:/[A-Za-z_][\w.]*)*)")


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read.

    Attributes:
        text: as it was written.
        names: the values that it names, without the ``%``.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr
    _placed: Mapping[str, str]

    def value(self, lookup: Lookup) -> Any:
        """What it gives: an array, a number, a truth value, a shape.

        Args:
            lookup: gives the array of a name.

        Raises:
            BifrontError: a name is unknown, or the arrays do not fit.
        """
        try:
            with np.errstate(all="ignore"):
                return self._walk(self._tree, lookup)
        except BifrontError:
            raise
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise BifrontError(f"{self.text}: {error}") from None

    def holds(self, lookup: Lookup) -> bool:
        """Whether it is true; of an array, whether it is true of every element.

        Raises:
            BifrontError: as `value`.
        """
        return _truth(self.value(lookup))

    def _walk(self, node: ast.expr, lookup: Lookup) -> Any:
        def walk(node: ast.expr) -> Any:
            return self._walk(node, lookup)

        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            name = self._placed.get(node.id, node.id)
            return _NUMBERS[name] if name in _NUMBERS else lookup(name)
        if isinstance(node, ast.BoolOp):
            every = all if isinstance(node.op, ast.And) else any
            return every(_truth(walk(part)) for part in node.values)
        if isinstance(node, ast.UnaryOp):
            return _UNARY[type(node.op)](walk(node.operand))
        if isinstance(node, ast.BinOp):
            return _BINARY[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.Compare):
            sides = [walk(side) for side in (node.left, *node.comparators)]
            pairs = zip(node.ops, sides, sides[1:], strict=False)
            told = [_COMPARE[type(op)](a, b) for op, a, b in pairs]
            return told[0] if len(told) == 1 else all(map(_truth, told))
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return _FUNCTIONS[node.func.id](walk(node.args[0]))
        if isinstance(node, ast.Attribute):
            return getattr(np.asarray(walk(node.value)), node.attr)
        if isinstance(node, ast.Subscript):
            return walk(node.value)[walk(node.slice)]
        if isinstance(node, ast.Slice):
            return slice(*[p and walk(p) for p in (node.lower, node.upper, node.step)])
        assert isinstance(node, (ast.Tuple, ast.List))
        parts = [walk(part) for part in node.elts]
        return tuple(parts) if isinstance(node, ast.Tuple) else np.asarray(parts)


def parse(text: str) -> Expression:
    """Read an expression.

    Values are named as in the text IR, with the ``%`` or, where the name is one of Python's, without.

    Raises:
        BifrontError: it is no expression, or uses something that has no meaning here.
    """
    if len(text) > _LONGEST:
        raise BifrontError(f"an expression may have {_LONGEST} characters")
    placed: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        key = f"_value{len(placed)}"
        placed[key] = found.group(1)
        return key

    plain = _NAMED.sub(place, text)
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
        names = frozenset(placed.get(n, n) for n in _names(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = error.args[0] if isinstance(error, SyntaxError) else "it cannot be read"
        raise BifrontError(
            f"{text!r} is no expression: {said}",
            hint="write, for instance, max(abs(v)) > 10, or v.shape[0] == 3, or nan(v)",
        ) from None
    return Expression(text, names - set(_NUMBERS), tree, placed)


def _names(tree: ast.expr) -> set[str]:
    """The names in a tree.

    Raises:
        BifrontError: something in it has no meaning here.
    """
    found: set[str] = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Call):
            _require(
                isinstance(node.func, ast.Name)
                and node.func.id in _FUNCTIONS
                and len(node.args) == 1
                and not node.keywords,
                f"{ast.unparse(node)} calls none of {', '.join(_FUNCTIONS)}, each of one argument",
            )
            pending += node.args
            continue
        elif isinstance(node, ast.Attribute):
            known = node.attr in _ATTRIBUTES
            _require(known, f".{node.attr} is none of {', '.join(_ATTRIBUTES)}")
        elif isinstance(node, ast.Constant):
            number = isinstance(node.value, (int, float)) or node.value is None
            _require(number, f"{node.value!r} is no number")
        else:
            allowed = isinstance(
                node,
                (
                    ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Subscript, ast.Slice, ast.Tuple,
                    ast.List, ast.expr_context, ast.boolop,
                ),
            ) or type(node) in (*_BINARY, *_UNARY, *_COMPARE)  # fmt: skip
            _require(allowed, f"a {type(node).__name__.lower()} has no meaning here")
        pending += ast.iter_child_nodes(node)
    return found


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BifrontError(
            otherwise, hint="write, for instance, max(abs(v)) > 10, or v.shape[0] == 3, or nan(v)"
        )


def _truth(value: Any) -> bool:
    return bool(np.all(value))
