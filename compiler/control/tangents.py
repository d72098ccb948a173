"""The forward mode of loops: a loop that carries the tangents beside the values."""

from __future__ import annotations

from ..autodiff import inline, push_forward
from ..dispatch import Building, using
from ..dispatch.current import current
from ..ir import Graph, Node, Value, close
from ..ops import full, zeros_like
from ..ops.op import Cotangents
from .loops import Loop, dependencies
from .regions import Traced
from .scan import SCAN, make_scan
from .while_loop import make_while


def push_tangents(node: Node, tangents: Cotangents) -> Cotangents:
    """The forward rule of `SCAN` and `WHILE`: tangents of the last carries and of the stacks."""
    builder = current()
    assert isinstance(builder, Building)
    loop = Loop.of(node)
    n, m = loop.carries, loop.sequences
    reach = dependencies(loop.body)
    moving = {i for i, t in enumerate(tangents) if t is not None}
    while more := {j for j in range(n) if j not in moving and reach[j] & moving}:
        moving |= more
    moved = [o for o in range(n, len(node.outputs)) if reach[o] & moving]
    carries = sorted(i for i in moving if i < n)
    slices = sorted(i for i in moving if n <= i < n + m)
    captures = sorted(i for i in moving if i >= n + m)
    region = Building("tangents")
    values = inline(loop.body, region)
    inputs = [values[v] for v in loop.body.inputs]
    pushed: dict[Value, Value] = {}
    for i in (*carries, *slices, *captures):
        pushed[inputs[i]] = region.input(inputs[i].type, "tangent")
    ordered = [pushed[inputs[i]] for i in (*carries, *slices, *captures)]
    push_forward(list(region.nodes), pushed, region)
    ends = [values[v] for v in loop.body.outputs]
    with using(region):
        results = [pushed.get(ends[o]) or zeros_like(ends[o]) for o in (*carries, *moved)]
    k, s = len(carries), len(slices)
    body = region.close(
        [*inputs[:n], *ordered[:k], *inputs[n : n + m], *ordered[k : k + s], *inputs[n + m :], *ordered[k + s :]],
        [*ends[:n], *results[:k], *results[k:]],
    )  # fmt: skip
    initial = [*node.inputs[:n], *(_start(node.inputs[i], tangents[i]) for i in carries)]
    captured = (*node.inputs[n + m :], *(t for i in captures if (t := tangents[i]) is not None))
    if node.op is SCAN:
        sequences = [
            *node.inputs[n : n + m],
            *(t for i in slices if (t := tangents[i]) is not None),
        ]
        made = make_scan(
            builder, Traced(body, captured), initial, sequences, loop.length, loop.reverse
        )
    else:
        maximum = node.attrs["maximum"]
        assert maximum is None or isinstance(maximum, int)
        condition = Traced(_widened(node.regions[0], body, n, k), captured)
        made = make_while(
            builder, condition, Traced(body, captured), initial, maximum, sorted(loop.varying)
        )
    found: list[Value | None] = [None] * len(node.outputs)
    for place, tangent in zip((*carries, *moved), made[n:], strict=True):
        found[place] = tangent
    return found


def _start(value: Value, tangent: Value | None) -> Value:
    if tangent is not None:
        return tangent
    return full(value.shape, 0.0, value.dtype)  # type: ignore[return-value]


def _widened(condition: Graph, body: Graph, carries: int, more: int) -> Graph:
    """The condition as a region that takes what the body takes."""
    builder = Building(condition.name)
    values = inline(condition, builder)
    inputs = [values[v] for v in condition.inputs]
    others = [builder.input(v.type, v.hint) for v in body.inputs[carries : carries + more]]
    rest = inputs[carries:]
    extra = [builder.input(v.type, v.hint) for v in body.inputs[carries + more + len(rest) :]]
    outputs = [values[v] for v in condition.outputs]
    return close(condition.name, [*inputs[:carries], *others, *rest, *extra], outputs)
