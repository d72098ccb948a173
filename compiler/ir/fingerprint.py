"""The structural hash that "the same graph" means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .dims import Dim, Expr, substitute, symbol, symbols_of
from .dtypes import DType
from .graph import Attr, Graph, Node, State, Value, live_nodes
from .types import TensorType


def fingerprint(graph: Graph) -> str:
    """SHA-256 over the canonical listing of the graph (`canonical_lines`)."""
    digest = hashlib.sha256()
    for line in canonical_lines(graph):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def ordered_states(graph: Graph) -> list[State]:
    """States in the order in which a walk from the outputs first reads them.

    What a state becomes is walked as soon as the state has been met, so its own inputs are met next. States that
    nothing reads come last, in the order in which the graph lists them.
    """
    by_input = {s.input: s for s in graph.states}
    met: dict[State, None] = {}
    seen: set[Node] = set()

    def meet(results: Sequence[Value]) -> None:
        # One walk over all states: many networks have hundreds.
        for node in live_nodes(results, seen=seen):
            for operand in node.inputs:
                if operand in by_input:
                    met[by_input[operand]] = None
        for value in results:
            if value in by_input:
                met[by_input[value]] = None

    meet(graph.outputs)
    walked = 0
    pending = list(graph.states)
    while True:
        while walked < len(met):
            state = list(met)[walked]
            walked += 1
            meet((state.output,))
        pending = [s for s in pending if s not in met]
        if not pending:
            return list(met)
        met[pending[0]] = None


class Entry(NamedTuple):
    """One line of the canonical listing, whole and in parts.

    The parts are canonical too: values are known by number, symbols are renamed, arrays stand as hashes.
    """

    line: str
    op: str
    """The operation, or what else the line is: ``input``, ``state``, ``return``, ``write``."""
    operands: tuple[str, ...]
    """``i0`` is the first input, ``s0`` the first state, ``0`` the first output of a node; constants are in ``<>``."""
    attrs: dict[str, str]
    types: tuple[str, ...]
    regions: tuple[str, ...]
    subject: Value | State | Node

    @property
    def local(self) -> tuple[object, ...]:
        """What the subject is, whatever it is applied to."""
        return self.op, tuple(self.attrs.items()), self.types, self.regions

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that `operands` names."""
        if isinstance(self.subject, Node):
            return self.subject.inputs
        if isinstance(self.subject, State):
            return (self.subject.output,) if self.operands else ()
        return (self.subject,) if self.operands else ()


def canonical_lines(graph: Graph) -> Iterator[str]:
    """One line for each input, state, node and output; values are numbered in the order in which they are met."""
    return (entry.line for entry in canonical_entries(graph))


def canonical_entries(graph: Graph) -> Iterator[Entry]:
    """The lines of `canonical_lines` with the inputs, states, nodes and outputs that they stand for."""
    names: dict[Value, str] = {}
    renaming = _Symbols()
    for i, value in enumerate(graph.inputs):
        names[value] = f"i{i}"
        kind = renaming.type(value.type)
        yield Entry(f"input {kind}", "input", (), {}, (kind,), (), value)
    states = ordered_states(graph)
    for i, state in enumerate(states):
        names[state.input] = f"s{i}"
        kind = renaming.type(state.input.type)
        yield Entry(f"state {kind}", "state", (), {}, (kind,), (), state)
    count = 0
    for node in live_nodes((*graph.outputs, *(s.output for s in states))):
        operands = tuple([names[v] for v in node.inputs])
        attrs = {k: renaming.attr(v) for k, v in sorted(node.attrs.items())}
        types = tuple([renaming.type(v.type) for v in node.outputs])
        regions = tuple([fingerprint(region) for region in node.regions])
        said = ",".join([f"{k}={v}" for k, v in attrs.items()])
        line = f"{node.op.name}({','.join(operands)}){{{said}}}:{','.join(types)}"
        line += "".join([f"[{region}]" for region in regions])
        if not node.inputs and not node.regions:
            # Constants are known by what they hold: writing 2.0 once or twice is the same program.
            names[node.outputs[0]] = "<" + line + ">"
            continue
        for value in node.outputs:
            names[value] = f"{count}"
            count += 1
        yield Entry(line, node.op.name, operands, attrs, types, regions, node)
    for value in graph.outputs:
        yield Entry(f"return {names[value]}", "return", (names[value],), {}, (), (), value)
    for state in states:
        yield Entry(
            f"write {names[state.output]}", "write", (names[state.output],), {}, (), (), state
        )


class _Symbols:
    """Symbols renamed in order of first occurrence, so that their names play no part."""

    def __init__(self) -> None:
        self._known: dict[str, Dim] = {}

    def dim(self, dim: Dim) -> str:
        if isinstance(dim, int):
            return str(dim)
        for name in symbols_of((dim,)):
            self._known.setdefault(name, symbol(f"d{len(self._known)}"))
        return str(substitute(dim, self._known))

    def type(self, type: TensorType) -> str:
        return f"{type.dtype.short}[{','.join(self.dim(d) for d in type.shape)}]"

    def attr(self, attr: Attr) -> str:
        if isinstance(attr, Expr):
            return self.dim(attr)
        if isinstance(attr, tuple):
            return f"({','.join(self.attr(a) for a in attr)})"
        if isinstance(attr, np.ndarray):
            data = hashlib.sha256(np.ascontiguousarray(attr).tobytes()).hexdigest()
            return f"{attr.dtype.name}{list(attr.shape)}#{data}"
        if isinstance(attr, DType):
            return attr.short
        return repr(attr)
