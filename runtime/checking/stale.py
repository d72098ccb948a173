"""Python numbers that were read while a graph was made, and have changed since."""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType, FunctionType

from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from ...compiler.source import position_at, tree_of
from .border import Event, Planned, Ran, Traced
from .check import Check
from .stack import user_frames

Names = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Read:
    """A number that a line read.

    Attributes:
        names: where the name is looked up now.
        graph: the traced graph that holds it; None for whatever the session runs.
    """

    name: str
    value: float
    names: Callable[[], Names]
    where: Location
    graph: object = None


class Stale(Check):
    """A Python number that a graph has for good, and that the program changes as if it had not.

    Found: a number that a line read while a graph was declared or traced, by name, and that an assignment has changed
    when the graph runs again.
    Not found: variables of ``for`` loops, names that are read where the run is asked for too (they are fed), attributes
    and elements of containers. ``torch.compile`` guards what it reads and is never stale.
    """

    name = "stale-number"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._reads: dict[tuple[object, ...], _Read] = {}
        self._planned: dict[int, tuple[object, int]] = {}

    def told(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._note_declared(event)
        elif isinstance(event, Traced):
            names = partial(_names_of, event.function)
            self._note(_loads(event.function.__code__, None), names, event.graph)
        elif isinstance(event, Ran):
            self._compare(event.executable.graph)

    def _note_declared(self, event: Planned) -> None:
        _, known = self._planned.get(id(event.graph), (None, 0))
        self._planned[id(event.graph)] = event.graph, len(event.made)
        lines: dict[CodeType, set[int]] = {}
        for where in event.made[known:]:
            if where.instruction is not None:
                lines.setdefault(where.instruction[0], set()).add(where.line)
        for number, frame in enumerate(user_frames()):
            found = lines.pop(frame.f_code, None)
            if found and number == 0:
                # What is read where the run is asked for is fed, or chooses what is run.
                found.discard(frame.f_lineno)
            if found:
                self._note(_loads(frame.f_code, found), partial(_names_in, frame))

    def _note(
        self,
        loads: Iterable[tuple[str, Location]],
        names: Callable[[], Names],
        graph: object = None,
    ) -> None:
        now = names()
        for name, where in loads:
            value = now.get(name)
            if isinstance(value, (int, float)) and _is_assigned(where.file, name):
                key = (where.file, where.line, name, id(graph))
                self._reads.setdefault(key, _Read(name, value, names, where, graph))

    def _compare(self, graph: object) -> None:
        tables: dict[int, Names] = {}
        running = [(f.f_code.co_filename, f.f_lineno, f.f_code) for f in user_frames()][:1]
        for key, read in list(self._reads.items()):
            if read.graph is not None and read.graph is not graph:
                continue
            names = tables.setdefault(id(read.names), read.names())
            now = names.get(read.name)
            if not isinstance(now, (int, float)) or now == read.value:
                continue
            del self._reads[key]
            if any(read.name in {n for n, _ in _loads(code, {line})} for _, line, code in running):
                continue
            self.report(
                f"{read.name!r} was {read.value!r} when this line made its part of the graph, and is {now!r} now: "
                "the graph keeps the old one",
                read.where,
                "make it a placeholder or a variable (an argument, under trace), so that it can change",
                [Place("the graph runs again here", Location.here())],
            )


def _loads(code: CodeType, lines: set[int] | None) -> Iterator[tuple[str, Location]]:
    """The names that code reads on some lines (None: all), with the places."""
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith(("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF")):
            position = position_at(code, instruction.offset)
            if lines is None or (position is not None and position[0] in lines):
                # From Python 3.13 on, one instruction may load two names.
                names = instruction.argval
                for name in names if isinstance(names, tuple) else (names,):
                    yield name, Location.of_code(code, instruction.offset)


def _names_in(frame: FrameType) -> Names:
    return {**frame.f_globals, **frame.f_locals}


def _names_of(function: FunctionType) -> Names:
    """What the names that a function does not bind itself stand for."""
    found: dict[str, object] = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found.pop(name, None)
    local = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
    return {n: v for n, v in found.items() if n not in local}


def _is_assigned(file: str, name: str) -> bool:
    """Whether a name is changed by assignments in a file, and never counts a loop."""
    tree = tree_of(file)
    times = 0
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.For, ast.comprehension)):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node.target)):
                return False
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                times += any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target))
    return times > 1
