"""What is shown of a moment: the place, the values, the source beside the IR, as plain text."""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..compiler.ir import Node, Value
from ..compiler.ir.dtypes import BY_NUMPY
from ..compiler.location import Location
from ..compiler.text.literals import show_type
from ..compiler.text.printer import show_node
from ..runtime.stepping.naming import called
from ..runtime.stepping.state import Frame, State

__all__ = [
    "chain",
    "described",
    "file_name",
    "frame_line",
    "made",
    "name_of",
    "place",
    "printed",
    "table",
]

WIDTH = 110
"""Characters of a node's line, attributes included."""
AROUND = 5
"""Lines shown above and below the present one."""
NARROW = 100
"""Columns of a terminal below which the IR stands below the source instead of beside it."""


def described(array: np.ndarray) -> str:
    """Type, shape and statistics in one line: ``f32[4, 2], min 0, max 1.5, mean 0.25, 1 NaN``."""
    dtype = BY_NUMPY.get(array.dtype)
    kind = dtype.short if dtype is not None else str(array.dtype)
    text = f"{kind}[{', '.join(map(str, array.shape))}]"
    if array.size == 0:
        return f"{text}, empty"
    if not array.shape:
        return f"{text} {_number(array[()])}"
    if array.dtype.kind == "b":
        return f"{text}, {int(array.sum())} of {array.size} true"
    parts = [text]
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if finite.size:
        wide = finite.astype(np.float64)
        parts.append(f"min {_number(finite.min())}, max {_number(finite.max())}")
        parts.append(f"mean {_number(wide.mean())}")
    if array.dtype.kind == "f":
        for count, what in ((np.isnan(array).sum(), "NaN"), (np.isinf(array).sum(), "Inf")):
            if count:
                parts.append(f"{count} {what}")
    return ", ".join(parts)


def printed(value: object) -> str:
    """A result of an expression, in full as far as that is short."""
    if isinstance(value, np.ndarray) and value.shape:
        with np.printoptions(threshold=60, edgeitems=3, precision=6, suppress=False):
            return f"{described(value)}\n{value}"
    if isinstance(value, (np.ndarray, np.generic)):
        return _number(np.asarray(value)[()])
    return str(value)


def file_name(file: str) -> str:
    """A file as people call it: relative where it is below the folder in which they are."""
    try:
        near = os.path.relpath(file)
    except ValueError:  # on another drive
        return file
    return file if near.startswith("..") or file.startswith("<") else near


def name_of(frame: Frame, value: Value) -> str:
    """A value's name in the IR, and what the source calls it: ``%3 (loss)``."""
    name = frame.program.names.get(value, "%?")
    mine = called(frame.program, value)
    return f"{name} ({mine})" if mine else name


def made(state: State) -> Iterator[str]:
    """One line for each value that the last step computed."""
    frame = state.inner
    for value in state.made:
        if value in frame.values:
            yield f"   {name_of(frame, value)} = {described(frame.values[value])}"


def place(state: State, run: str = "") -> Iterator[str]:
    """The lines at which a run stands: pdb's two, and the node."""
    frame, node, location = state.inner, state.inner.node, state.location
    where = _where(location)
    total = len(frame.program.order)
    if node is not None:
        yield f"> {where} {run}{_inside(frame)}node {frame.at + 1} of {total}"
        if location is not None and location.source:
            yield f"-> {location.source.strip()}"
        yield f"   {_short(node, frame)}"
        return
    outputs = frame.program.graph.results if frame.entry is None else frame.program.graph.outputs
    what = "the run" if frame.entry is None else f"{_part(frame)}"
    yield f"> end of {what}, which gives"
    for value in outputs:
        yield f"   {name_of(frame, value)} = {described(frame.values[value])}"


def frame_line(frame: Frame, here: bool) -> str:
    """A frame in the list of where a run is."""
    node = frame.node
    mark = "> " if here else "  "
    if node is None:
        return f"{mark}{_part(frame)}, at its end"
    return f"{mark}{_where(node.location)} {_part(frame)}: {_short(node, frame)}"


