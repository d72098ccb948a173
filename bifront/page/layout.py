"""Rows for what stands in one box: Graphviz' ranks and orders, or program order where no engine is installed."""

from __future__ import annotations

import math
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import graphviz

from ..compiler.pictures import engine

TIMEOUT = 60.0
IN, OUT = "i", "o"
Rows = tuple[tuple[str, ...], ...]
Level = tuple[Sequence[str], Iterable[tuple[str, str]], Mapping[str, int]]
"""Children in an order in which operands come before their users; edges between them; how wide their labels are.

An edge out of the box has no head, ``""``, and one into it no tail.
"""
THROUGH = 24
"""Where more edges enter or leave a box, they have no lanes in it: they would take more room than what they tie."""


def arrange(levels: Sequence[Level]) -> list[Rows]:
    """Rows of children for each of many boxes.

    An edge that passes a row has a lane in it, written ``tail>head``, so that whoever draws the rows, in any sizes, can
    lead the edge through. One that leaves the box has a lane ``tail>`` down to the last row, and one that enters it
    ``>head`` from the first.
    """
    tied = [_tied(level) for level in levels]
    found: list[Rows | None] = [None] * len(levels)
    program = engine()
    several = [i for i, (children, _, _) in enumerate(tied) if len(children) > 1]
    if program is not None and several:
        said = _run([str(program), "-Tplain"], "\n".join(_dot(tied[i]) for i in several))
        for i, text in zip(several, _answers(said), strict=False):
            found[i] = _read(text, tied[i])
    return [
        (rows if rows is not None else _stack(part)) + _grid(whole, part)
        for rows, whole, part in zip(found, levels, tied, strict=True)
    ]


def _tied(level: Level) -> Level:
    """A level without the children that no edge ties to others."""
    children, edges, widths = level
    edges = list(edges)
    ends = {end for edge in edges if all(edge) for end in edge}
    through = [edge for edge in edges if not all(edge) and ends.intersection(edge)]
    if len(through) > THROUGH:
        through = []
    inner = [edge for edge in edges if all(edge)]
    return [child for child in children if child in ends], [*inner, *through], widths


def _grid(level: Level, tied: Level) -> Rows:
    """What nothing ties, in rows of about as many as there are rows."""
    known = set(tied[0])
    free = [child for child in level[0] if child not in known]
    size = max(3, math.isqrt(len(free)))
    return tuple(tuple(free[i : i + size]) for i in range(0, len(free), size))


def _run(command: list[str], source: str) -> str:
    try:
        done = subprocess.run(
            command, input=source, capture_output=True, timeout=TIMEOUT, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""  # the page is then laid out in program order
    return done.stdout if done.returncode == 0 else ""


def _dot(level: Level) -> str:
    children, edges, widths = level
    numbers = {child: str(i) for i, child in enumerate(children)}
    graph = graphviz.Digraph(
        graph_attr={"nodesep": "0.2"}, node_attr={"shape": "box", "label": "", "height": "0.4"}
    )
    for child, number in numbers.items():
        graph.node(number, width=str(0.5 + 0.09 * widths[child]))
    for tail, head in edges:
        # Where an edge leaves or enters stands at the bottom or the top: OUT and IN, after the number of its child.
        start = numbers[tail] if tail else f"{numbers[head]}{IN}"
        end = numbers[head] if head else f"{numbers[tail]}{OUT}"
        graph.edge(start, end, arrowhead="none")
    for suffix, rank, child_at in ((OUT, "sink", 0), (IN, "source", 1)):
        gates = [f"{numbers[edge[child_at]]}{suffix}" for edge in edges if not edge[1 - child_at]]
        if gates:
            with graph.subgraph(graph_attr={"rank": rank}) as row:
                for gate in gates:
                    row.node(gate, width="0.05")
    source: str = graph.source
    return source


def _answers(text: str) -> list[list[list[str]]]:
    """The lines of each layout, in words."""
    found: list[list[list[str]]] = []
    lines: list[list[str]] = []
    for line in text.splitlines():
        words = line.split()
        if words == ["stop"]:
            found.append(lines)
            lines = []
        elif words:
            lines.append(words)
    return found


def _read(lines: list[list[str]], level: Level) -> Rows | None:
    names = {str(i): child for i, child in enumerate(level[0])}
    places = {w[1]: (float(w[2]), round(float(w[3]), 3)) for w in lines if w[0] == "node"}
    if not names.keys() <= places.keys():
        return None
    heights = sorted({y for _, y in places.values()}, reverse=True)
    row_of = {name: heights.index(y) for name, (_, y) in places.items()}
    rows: list[list[tuple[float, str]]] = [[] for _ in heights]
    for number, child in names.items():
        rows[row_of[number]].append((places[number][0], child))
    for words in lines:
        if words[0] != "edge":
            continue
        tail, head, size = words[1], words[2], int(words[3])
        points = [(float(words[4 + 2 * k]), float(words[5 + 2 * k])) for k in range(size)]
        # The rows in between; a gate has a lane in its own row too.
        between = range(row_of[tail] + (tail in names), row_of[head] + (head not in names))
        lane = f"{names.get(tail, '')}>{names.get(head, '')}"
        for row in between:
            rows[row].append((_at(points, heights[row]), lane))
    return tuple(tuple(name for _, name in sorted(row)) for row in rows)


def _at(points: Sequence[tuple[float, float]], y: float) -> float:
    """Where a line from top to bottom is at a height; the control points are near enough."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if y1 <= y <= y0:
            return x1 if y0 == y1 else x0 + (x1 - x0) * (y0 - y) / (y0 - y1)
    return points[-1][0] if y < points[-1][1] else points[0][0]


def _stack(level: Level) -> Rows:
    """Each child below the lowest of what it needs, in the order in which they come."""
    children, edges, _ = level
    order = {child: i for i, child in enumerate(children)}
    users: defaultdict[str, list[str]] = defaultdict(list)
    for tail, head in edges:
        if tail and head:
            users[tail].append(head)
    row_of = dict.fromkeys(children, 0)
    for child in children:
        for user in users[child]:
            row_of[user] = max(row_of[user], row_of[child] + 1)
    last = max(row_of.values(), default=0)
    rows: list[list[tuple[float, str]]] = [[] for _ in range(last + 1)]
    for child, row in row_of.items():
        rows[row].append((order[child], child))
    for tail, head in edges:
        start, end = row_of[tail] if tail else -1, row_of[head] if head else last + 1
        left, right = order[tail or head], order[head or tail]
        for row in range(start + 1, end):
            place = left + (right - left) * (row - start) / (end - start)
            rows[row].append((place, f"{tail}>{head}"))
    return tuple(tuple(name for _, name in sorted(row)) for row in rows if row)
