"""The user's program as syntax: which expressions made nodes, and what stands around an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..location import Location
from ..source import Span, span_at, span_of, tree_of

__all__ = ["Source", "calls_itself", "span"]


def span(location: Location | None) -> Span | None:
    """The span of the instruction at a location, where Python kept it."""
    instruction = location.instruction if location is not None else None
    return span_at(*instruction) if instruction is not None else None


class Source:
    """What the lines of some files say, and which of their expressions made nodes.

    Attributes:
        made: for each file the spans of expressions that made nodes.
    """

    def __init__(self, locations: Iterable[Location]) -> None:
        self.made: dict[str, set[Span]] = {}
        for location in locations:
            where = span(location)
            if where is not None:
                self.made.setdefault(location.file, set()).add(where)

    def around(self, location: Location) -> list[ast.AST]:
        """What holds the expression at a location, from the file down to the expression itself."""
        tree, where = tree_of(location.file), span(location)
        if tree is None or where is None:
            return []
        chain: list[ast.AST] = [tree]
        while True:
            inner = next(_holding(chain[-1], where), None)
            if inner is None:
                return chain
            chain.append(inner)

    def functions(self, name: str) -> list[tuple[str, ast.FunctionDef]]:
        """The functions of a name that made nodes, with their files."""
        return [
            (file, node)
            for file, spans in self.made.items()
            for node in ast.walk(tree_of(file) or ast.Module([], []))
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


def _holding(node: ast.AST, where: Span) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            yield from _holding(child, where)
        elif span_of(child).holds(where):
            yield child
