"""One order for what goes into and comes out of nodes with regions, whatever order their author chose.

Results that nobody uses are dropped, with the carries and operands that only they needed. The others stand in the
order in which a walk from the graph's results meets them first; carries that only the loop itself needs, and sequences,
in the order in which a walk through its body does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..control import COND, SCAN, WHILE
from ..control.canonical import Canonical
from ..control.loops import Loop
from ..dispatch import Building
from ..ir import Expr, Graph, Node, Value, live_nodes
from ..ops import Kind
from .rebuilding import rebuilt


def order_regions(graph: Graph) -> Graph:
    """Put the operands and results of nodes with regions in their canonical order; drop those that are not used."""
    count = sum(node.op.kind is Kind.CONTROL and bool(node.regions) for node in graph.nodes)
    # From the last node to the first: the order in which a result is met depends on what comes after it alone.
    for place in range(count, 0, -1):
        nodes = [n for n in live_nodes(graph.results) if n.regions and n.op.kind is Kind.CONTROL]
        if place > len(nodes):
            continue
        graph = _with_ordered(graph, nodes[place - 1])
    return graph


def _with_ordered(graph: Graph, node: Node) -> Graph:
    used = _uses(graph, node)

    def rebuild(builder: Building, at: Node, operands: Sequence[Value]) -> list[Value] | None:
        if at is not node:
            return None
        make = _ordered_cond if node.op is COND else _ordered_loop
        kept = make(builder, node, operands, used)
        # Nobody uses the others.
        return [kept.get(i, v) for i, v in enumerate(node.outputs)]

    return rebuilt(graph, rebuild)


def _uses(graph: Graph, node: Node) -> list[int]:
    """Positions of the node's outputs in the order in which they are used."""
    met: dict[int, None] = {}
    for user in live_nodes(graph.results):
        met.update((v.index, None) for v in user.inputs if v.producer is node)
    met.update((v.index, None) for v in graph.results if v.producer is node)
    return list(met)


def _ordered_cond(
    builder: Building, node: Node, operands: Sequence[Value], used: Sequence[int]
) -> dict[int, Value]:
    canonical = Canonical(builder, hoist=False)
    for region in node.regions:
        outputs = tuple(region.outputs[i] for i in used)
        part = Graph(region.name, region.inputs, (), region.nodes, outputs)
        canonical.add(part, (), dict(zip(region.inputs, operands[1:], strict=True)))
    needed = {d for i in used for d in node.outputs[i].shape}
    sizes = tuple(d for d in _tuple(node.attrs["sizes"]) if d in needed)
    made = builder.node(
        COND, [operands[0], *canonical.captures], {"sizes": sizes}, canonical.regions()
    )
    return dict(zip(used, made.outputs, strict=True))


def _ordered_loop(
    builder: Building, node: Node, operands: Sequence[Value], used: Sequence[int]
) -> dict[int, Value]:
    loop = Loop.of(node)
    n, m = loop.carries, loop.sequences
    condition = node.regions[0] if node.op is WHILE else None
    carries, sequences = _walk(loop, condition, used)
    stacks = [i for i in used if i >= n]
    if not sequences and m and isinstance(loop.length, Expr):
        # Where the size is found out by another node, the sequence is what makes this one come after it.
        sequences = [n]
    body = loop.body
    captures = dict(zip(body.inputs[n + m :], operands[n + m :], strict=True))
    part = Graph(
        body.name, body.inputs, (), body.nodes,
        tuple(body.outputs[i] for i in (*carries, *stacks)),
    )  # fmt: skip
    canonical = Canonical(builder, hoist=True, varying=loop.varying)
    if condition is not None:
        outer = dict(zip(condition.inputs[n:], operands[n:], strict=True))
        canonical.add(condition, [condition.inputs[i] for i in carries], outer)
    canonical.add(part, [body.inputs[i] for i in (*carries, *sequences)], captures)
    attrs = {**node.attrs, "carries": len(carries)}
    if node.op is SCAN:
        attrs["sequences"] = len(sequences)
    inputs = [*(operands[i] for i in (*carries, *sequences)), *canonical.captures]
    made = builder.node(node.op, inputs, attrs, canonical.regions())
    return dict(zip((*carries, *stacks), made.outputs, strict=True))


def _walk(loop: Loop, condition: Graph | None, used: Iterable[int]) -> tuple[list[int], list[int]]:
    """The carries and sequences that are needed, in the order in which they are met."""
    body, n = loop.body, loop.carries
    at = {v: i for i, v in enumerate(body.inputs)}
    if condition is not None:
        at.update((v, i) for i, v in enumerate(condition.inputs[:n]))
    carries = {i: None for i in used if i < n}
    sequences: dict[int, None] = {}

    def meet(results: Sequence[Value]) -> None:
        values = [v for node in live_nodes(results) for v in node.inputs]
        for v in (*values, *results):
            i = at.get(v, -1)
            if 0 <= i < n:
                carries.setdefault(i)
            elif n <= i < loop.first_capture:
                sequences.setdefault(i)

    meet([body.outputs[i] for i in used])
    if condition is not None:
        meet(condition.outputs)
    walked = 0
    while walked < len(carries):
        meet((body.outputs[list(carries)[walked]],))
        walked += 1
    return list(carries), list(sequences)


def _tuple(attr: object) -> tuple[Expr, ...]:
    assert isinstance(attr, tuple)
    return attr
