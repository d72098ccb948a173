"""``return float(loss)``: a number made plain only to be returned.

``float()`` and ``int()`` give numbers that remember nothing. Where the program's text shows that such a number goes
straight into what the function returns, it is known all the same where it came from: by its place in the result.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FrameType

from ....compiler.location import in_house
from ....compiler.source import Span, span_at, span_of, tree_of

__all__ = ["Place", "returned_at"]

Place = tuple[int | str, ...]
"""Indices and keys that lead to a part of a result."""

_CONVERSIONS = ("float", "int")


def returned_at(frame: FrameType, outside: str) -> Place | None:
    """The place in the result of what the frame converts now; None where it may go elsewhere, too.

    Args:
        outside: the folder of who called the function in question: only its own result counts.
    """
    place = _find(frame.f_code, frame.f_lasti)
    if place is None or any(name in frame.f_globals for name in _CONVERSIONS):
        return None
    if any(frame.f_builtins.get(name) is not getattr(builtins, name) for name in _CONVERSIONS):
        return None
    above = frame.f_back
    while above is not None and not above.f_code.co_filename.startswith(outside):
        if not in_house[above.f_code.co_filename]:
            return None
        above = above.f_back
    return place if above is not None else None


def _find(code: CodeType, lasti: int) -> Place | None:
    tree, span = tree_of(code.co_filename), span_at(code, lasti)
    named = {n for n in _CONVERSIONS if n in code.co_names}
    if not named or named & {*code.co_varnames, *code.co_freevars} or tree is None or span is None:
        return None
    return _returned(tree).get(span)


@lru_cache(maxsize=64)
def _returned(tree: ast.Module) -> dict[Span, Place]:
    """The conversions in a file that are a part of what a function returns, and which part."""
    # What is returned from inside a ``try`` may be something else in the end.
    caught = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Try, ast.TryStar))
        for inner in ast.walk(node)
    }
    return {
        span_of(call): place
        for node in ast.walk(tree)
        if isinstance(node, ast.Return) and node.value is not None and id(node) not in caught
        for place, call in _conversions(node.value, ())
    }


def _conversions(node: ast.expr, place: Place) -> Iterator[tuple[Place, ast.Call]]:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in _CONVERSIONS:
            yield place, node
    elif isinstance(node, (ast.Tuple, ast.List)):
        if not any(isinstance(x, ast.Starred) for x in node.elts):
            for i, x in enumerate(node.elts):
                yield from _conversions(x, (*place, i))
    elif isinstance(node, ast.Dict):
        keys = [k.value for k in node.keys if isinstance(k, ast.Constant)]
        if len(keys) == len(node.values) and all(isinstance(k, (int, str)) for k in keys):
            for key, x in zip(keys, node.values, strict=True):
                yield from _conversions(x, (*place, key))  # type: ignore[arg-type]
