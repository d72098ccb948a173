"""What a debugger shows of a value: numbers, or a symbol for numbers that are not there yet."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np


def names_of(statement: ast.stmt) -> tuple[list[str], list[str]]:
    """The names that a statement gives values, and those that it reads. A block counts with its head."""
    names = [n for n in _head(statement) if isinstance(n, ast.Name)]
    given = dict.fromkeys(n.id for n in names if isinstance(n.ctx, ast.Store))
    read = dict.fromkeys(n.id for n in names if isinstance(n.ctx, ast.Load))
    return list(given), list(read)


def _head(node: ast.AST) -> list[ast.AST]:
    inner = [c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.stmt)]
    return [node, *(n for child in inner for n in _head(child))]


def kind(groups: Sequence[Sequence[str]], frame: Mapping[str, Any]) -> str:
    """What the first group of names shows that has an array or tensor among its values.

    ``numbers`` where all of them show their numbers, ``symbols`` where one does not; empty where no group has any.
    """
    for names in groups:
        seen = [_shows(frame[name]) for name in names if name in frame]
        known = [one for one in seen if one is not None]
        if known:
            return "numbers" if all(known) else "symbols"
    return ""


def _shows(value: Any) -> bool | None:
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        return True
    if isinstance(value, (type, ModuleType)) or not hasattr(value, "shape"):
        return None
    try:
        return np.asarray(value.detach() if hasattr(value, "detach") else value).dtype != object
    except Exception:
        return False
