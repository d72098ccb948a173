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
Rows = tuple[tuple[str, ...], ...]
Level = tuple[Sequence[str], Iterable[tuple[str, str]], Mapping[str, int]]
"""Children in an order in which operands come before their users; edges between them; how wide their labels are."""


def arrange(levels: Sequence[Level]) -> list[Rows]:
    """Rows of children for each of many boxes.

    An edge that passes a row has a lane in it, written ``tail>head``, so that whoever draws the rows, in any sizes, can
    lead the edge through.
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
    ends = {end for edge in edges for end in edge}
    return [child for child in children if child in ends], edges, widths


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
        graph.edge(numbers[tail], numbers[head], arrowhead="none")
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
    children = level[0]
    xs: dict[int, float] = {}
    ys: dict[int, float] = {}
    for words in lines:
        if words[0] == "node":
            xs[int(words[1])], ys[int(words[1])] = float(words[2]), float(words[3])
    if len(xs) != len(children):
        return None
    heights = sorted({round(y, 3) for y in ys.values()}, reverse=True)
    row_of = {i: heights.index(round(y, 3)) for i, y in ys.items()}
    rows: list[list[tuple[float, str]]] = [[] for _ in heights]
    for i, child in enumerate(children):
        rows[row_of[i]].append((xs[i], child))
    for words in lines:
        if words[0] != "edge":
            continue
        tail, head, size = int(words[1]), int(words[2]), int(words[3])
        points = [(float(words[4 + 2 * k]), float(words[5 + 2 * k])) for k in range(size)]
        for row in range(row_of[tail] + 1, row_of[head]):
            rows[row].append((_at(points, heights[row]), f"{children[tail]}>{children[head]}"))
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
        users[tail].append(head)
    row_of = dict.fromkeys(children, 0)
    for child in children:
        for user in users[child]:
            row_of[user] = max(row_of[user], row_of[child] + 1)
    rows: list[list[tuple[float, str]]] = [[] for _ in range(max(row_of.values(), default=0) + 1)]
    for child, row in row_of.items():
        rows[row].append((order[child], child))
    for tail, head in edges:
        for row in range(row_of[tail] + 1, row_of[head]):
            part = (row - row_of[tail]) / (row_of[head] - row_of[tail])
            place = order[tail] + (order[head] - order[tail]) * part
            rows[row].append((place, f"{tail}>{head}"))
    return tuple(tuple(name for _, name in sorted(row)) for row in rows if row)
