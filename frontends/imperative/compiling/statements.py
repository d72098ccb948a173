"""Which statement of the user's an instruction belongs to, where that statement does nothing but call a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from ....compiler.source import Span, span_at, span_of, tree_of

__all__ = ["Statement", "statement_at"]


@dataclass(frozen=True, eq=False)
class Statement:
    """A line such as ``print(loss)``: the call of a function whose result nobody takes.

    Attributes:
        call: its syntax tree, with line and column numbers.
        file: where it stands.
    """

    call: ast.Call
    file: str


def statement_at(code: CodeType, lasti: int) -> Statement | None:
    """The statement around an instruction; None where it does more than to call, or its source is not to be had."""
    tree, span = tree_of(code.co_filename), span_at(code, lasti)
    if tree is None or span is None:
        return None
    found = _around(tree, code.co_filename, span)
    return found if found is not None and _known_names(found.call, code) else None


@lru_cache(maxsize=1024)
def _around(tree: ast.Module, file: str, span: Span) -> Statement | None:
    # Spans nest only as a lambda's does in the statement that makes it, and no statement stands in a lambda.
    holding = [s for s in _statements(tree, file) if span_of(s.call).holds(span)]
    return holding[-1] if holding else None


@lru_cache(maxsize=64)
def _statements(tree: ast.Module, file: str) -> tuple[Statement, ...]:
    return tuple(
        Statement(node.value, file)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


@lru_cache(maxsize=1024)
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
