"""When values die, and which results can be written into the memory of dead ones.

A plan changes no number: a result goes into an old buffer only where NumPy would have allocated a new one of the same
type, the same (perhaps symbolic) shape and the same memory layout. Layout is part of that because the order in which a
reduction or a matrix product adds depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from ..compiler.ir import Graph, Node, TensorType, Value, substitute
from ..compiler.ir.dims import product, symbols_of
from ..compiler.ops import CONSTANT, Kind
from .order import execution_order

HOLD = 4
"""For how many steps a dead buffer may wait for its next user. Longer costs more memory than an allocation saves."""


class Layout(Enum):
    """What is known of a value's memory order."""

    CONTIGUOUS = auto()
    """Row-major without gaps."""
    ORDERED = auto()
    """Row-major with gaps, repeats (stride 0) or reversed axes: ufuncs lay out what they compute from it row-major."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the program.

    Attributes:
        node: what to compute.
        into: the dead value whose memory takes the result, or None for new memory.
        drops: values that nothing needs after this step.
    """

    node: Node
    into: Value | None
    drops: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The live part of a graph, in the order of the graph.

    Attributes:
        graph: what is planned.
        constants: nodes without operands whose value is known; they take no step.
        steps: the others.
        copies: positions among the results that must be copied, because the memory belongs to a parameter, a constant
            or an earlier result.
        guarded: parameters that must be C-contiguous for the plan to hold; for others, plan without ``reuse``.
    """

    graph: Graph
    constants: tuple[Node, ...]
    steps: tuple[Step, ...]
    copies: frozenset[int]
    guarded: tuple[Value, ...]

    @property
    def reused(self) -> int:
        """How many results go into the memory of dead values."""
        return sum(step.into is not None for step in self.steps)

    def peak(self, binding: Mapping[str, int]) -> int:
        """Bytes of values alive at the worst moment, results included, parameters and constants not.

        Scratch memory inside an operation's own evaluation is not counted.

        Args:
            binding: sizes of the symbolic dimensions; those that are missing count as 1.
        """
        roots = _roots(self.graph, self.steps)
        holders: dict[Value, int] = {}
        held: dict[Value, int] = {}
        now = worst = 0
        for step in self.steps:
            for value in step.node.outputs:
                if value in roots[value]:
                    held[value] = held.pop(step.into) if step.into else _bytes(value.type, binding)
                    now += 0 if step.into else held[value]
                    holders[value] = 0
                for root in roots[value]:
                    if root in holders:
                        holders[root] += 1
            worst = max(worst, now)
            for value in step.drops:
                for root in roots.get(value, ()):
                    holders[root] = holders.get(root, 0) - 1
                    if holders[root] == 0:
                        now -= held.pop(root, 0)
        return worst


def make_plan(graph: Graph, reuse: bool = True) -> Plan:
    """Plan a graph.

    Args:
        graph: what to plan; nodes that no result needs are left out.
        reuse: whether results may be written into dead memory. Without it nothing is assumed of layouts.
    """
    nodes = execution_order(graph)
    constants = tuple(n for n in nodes if is_constant(n))
    ordered = [n for n in nodes if not is_constant(n)]
    plain = [Step(n, None, ()) for n in ordered]
    roots = _roots(graph, plain)
    last = _last_uses(ordered, graph.results)
    into: dict[Node, Value] = {}
    guarded: tuple[Value, ...] = ()
    if reuse:
        known = layouts(graph)
        into = _assign(ordered, roots, last, known)
        guarded = _guarded(graph, into, known)
    for i, node in enumerate(ordered):
        if node in into:
            last[into[node]] = i
    drops: list[list[Value]] = [[] for _ in ordered]
    for value, i in last.items():
        if i < len(ordered):
            drops[i].append(value)
    steps = tuple(
        Step(node, into.get(node), tuple(dead)) for node, dead in zip(ordered, drops, strict=True)
    )
    return Plan(graph, constants, steps, _copies(graph, roots), guarded)


def is_constant(node: Node) -> bool:
    """Whether the value of a node stands in the node itself."""
    return node.op is CONSTANT


def writes_in_place(node: Node) -> bool:
    """Whether the evaluation is a ufunc whose own result type is the node's, so that it can be given a buffer."""
    ufunc = node.op.evaluate
    if not isinstance(ufunc, np.ufunc) or node.attrs or len(node.outputs) != 1:
        return False
    if ufunc.nout != 1 or ufunc.nin != len(node.inputs):
        return False
    operands = [v.dtype.numpy for v in node.inputs]
    return ufunc.resolve_dtypes((*operands, None))[-1] == node.output.dtype.numpy


