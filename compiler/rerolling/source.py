"""The user's program as syntax: which expressions made nodes, and what stands around an expression."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..location import Location

__all__ = ["Source", "Span", "calls_itself", "span_of"]


class Span(NamedTuple):
    """From where to where an expression goes; columns count bytes, as both Python's compiler and `ast` do."""

    line: int
    column: int
    last: int
    end: int

    def holds(self, other: Span) -> bool:
        return self[:2] <= other[:2] and other[2:] <= self[2:]


def span_of(node: ast.AST) -> Span:
    """Where a statement or an expression stands."""
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


class Source:
    """What the lines of some files say, and which of their expressions made nodes.

    Attributes:
        made: for each file the spans of expressions that made nodes.
    """

    def __init__(self, locations: Iterable[Location]) -> None:
        self.made: dict[str, set[Span]] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self._tables: dict[int, list[Span | None]] = {}
        for location in locations:
            span = self.span(location)
            if span is not None:
                self.made.setdefault(location.file, set()).add(span)

    def span(self, location: Location | None) -> Span | None:
        """The span of the instruction at a location, where Python kept it."""
        instruction = location.instruction if location is not None else None
        if instruction is None:
            return None
        code, offset = instruction
        table = self._tables.get(id(code))
        if table is None:
            table = self._tables[id(code)] = [_span(*p) for p in code.co_positions()]
        return table[offset // 2] if 0 <= offset // 2 < len(table) else None

    def tree(self, file: str) -> ast.Module | None:
        """The syntax of a file; None where its lines are not to be had."""
        if file not in self._trees:
            try:
                self._trees[file] = ast.parse("".join(linecache.getlines(file)))
            except (SyntaxError, ValueError):
                self._trees[file] = None
        return self._trees[file]

    def around(self, location: Location) -> list[ast.AST]:
        """What holds the expression at a location, from the file down to the expression itself."""
        tree, span = self.tree(location.file), self.span(location)
        if tree is None or span is None:
            return []
        chain: list[ast.AST] = [tree]
        while True:
            inner = next(_holding(chain[-1], span), None)
            if inner is None:
                return chain
            chain.append(inner)

    def functions(self, name: str) -> list[tuple[str, ast.FunctionDef]]:
        """The functions of a name that made nodes, with their files."""
        return [
            (file, node)
            for file, spans in self.made.items()
            for node in ast.walk(self.tree(file) or ast.Module([], []))
            if isinstance(node, ast.FunctionDef)
            and node.name == name
            and any(span_of(node).holds(s) for s in spans)
        ]


def calls_itself(function: ast.FunctionDef) -> bool:
    """Whether a function names itself."""
    return any(
        (isinstance(n, ast.Name) and n.id == function.name)
        or (isinstance(n, ast.Attribute) and n.attr == function.name)
        for n in ast.walk(function)
    )


def _span(line: int | None, last: int | None, column: int | None, end: int | None) -> Span | None:
    if line is None or last is None or column is None or end is None:
        return None
    return Span(line, column, last, end)


def _holding(node: ast.AST, span: Span) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            yield from _holding(child, span)
        elif span_of(child).holds(span):
            yield child
