"""Where instructions stand in the user's source, and that source as syntax.

Columns count UTF-8 bytes, as both Python's compiler and `ast` do: spans of instructions and of syntax compare.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Hashable
from types import CodeType
from typing import NamedTuple

__all__ = ["Position", "Span", "place_at", "position_at", "span_at", "span_of", "tree_of"]

Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, one past the last column: as much of it as Python kept."""

_KEPT = 512
"""Tables, and trees, beyond which all are let go of."""
_positions: dict[int, tuple[CodeType, tuple[Position, ...]]] = {}
"""By identity: code objects that are equal may stand in different files. The code is kept, so that no other one comes
by its identity."""
_trees: dict[str, tuple[list[str], ast.Module | None]] = {}


class Span(NamedTuple):
    """From where to where an instruction, an expression or a statement goes; lines count from 1, columns from 0."""

    line: int
    column: int
    last: int
    end: int

    def holds(self, other: Span) -> bool:
        return self[:2] <= other[:2] and other[2:] <= self[2:]


def position_at(code: CodeType, lasti: int) -> Position | None:
    """What Python kept about where an instruction stands; None where the code has no such instruction."""
    known = _positions.get(id(code))
    if known is None:
        if len(_positions) >= _KEPT:
            _positions.clear()
        known = _positions[id(code)] = code, tuple(code.co_positions())
    table, at = known[1], lasti // 2
    return table[at] if 0 <= at < len(table) else None


def span_at(code: CodeType, lasti: int) -> Span | None:
    """Where an instruction stands; None where Python kept no columns."""
    line, last, column, end = position_at(code, lasti) or (None,) * 4
    if line is None or last is None or column is None or end is None:
        return None
    return Span(line, column, last, end)


def place_at(code: CodeType, lasti: int) -> Hashable:
    """What tells an instruction from those of other places in the source.

    One place may have several instructions: Python compiles the test of a ``while`` twice, and the interpreter runs a
    call as one instruction or as two, as it thinks best, and not the same way every time.
    """
    return code, code.co_filename, span_at(code, lasti) or lasti


def span_of(node: ast.AST) -> Span:
    """Where an expression or a statement stands."""
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def tree_of(file: str) -> ast.Module | None:
    """The syntax of a file, one object while its lines are the same; None where there are none, or not Python's."""
    lines = linecache.getlines(file)
    known = _trees.get(file)
    if known is None or (known[0] is not lines and known[0] != lines):
        if len(_trees) >= _KEPT:
            _trees.clear()
        known = _trees[file] = lines, _parsed(lines)
    return known[1]


def _parsed(lines: list[str]) -> ast.Module | None:
    try:
        return ast.parse("".join(lines)) if lines else None
    except (SyntaxError, ValueError):
        return None
