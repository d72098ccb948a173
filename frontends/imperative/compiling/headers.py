"""Whether an instruction stands in the header of a loop, where a size only says how often the loop runs."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType

__all__ = ["in_header"]

Span = tuple[int, int, int, int]

_COUNTING = {"range", "len", "enumerate", "zip", "reversed", "iter"}
"""Functions through which a size may go on its way into the header."""


def in_header(code: CodeType, lasti: int, counted: bool = False) -> bool:
    """Whether the instruction computes what a ``for`` statement or a comprehension iterates over.

    Between the header and the instruction stand arithmetic and calls of `range`, `len`, `enumerate`, `zip` and
    `reversed` alone. False where there is no source.

    Args:
        counted: whether the instruction itself has to be a call of one of these.
    """
    span = _span(code, lasti)
    if span is None:
        return False
    places, calls = _headers("".join(linecache.getlines(code.co_filename)))
    return span in (calls if counted else places)


def _span(code: CodeType, lasti: int) -> Span | None:
    for index, (line, last, column, end) in enumerate(code.co_positions()):
        if index == lasti // 2:
            if line is None or last is None or column is None or end is None:
                return None
            return line, last, column, end
    return None


@lru_cache(64)
def _headers(source: str) -> tuple[frozenset[Span], frozenset[Span]]:
    """Where headers and their parts stand, and those that are calls which count."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset(), frozenset()
    places: set[Span] = set()
    calls: set[Span] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.comprehension)):
            stack: list[ast.expr] = [node.iter]
            while stack:
                part = stack.pop()
                if isinstance(part, ast.BinOp):
                    stack += [part.left, part.right]
                    continue
                places.add(_place(part))
                if isinstance(part, ast.Call) and _counts(part.func):
                    calls.add(_place(part))
                    stack += part.args
    return frozenset(places), frozenset(calls)


def _counts(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in _COUNTING


def _place(node: ast.expr) -> Span:
    return node.lineno, node.end_lineno or node.lineno, node.col_offset, node.end_col_offset or 0
