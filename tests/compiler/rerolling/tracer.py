"""A small tracer for tests: one run of a program on eager values as a `Path`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bifront.compiler.dispatch import Array, Look, Origin, Recording, leaf, using
from bifront.compiler.ir import Node, State, Value
from bifront.compiler.location import Location
from bifront.compiler.ops import CONSTANT
from bifront.compiler.tracing.path import Check, Path


class Logging(Recording):
    """Remembers everything, in the program's order."""

    __slots__ = ("log",)

    def __init__(self, log: list, grad: bool = True) -> None:
        super().__init__(everything=True, grad=grad)
        self.log = log

    def derive(self, grad: bool) -> Logging:
        return Logging(self.log, grad)

    def apply2(self, op, a, b):
        array = Array()
        array.data = op.evaluate(getattr(a, "data", a), getattr(b, "data", b))
        array.tracked = False
        array.attrs, array.origin, array.op, array.inputs = {}, None, op, (a, b)
        self._place(array)
        self.log.append(array)
        return array

    def _remember(self, op, inputs, attrs, data, tracked):
        array = super()._remember(op, inputs, attrs, data, False)
        self._place(array)
        self.log.append(array)
        return array

    def _place(self, array: Array) -> None:
        array.code, array.lasti = _user()

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        self.log.append((array, np.array(array.data), Location.of_code(*_user())))


def _user():
    import sys

    from bifront.compiler.location import in_house

    frame = sys._getframe(2)
    while in_house[frame.f_code.co_filename] or frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def record(
    program: Callable[..., object], *arrays: np.ndarray, states: Sequence[np.ndarray] = ()
) -> Path:
    """Run ``program(*inputs, *states)`` on eager arrays; it returns arrays, and the new values of the states last."""
    log: list = []
    given = [leaf(np.asarray(a)) for a in arrays]
    held = [leaf(np.asarray(a), Origin("parameter", f"w{i}")) for i, a in enumerate(states)]
    with using(Logging(log)):
        out = program(*given, *held)
    results = list(out) if isinstance(out, (tuple, list)) else [out]
    return as_path(log, given, held, results)


def as_path(log, given, held, results) -> Path:
    values: dict[Array, Value] = {}
    inputs = []
    for i, a in enumerate(given):
        values[a] = Value(a.type, hint=f"x{i}")
        inputs.append(values[a])
    for a in held:
        values[a] = Value(a.type, hint=a.origin.name)
    nodes: list[Node] = []
    checks: list[Check] = []

    def constant(data, location) -> Value:
        array = leaf(np.asarray(data))
        node = Node(CONSTANT, (), {"value": array.data}, (array.type,), location)
        nodes.append(node)
        return node.output

    def get(x, like=None, location=None) -> Value:
        if not isinstance(x, Array):
            return constant(np.asarray(x, like.data.dtype), location)
        if x not in values:
            values[x] = constant(x.data, location)
        return values[x]

    for entry in log:
        if isinstance(entry, tuple):
            array, data, location = entry
            checks.append(Check(len(nodes), get(array), data, location))
            continue
        like = next((x for x in entry.inputs if isinstance(x, Array)), None)
        operands = [get(x, like, entry.location) for x in entry.inputs]
        node = Node(entry.op, operands, entry.attrs, (entry.type,), entry.location)
        nodes.append(node)
        values[entry] = node.output
    outputs = tuple(get(r) for r in results)
    states = tuple(State(a.origin.name, values[a], values[a]) for a in held)
    return Path("program", tuple(inputs), states, tuple(nodes), tuple(checks), outputs)
