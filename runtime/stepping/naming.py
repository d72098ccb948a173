"""What people call values: as the text IR prints them, as states are called, and as their own source does."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...compiler.errors import BifrontError
from ...compiler.ir import Node, TensorType, Value
from ...compiler.ops.constant import CONSTANT
from .state import Frame, Program, State

__all__ = ["MADE", "called", "find", "lookup", "names_of"]

Span = tuple[int, int, int, int]
_Kind = tuple[str, TensorType]
MADE = "v"
"""The name of what the last step computed."""


def names_of(program: Program) -> Mapping[str, tuple[Value, ...]]:
    """The values that each name may mean in a graph, in the order in which they are computed.

    Names of the text IR come before those of states, and these before the variables that the source assigns to.
    """
    known = program.graph._cache.get("stepping names")
    if isinstance(known, dict):
        return known
    found: dict[str, tuple[Value, ...]] = {n[1:]: (v,) for v, n in program.names.items()}
    for state in program.graph.states:
        found.setdefault(state.slot, (state.input,))
    for name, values in _assigned(program).items():
        found.setdefault(name, tuple(values))
    program.graph._cache["stepping names"] = found
    return found


def called(program: Program, value: Value) -> str:
    """How the source calls a value, where it has a name for it; else an empty string."""
    text = program.names.get(value, "%")[1:]
    if not text.isdigit():
        return ""
    for name, values in names_of(program).items():
        if value in values and name != text:
            return name
    return ""


def find(state: State, name: str) -> tuple[Frame, Value]:
    """The value that a name means, and the frame that knows it: the innermost in which it is computed already.

    Raises:
        BifrontError: there is no such value, or it is not computed yet.
    """
    name = name.strip().removeprefix("%")
    if name == MADE and state.made:
        return state.inner, state.made[0]
    later: Value | None = None
    for frame in reversed(state.frames):
        for value in reversed(names_of(frame.program).get(name, ())):
            if value in frame.values:
                return frame, value
            later = later or value
    if later is not None:
        where = f" ({later.location})" if later.location is not None else ""
        raise BifrontError(
            f"{name} is not computed yet{where}", hint="step or continue until it is"
        )
    from difflib import get_close_matches

    known = [n for frame in state.frames for n in names_of(frame.program)]
    near = get_close_matches(name, known, 1)
    raise BifrontError(
        f"there is no value called {name} here",
        hint=f"{near[0]}?" if near else "`names` lists those that there are",
    )


def lookup(state: State, name: str) -> np.ndarray:
    """The array that a name means.

    Raises:
        BifrontError: as `find`.
    """
    frame, value = find(state, name)
    return frame.values[value]


# Variables of the source: `h = relu(x @ w)` calls the last value that the right-hand side computes h. The backward
# pass bears the lines of the forward pass, in the other direction: only what computes as the first does, operation by
# operation, is taken for another call of the line.


def _assigned(program: Program) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    first: dict[_Assignment, list[_Kind]] = {}
    for assignment, nodes in _runs(program):
        last = nodes[-1]
        if last.location is None or last.location.span != assignment.span:
            continue  # the run ends inside the expression
        kinds = [(node.op.name, node.outputs[0].type) for node in nodes]
        if all(name == CONSTANT.name for name, _ in kinds):
            continue  # the seed of a gradient bears the line that asked for the gradient
        one = _once(kinds)
        if first.setdefault(assignment, one) == one:
            ends = nodes[len(one) - 1 :: len(one)]
            found.setdefault(assignment.name, []).extend(node.outputs[0] for node in ends)
    return found


def _once(kinds: list[_Kind]) -> list[_Kind]:
    """What is done again and again, where a line of a loop was run several times without anything in between."""
    whole = len(kinds)
    for length in range(1, whole // 2 + 1):
        if whole % length == 0 and kinds == kinds[:length] * (whole // length):
            return kinds[:length]
    return kinds


def _runs(program: Program) -> Iterator[tuple[_Assignment, list[Node]]]:
    """Neighbouring nodes that the right-hand side of one assignment computes."""
    nodes: list[Node] = []
    last: _Assignment | None = None
    for node in program.order:
        where = node.location
        here = None if where is None else _around(where.file, where.span)
        if here != last and last is not None:
            yield last, nodes
        nodes = [*nodes, node] if here == last else [node]
        last = here
    if last is not None:
        yield last, nodes


@dataclass(frozen=True, slots=True)
class _Assignment:
    """A variable, and where the expression stands whose value it gets."""

    name: str
    span: Span


def _around(file: str, span: Span) -> _Assignment | None:
    """The assignment whose right-hand side an expression is a part of."""
    line, end_line, column, end = span
    for assignment in _assignments(file).get(line, ()):
        first, last, left, right = assignment.span
        if (first, left) <= (line, column) and (end_line, end) <= (last, right):
            return assignment
    return None


@lru_cache(maxsize=64)
def _assignments(file: str) -> Mapping[int, list[_Assignment]]:
    """The assignments to single variables in a file, by the lines that they cover."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[int, list[_Assignment]] = {}
    for node in ast.walk(tree):
        value: ast.AST | None = None
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign):
            target, value = node.target, node.value
        elif isinstance(node, ast.AugAssign):
            target, value = node.target, node  # `x += y` computes as a whole
        if not isinstance(value, (ast.expr, ast.AugAssign)) or not isinstance(target, ast.Name):
            continue
        end = value.end_lineno or value.lineno
        span = (value.lineno, end, value.col_offset + 1, (value.end_col_offset or 0) + 1)
        for line in range(value.lineno, end + 1):
            found.setdefault(line, []).append(_Assignment(target.id, span))
    return found