def chain(frame: Frame, value: Value, depth: int) -> Iterator[str]:
    """What a value was computed from, and that from what, to a depth."""
    seen: set[Value] = set()
    pending = [(value, 0)]
    while pending:
        one, level = pending.pop()
        node = one.producer
        known = frame.values.get(one)
        text = f"{'  ' * level}{name_of(frame, one)}"
        text += f" = {described(known)}" if known is not None else ": not computed yet"
        if node is None:
            yield f"{text}  given{_at(one.location)}"
            continue
        again = " (above)" if one in seen and node.inputs else ""
        operands = ", ".join(frame.program.names.get(v, "%?") for v in node.inputs)
        yield f"{text}  {node.op.name}({operands}){_at(node.location)}{again}"
        if one not in seen and level < depth:
            pending += [(v, level + 1) for v in reversed(dict.fromkeys(node.inputs))]
        seen.add(one)


def table(
    state: State,
    frame: Frame,
    stops_at: Callable[[str, int], bool],
    width: int,
    whole: bool = False,
) -> Iterator[str]:
    """The source beside the IR, around the place at which a frame is.

    Args:
        stops_at: whether there is a breakpoint at a file's line.
        width: of the terminal, in columns; if it is small the IR stands below the source.
        whole: all of the graph instead of what is near.
    """
    node = frame.node or (frame.entry.node if frame.entry is not None else None)
    location = node.location if node is not None else None
    source = list(_source(location, stops_at)) if location is not None else []
    order = frame.program.order
    first, end = (0, len(order)) if whole else (max(frame.at - AROUND, 0), frame.at + AROUND + 1)
    nodes = []
    for i, one in enumerate(order[first:end], first):
        where = one.location
        number = f"{where.line:4d}" if where is not None else "    "
        mark = "->" if i == frame.at else "  "
        nodes.append(f"{mark} {number}  {_short(one, frame)}")
    if frame.node is None:
        nodes.append("->       the end")
    if width < NARROW:
        yield from source
        yield ""
        yield from nodes
        return
    yield from _beside(source, nodes, width)


def _beside(left: Sequence[str], right: Sequence[str], width: int) -> Iterator[str]:
    """Two columns of lines."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = Table.grid(padding=(0, 2), expand=True)
    columns.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for i in range(max(len(left), len(right))):
        columns.add_row(*[Text(side[i] if i < len(side) else "") for side in (left, right)])
    paper = StringIO()
    Console(file=paper, width=width, color_system=None).print(columns)
    for line in paper.getvalue().rstrip("\n").split("\n"):
        yield line.rstrip()


def _source(location: Location, stops_at: Callable[[str, int], bool]) -> Iterator[str]:
    lines = linecache.getlines(location.file)
    first = max(location.line - AROUND, 1)
    for number in range(first, min(location.line + AROUND, len(lines)) + 1):
        mark = (
            "->" if number == location.line else "B " if stops_at(location.file, number) else "  "
        )
        yield f"{mark} {number:4d}  {lines[number - 1].rstrip()}"


def _short(node: Node, frame: Frame) -> str:
    """A node as the text IR has it, with the sizes of this run."""
    names = dict(frame.program.names)
    types = (show_type(v.type.substitute(frame.sizes)) for v in node.outputs)
    given = zip(node.outputs, types, strict=True)
    made = ", ".join(f"{names.get(v, '%?')}: {kind}" for v, kind in given)
    line = f"{made} = {show_node(node, names).partition(' = ')[2]}"
    line = line.split(" {")[0] if len(line) > WIDTH else line
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _where(location: Location | None) -> str:
    return f"{file_name(location.file)}({location.line})" if location is not None else "?"


def _at(location: Location | None) -> str:
    return f"  {file_name(location.file)}:{location.line}" if location is not None else ""


def _part(frame: Frame) -> str:
    entry = frame.entry
    if entry is None:
        return f"graph {frame.program.graph.name}"
    if entry.iteration is None:
        return f"{entry.part} of {entry.node.op.name}"
    return f"{entry.part} of {entry.node.op.name}, iteration {entry.iteration}"


def _inside(frame: Frame) -> str:
    return f"{_part(frame)}, " if frame.entry is not None else ""


def _number(number: object) -> str:
    if isinstance(number, (np.floating, float)):
        return f"{float(number):.6g}"
    return str(number)
