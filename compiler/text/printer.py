"""A graph as text: one function for all operations, one node a line."""

from __future__ import annotations

import re
from typing import TypeAlias

from ..ir import Graph, Node, Value
from ..location import Location
from .literals import quote, show_attr, show_type

Names: TypeAlias = dict[Value, str]

WIDTH = 100
"""A list of inputs that would make the line longer is written one a line."""
COLUMN = 88
"""Lines longer than this do not push the locations of the others to the right."""

_NAME = re.compile(r"[^\W\d][\w./]*")
_GRAPH_NAME = re.compile(r"[^\W\d][\w.]*")


def print_graph(graph: Graph, *, locations: bool = True) -> str:
    """The text IR of a graph, without a newline at the end; `parse` reads it back.

    Args:
        locations: whether to write the user's lines and scopes.
    """
    return "\n".join(_lines(graph, locations))


def name_values(graph: Graph) -> Names:
    """How printing writes a graph's values: their hints where these can be names, else numbers, after a ``%``.

    What a state becomes is called after the state.
    """
    taken: set[str] = set()
    counts: dict[str, int] = {}
    names: Names = {}
    renewed = {s.output: s.input for s in reversed(graph.states) if s.changes}
    number = 0
    for value in (*graph.parameters, *(v for node in graph.nodes for v in node.outputs)):
        if value in names:
            continue
        hint = value.hint if _NAME.fullmatch(value.hint) else ""
        if not hint and value in renewed and renewed[value] in names:
            hint = f"{names[renewed[value]][1:]}.new"
            hint = hint if _NAME.fullmatch(hint) else ""
        if not hint:
            names[value] = f"%{number}"
            number += 1
            continue
        name = hint
        while name in taken:
            counts[hint] = counts.get(hint, 0) + 1
            name = f"{hint}.{counts[hint]}"
        taken.add(name)
        names[value] = f"%{name}"
    return names


def show_node(node: Node, names: Names) -> str:
    """A node's line, without its location and regions; a value that has no name shows as ``%?``."""
    results = ", ".join(f"{_ref(v, names)}: {show_type(v.type)}" for v in node.outputs)
    operands = ", ".join(_ref(v, names) for v in node.inputs)
    line = f"{results} = {node.op.name}({operands})"
    if node.attrs:
        attrs = ", ".join(f"{name} = {show_attr(a)}" for name, a in sorted(node.attrs.items()))
        line += f" {{{attrs}}}"
    return line


def show_location(location: Location | None) -> str:
    """``@ "train.py":12:5 in "scope"``, or nothing where no location is known."""
    if location is None:
        return ""
    scope = f" in {quote(location.scope)}" if location.scope else ""
    return f"@ {quote(location.file)}:{location.line}:{location.column}{scope}"


def header(graph: Graph, names: Names, locations: bool = False) -> list[str]:
    """The lines before the first node."""
    title = graph.name if _GRAPH_NAME.fullmatch(graph.name) else quote(graph.name)
    inputs = [(_binding(v, names), v.location) for v in graph.inputs]
    states = [
        (f"{_binding(s.input, names)} = {quote(s.slot)}", s.input.location) for s in graph.states
    ]
    text = f"graph @{title}{_list(inputs, locations)}"
    if states:
        text += f" state{_list(states, locations)}"
    return f"{text} {{".split("\n")


def results(graph: Graph, names: Names) -> str:
    """The line after the last node."""
    returned = [_ref(v, names) for v in graph.outputs]
    written = [
        f"{_ref(s.input, names)} <- {_ref(s.output, names)}" for s in graph.states if s.changes
    ]
    return f"return {', '.join([*returned, *written])}".rstrip()


def _lines(graph: Graph, locations: bool) -> list[str]:
    names = name_values(graph)
    lines = header(graph, names, locations)
    body = [show_node(node, names) for node in graph.nodes]
    column = max((len(line) for line in body if len(line) <= COLUMN), default=0)
    for node, line in zip(graph.nodes, body, strict=True):
        where = show_location(node.location) if locations else ""
        if where:
            line = f"{line:{column}}  {where}"
        if node.regions:
            lines.append(f"  {line} {{")
            for region in node.regions:
                lines += [f"    {inner}" for inner in _lines(region, locations)]
            lines.append("  }")
        else:
            lines.append(f"  {line}")
    return [*lines, f"  {results(graph, names)}", "}"]


def _list(items: list[tuple[str, Location | None]], locations: bool) -> str:
    """Inputs or states in parentheses: on one line where that is short, else one a line."""
    plain = f"({', '.join(text for text, _ in items)})"
    if not locations or not any(where for _, where in items):
        located = [text for text, _ in items]
        if len(plain) <= WIDTH:
            return plain
    else:
        column = max((len(text) for text, _ in items if len(text) <= COLUMN), default=0)
        located = [
            f"{text:{column}}  {show_location(where)}" if where else text for text, where in items
        ]
    return "(\n" + "".join(f"  {text},\n" for text in located) + ")"


def _binding(value: Value, names: Names) -> str:
    return f"{_ref(value, names)}: {show_type(value.type)}"


def _ref(value: Value, names: Names) -> str:
    return names.get(value, "%?")
