"""The syntax tree behind running code: functions, and the loops that instructions belong to."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import CodeType

from ..source import Span, span_at, span_of, tree_of

__all__ = ["Function", "Loop", "around", "function_of", "loop_at"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
Loop = ast.For | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp

_COUNTING = {"range", "len", "enumerate", "zip", "reversed", "iter"}
"""Functions through which a size may go on its way into the header of a loop."""


class _Source:
    """One file.

    Attributes:
        loops: for each place that belongs to a header the loop, and whether the place is a call that counts.
        functions: the functions by the line at which their code begins.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.loops: dict[Span, tuple[Loop, bool]] = {}
        self.functions: dict[int, list[Function]] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.For):
                self._header(node, node.iter)
            elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
                for part in node.generators:
                    self._header(node, part.iter)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                decorators = getattr(node, "decorator_list", [])
                first = min([node.lineno, *(d.lineno for d in decorators)])
                self.functions.setdefault(first, []).append(node)

    def _header(self, loop: Loop, header: ast.expr) -> None:
        # Which of the two an instruction of the loop itself is said to stand at, depends on the version of Python.
        self.loops.setdefault(span_of(loop), (loop, False))
        stack = [header]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.BinOp):
                stack += [part.left, part.right]
                continue
            counts = (
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Name)
                and part.func.id in _COUNTING
            )
            self.loops[span_of(part)] = loop, counts
            if counts:
                stack += part.args  # type: ignore[attr-defined]


_read = lru_cache(64)(_Source)


def _source(code: CodeType) -> _Source | None:
    tree = tree_of(code.co_filename)
    return _read(tree) if tree is not None else None


def loop_at(code: CodeType, lasti: int, counted: bool = False) -> Loop | None:
    """The ``for`` statement or comprehension that an instruction belongs to the header of.

    Between the header and the instruction stand arithmetic and calls of `range`, `len`, `enumerate`, `zip` and
    `reversed` alone. None where the instruction stands elsewhere, or where there is no source.

    Args:
        counted: whether the instruction itself has to be a call of one of these.
    """
    source, span = _source(code), span_at(code, lasti)
    if source is None or span is None:
        return None
    loop, counts = source.loops.get(span, (None, False))
    return loop if counts or not counted else None


def function_of(code: CodeType) -> Function | None:
    """The function whose code this is; None where there is no source, or more than one may be meant."""
    source = _source(code)
    if source is None:
        return None
    if code.co_name == "<module>":
        return source.tree
    if code.co_name in ("<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"):
        return None
    found = [
        f
        for f in source.functions.get(code.co_firstlineno, ())
        if getattr(f, "name", "<lambda>") == code.co_name
    ]
    return found[0] if len(found) == 1 else None


def around(code: CodeType, node: ast.AST) -> list[ast.AST]:
    """What the node stands in, from the inside out, up to the function."""
    source = _source(code)
    found: list[ast.AST] = []
    while source is not None and node in source.parents:
        node = source.parents[node]
        found.append(node)
        if isinstance(node, Function):
            break
    return found
