"""Whether one more run is an instance of a path with symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from math import prod

import numpy as np

from ..autodiff.inline import specialize
from ..control import SCAN
from ..dispatch import Building
from ..errors import BifrontError
from ..ir import Attr, Dim, Expr, Graph, Node, Value, symbols_of
from ..ops import CONSTANT, FULL, Kind
from ..passes.rebuilding import rebuilt
from ..rerolling import unroll
from ..tracing.path import Path
from .general import General

__all__ = ["covers", "extend", "same", "whole"]

LARGE = 1 << 20
"""Elements from which on a constant stays the operation that makes it."""


def whole(path: Path) -> Graph:
    """The path as one graph, whose outputs are those of the path and then the values that it looked at."""
    outputs = (*path.outputs, *(check.value for check in path.checks))
    return Graph(path.name, path.inputs, path.states, path.nodes, outputs)


def covers(general: General, other: Path) -> bool:
    """Whether the general path, for the sizes of another run, is what that run did.

    A loop that runs once cannot be seen in a run, so the two are compared with their loops written out as well.
    """
    sizes = _sizes(general, other)
    return sizes is not None and same(general.path, sizes, other)


def same(general: Path, sizes: Mapping[str, int], other: Path) -> bool:
    """Whether a path is another one at the given sizes of its symbols: same graph, same values looked at."""
    if len(general.checks) != len(other.checks) or any(
        a.expected.dtype != b.expected.dtype
        or a.expected.shape != b.expected.shape
        or a.expected.tobytes() != b.expected.tobytes()
        for a, b in zip(general.checks, other.checks, strict=True)
    ):
        return False
    if [s.slot for s in general.states] != [s.slot for s in other.states]:
        return False
    try:
        made = specialize(whole(general), sizes)
    except (BifrontError, ZeroDivisionError):
        return False  # There is no such graph.
    graph = whole(other)
    if _print(made) == _print(graph):
        return True
    if not any(node.op is SCAN for node in made.nodes):
        return False
    return _print(unroll(made)) == _print(unroll(graph))


def extend(general: General, other: Path) -> General | None:
    """The general path with one more run that it covers; None where it does not.

    What the run shows is believed from now on: sizes 0 and 1, longer loops, sizes that need not be equal, and
    dimensions that the sizes before left in doubt.
    """
    sizes = _sizes(general, other)
    if sizes is None:
        return None
    conditions = tuple([c for c in general.conditions if c.holds(sizes) or not c.presumed])
    if not all(c.holds(sizes) for c in conditions) or not same(general.path, sizes, other):
        return None
    doubts = [left for doubt in general.doubts if (left := doubt.after(sizes, general.seen))]
    seen = (*general.seen, sizes)
    return replace(general, seen=seen, conditions=conditions, doubts=tuple(doubts))


def _sizes(general: General, other: Path) -> dict[str, int] | None:
    shapes = [v.shape for v in (*other.inputs, *(s.input for s in other.states))]
    return general.sizes(shapes) if len(shapes) == len(general.parameters) else None


def _print(graph: Graph) -> str:
    """The fingerprint of the graph with what is known computed, and with equal nodes made one.

    Written out, a loop computes in each iteration what the loop itself computed once.
    """
    return _plain(graph).fingerprint()


def _plain(graph: Graph) -> Graph:
    known: dict[tuple[object, ...], Sequence[Value]] = {}
    numbers: dict[Value, np.ndarray] = {}

    def rebuild(builder: Building, node: Node, operands: Sequence[Value]) -> Sequence[Value]:
        op, attrs, taken = node.op, node.attrs, operands
        data = _computed(node, [numbers.get(v) for v in operands])
        if data is not None:
            op, attrs, taken = CONSTANT, {"value": data}, ()
        elif op is FULL:
            attrs = {
                **attrs,
                "value": repr(np.asarray(attrs["value"], node.outputs[0].dtype.numpy)),
            }
        regions = [_plain(region) for region in node.regions]
        said = [(name, _text(attr)) for name, attr in sorted(attrs.items())]
        key = (op, *taken, *map(str, said), *(r.fingerprint() for r in regions))
        if key not in known:
            known[key] = builder.node(op, taken, attrs, regions).outputs
        if data is not None:
            numbers[known[key][0]] = data
        return known[key]

    return rebuilt(graph, rebuild)


def _computed(node: Node, operands: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """What a node gives whose operands are known; None where they are not, or where it is much."""
    if node.regions or len(node.outputs) > 1 or node.op.kind in (Kind.RANDOM, Kind.CONTROL):
        return None
    arrays = [a for a in operands if a is not None]
    type = node.outputs[0].type
    sizes = [d for d in type.shape if isinstance(d, int)]
    if len(arrays) != len(operands) or len(sizes) != type.rank or prod(sizes) > LARGE:
        return None
    if any(symbols_of(d for d in _dims(attr)) for attr in node.attrs.values()):
        return None
    data = np.asarray(node.op.evaluate(*arrays, **node.attrs))
    return data if data.shape == type.shape else None


def _dims(attr: Attr) -> list[Dim]:
    if isinstance(attr, tuple):
        return [d for part in attr for d in _dims(part)]
    return [attr] if isinstance(attr, Expr) else []


def _text(attr: Attr) -> str:
    if isinstance(attr, np.ndarray):
        return f"{attr.dtype}{attr.shape}{sha256(np.ascontiguousarray(attr).tobytes()).hexdigest()}"
    return repr(attr)
