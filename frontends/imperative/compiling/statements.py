"""Which statement of the user's an instruction belongs to, where that statement does nothing but call a function."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from weakref import WeakKeyDictionary

__all__ = ["Statement", "span_of", "statement_at"]


@dataclass(frozen=True, eq=False)
class Statement:
    """A line such as ``print(loss)``: the call of a function whose result nobody takes.

    Attributes:
        call: its syntax tree, with line and column numbers.
        file: where it stands.
    """

    call: ast.Call
    file: str


Span = tuple[int, int, int, int]

_KNOWN: WeakKeyDictionary[CodeType, dict[int, Statement | None]] = WeakKeyDictionary()


def statement_at(code: CodeType, lasti: int) -> Statement | None:
    """The statement around an instruction; None where it does more than to call, or its source is not to be had."""
    known = _KNOWN.setdefault(code, {})
    if lasti not in known:
        known[lasti] = _find(code, lasti)
    return known[lasti]


def _find(code: CodeType, lasti: int) -> Statement | None:
    span = span_of(code, lasti)
    if span is None:
        return None
    lines = tuple(linecache.getlines(code.co_filename))
    found = None
    for call in _calls(lines):
        # Spans nest only as a lambda's does in the statement that makes it, and no statement stands in a lambda.
        if _position(call) <= span[:2] and span[2:] <= _end(call):
            found = call
    if found is None or not _known_names(found, code):
        return None
    return Statement(found, code.co_filename)


def span_of(code: CodeType, lasti: int) -> Span | None:
    """First line and column, last line and column of an instruction."""
    for index, (line, last, column, end) in enumerate(code.co_positions()):
        if index == lasti // 2:
            if line is None or last is None or column is None or end is None:
                return None
            return line, column, last, end
    return None


@lru_cache(maxsize=64)
def _calls(lines: tuple[str, ...]) -> tuple[ast.Call, ...]:
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def _known_names(call: ast.Call, code: CodeType) -> bool:
    """Whether the code knows the statement's names: a file edited since its import tells of other code."""
    own = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars}
    return all(name in own for name in _free_names(call))


def _free_names(call: ast.Call) -> Iterator[str]:
    bound = {
        node.id
        for node in ast.walk(call)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    inner = {
        id(name)
        for node in ast.walk(call)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda))
        for name in ast.walk(node)
    }
    for node in ast.walk(call):
        if isinstance(node, ast.Name) and node.id not in bound and id(node) not in inner:
            yield node.id