def _last_uses(ordered: list[Node], results: Iterable[Value]) -> dict[Value, int]:
    """The step after which each computed value is no longer needed; ``len(ordered)`` for results."""
    last: dict[Value, int] = {}
    for i, node in enumerate(ordered):
        for value in node.inputs:
            if value in last:
                last[value] = i
        for value in node.outputs:
            last[value] = i
    for value in results:
        if value in last:
            last[value] = len(ordered)
    return last


def _roots(graph: Graph, steps: Iterable[Step]) -> dict[Value, frozenset[Value]]:
    """The values whose memory each value may be a part of."""
    roots: dict[Value, frozenset[Value]] = {v: frozenset((v,)) for v in graph.parameters}

    def of(value: Value) -> frozenset[Value]:
        return roots.get(value) or frozenset((value,))

    for step in steps:
        node = step.node
        for value in node.outputs:
            if node.op.view:
                roots[value] = of(node.inputs[0])
            elif node.op.kind is Kind.CONTROL:
                # A loop that runs no iteration gives its operands back.
                roots[value] = frozenset((value,)).union(*map(of, node.inputs))
            else:
                roots[value] = frozenset((value,))
    return roots


def _copies(graph: Graph, roots: Mapping[Value, frozenset[Value]]) -> frozenset[int]:
    own = {len(graph.outputs) + i for i, s in enumerate(graph.states) if not s.changes}
    taken: set[Value] = {*graph.parameters}
    copies: set[int] = set()
    for i, value in enumerate(graph.results):
        if i in own:
            continue
        memory = roots.get(value)
        if memory is None or _owned_by_constant(memory) or _is_part(value):
            copies.add(i)
        elif memory.isdisjoint(taken):
            taken |= memory
        else:
            copies.add(i)
    return frozenset(copies)


def _is_part(value: Value) -> bool:
    """Whether the value repeats elements of some memory, or is a part that would keep all of it alive."""
    node = value.producer
    while node is not None and node.op.view:
        if node.op.name not in _WHOLE:
            return True
        node = node.inputs[0].producer
    return False


def _owned_by_constant(memory: frozenset[Value]) -> bool:
    return any(v.producer is not None and is_constant(v.producer) for v in memory)


# Layouts.

_ROW_MAJOR_KINDS = {Kind.ELEMENTWISE, Kind.REDUCTION, Kind.CREATION}
_ROW_MAJOR = {"matmul", "gather", "concatenate", "one_hot"}
_SAME_LAYOUT = {"reshape", "stop_gradient"}
_WHOLE = {"reshape", "transpose", "flip", "stop_gradient"}
_SAME_ORDER = {"broadcast_to", "slice", "flip"}


def layouts(graph: Graph) -> dict[Value, Layout]:
    """What is known of every value's memory, if all parameters are C-contiguous."""
    known = {v: Layout.CONTIGUOUS if v.ndim > 1 else Layout.ORDERED for v in graph.parameters}
    for node in graph.nodes:
        if is_constant(node):
            data = node.attrs["value"]
            assert isinstance(data, np.ndarray)
            layout = Layout.CONTIGUOUS if data.flags.c_contiguous else Layout.UNKNOWN
        else:
            layout = _layout(node, known)
        for value in node.outputs:
            known[value] = layout
    return known


