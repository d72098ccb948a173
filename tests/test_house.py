"""The house stands: imports point down, never in a circle, and files stay small."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import bifront

ROOT = Path(bifront.__file__).parent
FLOORS = {"compiler": 0, "runtime": 1, "frontends": 2, "": 3}
# The floors below the face are links in a checkout, which Path.rglob would not follow.
FILES = sorted(
    Path(folder) / name
    for folder, _, names in os.walk(ROOT, followlinks=True)
    for name in names
    if name.endswith(".py")
)


def module_of(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module_of(p): p for p in FILES}


def test_every_floor_was_found() -> None:
    assert {floor_of(m) for m in MODULES} == set(FLOORS.values())
    assert len(FILES) > 100


def floor_of(module: tuple[str, ...]) -> int:
    return FLOORS.get(module[0] if module else "", FLOORS[""])


def imports_of(path: Path, at_import_only: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and target of every import of the house in a file; targets are modules below ``bifront``."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module[:-1]
    tree = ast.parse(path.read_text())
    nodes = _at_import(tree) if at_import_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            name = tuple((node.module or "").split(".")) if node.module else ()
            if node.level:
                base = package[: len(package) - node.level + 1] + name
            elif name[:1] == ("bifront",):
                base = name[1:]
            else:
                continue
            for alias in node.names:
                target = (*base, alias.name)
                yield node.lineno, target if target in MODULES else base
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = tuple(alias.name.split("."))
                if parts[0] == "bifront":
                    yield node.lineno, parts[1:]


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements that run when the module is imported: not those in functions or under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _at_import(node)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    own = floor_of(module_of(path))
    up = [
        f"line {line}: bifront.{'.'.join(target)}"
        for line, target in imports_of(path, at_import_only=False)
        if floor_of(target) > own
    ]
    assert not up, f"{path} imports from a floor above: {up}"


def test_no_import_circles_between_folders() -> None:
    """Folders of one floor form no circle through imports that run at import time."""
    edges: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for module, path in MODULES.items():
        room = _room(module, path)
        for _, target in imports_of(path, at_import_only=True):
            other = _room(target, MODULES.get(target, path))
            if other != room and floor_of(other) == floor_of(room):
                edges[room].add(other)
    circle = _find_circle(edges)
    assert circle is None, " -> ".join("/".join(room) for room in circle or ())


def _room(module: tuple[str, ...], path: Path) -> tuple[str, ...]:
    package = module if path.name == "__init__.py" else module[:-1]
    return package[:2]


def _find_circle(
    edges: dict[tuple[str, ...], set[tuple[str, ...]]],
) -> list[tuple[str, ...]] | None:
    done: set[tuple[str, ...]] = set()

    def visit(room: tuple[str, ...], path: list[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
        if room in path:
            return [*path[path.index(room) :], room]
        if room in done:
            return None
        for other in sorted(edges[room]):
            found = visit(other, [*path, room])
            if found:
                return found
        done.add(room)
        return None

    for room in sorted(edges):
        found = visit(room, [])
        if found:
            return found
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_hold_one_idea(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= 400, f"{path} has {lines} lines: more than one idea?"
