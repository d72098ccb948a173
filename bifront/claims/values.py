"""What a debugger shows of a value: numbers, or a symbol for numbers that are not there yet."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def names_of(statement: ast.stmt) -> list[str]:
    """The names that a statement gives values; where it gives none, those that it reads. A block counts with its head."""
    nodes = list(_head(statement))
    for context in (ast.Store, ast.Load):
        found = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, context)]
        if found:
            return list(dict.fromkeys(found))
    return []


def _head(node: ast.AST) -> list[ast.AST]:
    inner = [c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.stmt)]
    return [node, *(n for child in inner for n in _head(child))]


def kind(names: Sequence[str], frame: Mapping[str, Any]) -> str:
    """``numbers`` where all arrays and tensors among the names show their numbers, ``symbols`` where one does not.

    Empty where there is no array or tensor among them.
    """
    seen = [_shows(frame[name]) for name in names if name in frame]
    known = [one for one in seen if one is not None]
    if not known:
        return ""
    return "numbers" if all(known) else "symbols"


def _shows(value: Any) -> bool | None:
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        return True
    if isinstance(value, type) or not hasattr(value, "shape"):
        return None
    try:
        return np.asarray(value.detach() if hasattr(value, "detach") else value).dtype != object
    except Exception:
        return False