def _layout(node: Node, known: Mapping[Value, Layout]) -> Layout:
    op, operands = node.op, [known[v] for v in node.inputs]
    if _always_row_major(node):
        return Layout.CONTIGUOUS
    if Layout.UNKNOWN in operands:
        return Layout.UNKNOWN
    if op.view:
        if op.name in _SAME_LAYOUT:
            return operands[0]
        return Layout.ORDERED if op.name in _SAME_ORDER else Layout.UNKNOWN
    if op.kind not in _ROW_MAJOR_KINDS and op.name not in _ROW_MAJOR:
        return Layout.UNKNOWN
    gaps = any(known[v] is Layout.ORDERED and v.ndim > 1 for v in node.inputs)
    return Layout.UNKNOWN if gaps and not isinstance(op.evaluate, np.ufunc) else Layout.CONTIGUOUS


def _always_row_major(node: Node) -> bool:
    return node.op.name == "matmul" and node.output.ndim == 2


def _guarded(
    graph: Graph, into: Mapping[Node, Value], known: Mapping[Value, Layout]
) -> tuple[Value, ...]:
    """The parameters on whose layout the planned writes rely."""
    seen: set[Value] = set()
    stack = [v for node, buffer in into.items() for v in (buffer, *node.inputs)]
    while stack:
        value = stack.pop()
        if value in seen:
            continue
        seen.add(value)
        node = value.producer
        if node is not None and not _always_row_major(node):
            stack += node.inputs
    return tuple(v for v in graph.parameters if v in seen and known[v] is Layout.CONTIGUOUS)


# Reuse.


def _assign(
    ordered: list[Node],
    roots: Mapping[Value, frozenset[Value]],
    last: Mapping[Value, int],
    known: Mapping[Value, Layout],
) -> dict[Node, Value]:
    """For each node that can, the dead value whose memory it writes its result into."""
    dies: dict[Value, int] = {}
    for value, i in last.items():
        for root in roots[value]:
            dies[root] = max(dies.get(root, 0), i)
    into: dict[Node, Value] = {}
    free: list[Value] = []
    for i, node in enumerate(ordered):
        free = [b for b in free if i - dies[b] <= HOLD]
        if writes_in_place(node) and known[node.output] is Layout.CONTIGUOUS:
            found = _buffer_for(node, i, free, dies, roots, known)
            if found is not None:
                into[node] = found
                if found in free:
                    free.remove(found)
        taken = into.get(node)
        operands = {r for v in node.inputs for r in roots.get(v, ())}
        for buffer in (*operands, *node.outputs):
            if buffer is not taken and dies.get(buffer) == i and _owned(buffer, roots):
                free.append(buffer)
    return into


def _buffer_for(
    node: Node,
    i: int,
    free: list[Value],
    dies: Mapping[Value, int],
    roots: Mapping[Value, frozenset[Value]],
    known: Mapping[Value, Layout],
) -> Value | None:
    def fits(buffer: Value) -> bool:
        return (
            buffer.type == node.output.type
            and buffer.ndim > 0
            and known[buffer] is Layout.CONTIGUOUS
        )

    for operand in node.inputs:
        # In place, only where no other operand looks at the same memory in another order.
        alone = all(v is operand or operand not in roots.get(v, ()) for v in node.inputs)
        if alone and dies.get(operand) == i and _owned(operand, roots) and fits(operand):
            return operand
    return next((b for b in reversed(free) if fits(b)), None)


def _owned(buffer: Value, roots: Mapping[Value, frozenset[Value]]) -> bool:
    """Whether the memory was allocated by this run for this value alone."""
    return buffer.producer is not None and roots.get(buffer) == frozenset((buffer,))


def _bytes(type: TensorType, binding: Mapping[str, int]) -> int:
    size = product(type.shape)
    known = substitute(size, {**dict.fromkeys(symbols_of((size,)), 1), **binding})
    assert isinstance(known, int)
    return known * type.dtype.itemsize
