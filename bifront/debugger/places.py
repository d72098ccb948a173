"""Breakpoints as people write them: ``train.py:12``, ``%3``, ``log``, ``nan``, ``if max(abs(v)) > 10``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..compiler.errors import BifrontError
from ..runtime.regions import nodes_within
from ..runtime.stepping.expressions import Expression, parse
from ..runtime.stepping.naming import names_of
from ..runtime.stepping.state import Program, State, program_of
from ..runtime.stepping.stops import AtLine, AtNode, NotFinite, Stop, When, nodes_at

__all__ = ["found_in", "read_stop"]

_LINE = re.compile(r"(?:(?P<file>.+):)?(?P<line>\d+)")
_FINITE = {"nan": "nan", "inf": "inf", "nonfinite": "finite"}


def read_stop(text: str, state: State | None = None) -> Stop:
    """The breakpoint that a text means.

    Args:
        text: ``FILE:LINE``, ``LINE`` (of the file at hand), a value, an operation, ``nan``, ``inf``, ``nonfinite`` or
            ``if CONDITION``. After the first kinds may follow ``, CONDITION``; one on ``v`` is about what was computed.
        state: where the run is, which says what a lone line number means.

    Raises:
        BifrontError: it means none.
    """
    text = text.strip()
    if text.startswith("if "):
        return When(parse(text.removeprefix("if ")))
    what, comma, rest = (part.strip() for part in text.partition(","))
    condition: Expression | None = parse(rest) if comma else None
    if what in _FINITE:
        if condition is not None:
            raise BifrontError(f"{what} takes no condition", hint=f"write just {what}")
        return NotFinite(_FINITE[what])
    found = _LINE.fullmatch(what)
    if found is not None:
        file = found["file"]
        if file is None:
            if state is None or state.location is None:
                raise BifrontError(f"the line {what} of which file?", hint=f"write FILE:{what}")
            file = state.location.file
        return AtLine(file, int(found["line"]), condition)
    if what in ("", "if") or not re.fullmatch(r"%?[\w./]+", what):
        raise BifrontError(
            f"{text!r} is no breakpoint",
            hint="write FILE:LINE, a value (%3, loss), an operation (log), nan, inf, or: if max(abs(v)) > 10",
        )
    return AtNode(what, condition)


def found_in(stop: Stop, state: State) -> str:
    """What is wrong with a breakpoint for the graph that is being run; empty where nothing is."""
    graph = state.frames[0].program.graph
    if isinstance(stop, AtLine) and not nodes_at(program_of(graph), stop.file, stop.line):
        lines = sorted(
            {
                n.location.line
                for n in nodes_within(graph)
                if n.location is not None and n.location.file.endswith(stop.file)
            }
        )
        known = _near(lines, stop.line)
        return f"no node of this run is at {stop.file}:{stop.line}" + (
            f"; near it are those at {known}" if known else ""
        )
    if isinstance(stop, AtNode):
        name = stop.name.removeprefix("%")
        if not any(n.op.name == name for n in nodes_within(graph)) and not any(
            name in names_of(p) for p in _programs(state)
        ):
            return f"this run has no value or operation called {stop.name}"
    return ""


def _programs(state: State) -> list[Program]:
    graph = state.frames[0].program.graph
    regions = [r for n in nodes_within(graph) for r in n.regions]
    return [program_of(g) for g in (graph, *regions)]


def _near(lines: Sequence[int], line: int) -> str:
    nearest = sorted(sorted(lines, key=lambda one: abs(one - line))[:3])
    return ", ".join(map(str, nearest))
