"""Breakpoints: what a run stops at, decided from the moments before and after a step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

import numpy as np

from ...compiler.control import REGISTRY
from ...compiler.errors import BifrontError
from ...compiler.ir import Node
from ..regions import nodes_within
from .expressions import Expression
from .naming import MADE, lookup, names_of
from .state import Program, State

__all__ = ["AtLine", "AtNode", "NotFinite", "Stop", "When", "first_hit", "nodes_at", "reaches_into"]


class Stop(Protocol):
    """A breakpoint."""

    def hits(self, before: State | None, after: State) -> bool:
        """Whether the run stops after the step between two moments; ``before`` is None at the beginning of a run."""
        ...

    def within(self, node: Node) -> bool:
        """Whether a node of this kind may make it stop, so that regions with one have to be stepped through."""
        ...


@dataclass(frozen=True, slots=True)
class AtLine:
    """Before the first of the nodes of a user's line; with a condition on ``v``, after each of them where it holds.

    Attributes:
        file: a path, or the end of one.
        line: counted from 1.
        condition: what must hold besides.
    """

    file: str
    line: int
    condition: Expression | None = None

    def hits(self, before: State | None, after: State) -> bool:
        if _looks_at_made(self.condition):
            node = _made_by(after)
            return node is not None and self.within(node) and _holds(self.condition, after)
        node = after.inner.node
        if node is None or not self.within(node):
            return False
        arrives = before is None or before.line != after.line or not _same_frame(before, after)
        return arrives and _holds(self.condition, after)

    def within(self, node: Node) -> bool:
        where = node.location
        return where is not None and where.line == self.line and self.names(where.file)

    def names(self, file: str) -> bool:
        """Whether a file is the one that is meant."""
        have, want = PurePath(file).parts, PurePath(self.file).parts
        return have[-len(want) :] == want

    def __str__(self) -> str:
        return f"{self.file}:{self.line}{_told(self.condition)}"


@dataclass(frozen=True, slots=True)
class AtNode:
    """Before nodes of an operation, or the node that makes a value; with a condition on ``v``, after them.

    Attributes:
        name: of an operation (``log``) or of a value (``%3``, ``loss``).
        condition: what must hold besides.
    """

    name: str
    condition: Expression | None = None

    def hits(self, before: State | None, after: State) -> bool:
        if _looks_at_made(self.condition):
            node = _made_by(after)
        elif before is not None and before.inner.node is after.inner.node:
            return False  # an iteration of one node ends where it began
        else:
            node = after.inner.node
        return (
            node is not None
            and self._meant(node, after.inner.program)
            and _holds(self.condition, after)
        )

    def _meant(self, node: Node, program: Program) -> bool:
        if self.name == node.op.name:
            return True
        values = names_of(program).get(self.name.removeprefix("%"), ())
        return any(v in values for v in node.outputs)

    def within(self, node: Node) -> bool:
        # Which node makes a value of this name, the region knows that it is in.
        return node.op.name == self.name or self.name not in REGISTRY

    def __str__(self) -> str:
        return f"{self.name}{_told(self.condition)}"


@dataclass(frozen=True, slots=True)
class NotFinite:
    """After the node that makes the first NaN (or infinity): none of its operands has one.

    Attributes:
        what: ``nan``, ``inf``, or ``finite`` for either.
    """

    what: str

    def hits(self, before: State | None, after: State) -> bool:
        frame = after.inner
        if before is None:
            return any(self._has(a) for a in frame.values.values())
        node = _made_by(after)
        if node is None or not any(self._has(frame.values[v]) for v in node.outputs):
            return False
        return not any(self._has(frame.values[v]) for v in node.inputs)

    def _has(self, array: np.ndarray) -> bool:
        if array.dtype.kind != "f":
            return False
        test = {"nan": np.isnan, "inf": np.isinf}.get(self.what, lambda a: ~np.isfinite(a))
        return bool(test(array).any())

    def within(self, node: Node) -> bool:
        return True

    def __str__(self) -> str:
        return {"nan": "NaN", "inf": "Inf"}.get(self.what, "NaN or Inf")


@dataclass(frozen=True, slots=True)
class When:
    """After any node whose value ``v`` makes a condition true."""

    condition: Expression

    def hits(self, before: State | None, after: State) -> bool:
        return bool(after.made) and before is not None and _holds(self.condition, after)

    def within(self, node: Node) -> bool:
        return True

    def __str__(self) -> str:
        return f"if {self.condition.text}"


def first_hit(stops: Iterable[Stop], before: State | None, after: State) -> Stop | None:
    """The first breakpoint that the step between two moments makes a run stop at."""
    return next((stop for stop in stops if stop.hits(before, after)), None)


def reaches_into(stops: Iterable[Stop], node: Node) -> bool:
    """Whether a breakpoint may be hit inside the regions of a node."""
    inside = [n for region in node.regions for n in nodes_within(region)]
    return any(stop.within(n) for stop in stops for n in inside)


def nodes_at(program: Program, file: str, line: int) -> list[Node]:
    """The nodes of a user's line, in regions too."""
    stop = AtLine(file, line)
    return [n for n in nodes_within(program.graph) if stop.within(n)]


def _same_frame(a: State, b: State) -> bool:
    """Whether two moments are in the same run of the same graph."""
    if a.depth != b.depth:
        return False
    pairs = zip(a.frames, b.frames, strict=True)
    return all(x.entry is y.entry and x.program is y.program for x, y in pairs)


def _made_by(state: State) -> Node | None:
    return state.made[0].producer if state.made else None


def _looks_at_made(condition: Expression | None) -> bool:
    return condition is not None and MADE in condition.names


def _holds(condition: Expression | None, state: State) -> bool:
    """Whether a condition holds; one that has no meaning for these values does not."""
    if condition is None:
        return True
    try:
        return condition.holds(lambda name: lookup(state, name))
    except BifrontError:
        return False


def _told(condition: Expression | None) -> str:
    return f", {condition.text}" if condition is not None else ""
