"""The derivatives of `cond`: each branch has its own."""

from __future__ import annotations

from collections.abc import Sequence

from ..autodiff import backpropagate, inline, push_forward
from ..dispatch import Building, using
from ..dispatch.current import current
from ..ir import Graph, Node
from ..ops import full, zeros_like
from ..ops.op import Cotangents
from .cond import make_cond
from .loops import dependencies
from .regions import Traced


def pull_back(
    node: Node, cotangents: Cotangents, wanted: Sequence[bool], known: Cotangents
) -> Cotangents:
    """The rule of `COND`: a cond whose branches compute what they need of the forward branches again."""
    outputs = [i for i, g in enumerate(cotangents) if g is not None]
    reached = {i + 1 for branch in node.regions for o in outputs for i in dependencies(branch)[o]}
    targets = [i for i, ask in enumerate(wanted) if ask and i in reached]
    if not targets:
        return known
    builder = current()
    assert isinstance(builder, Building)
    seeds = [g for g in cotangents if g is not None]
    totals = [t for i in targets if (t := known[i]) is not None]
    captures = (*node.inputs[1:], *seeds, *totals)
    branches = [
        Traced(_backward(branch, outputs, targets, known), captures) for branch in node.regions
    ]
    made = make_cond(builder, node.inputs[0], *branches)
    found = list(known)
    for i, total in zip(targets, made, strict=True):
        found[i] = total
    return found


def _backward(
    branch: Graph, outputs: Sequence[int], targets: Sequence[int], known: Cotangents
) -> Graph:
    """From a branch's captures, the cotangents of its outputs and what is known, to the cotangents of the captures."""
    builder = Building(branch.name)
    values = inline(branch, builder)
    ends = [branch.outputs[i] for i in outputs]
    seeds = [builder.input(v.type) for v in ends]
    inputs = [values[branch.inputs[i - 1]] for i in targets]
    totals = {
        v: builder.input(v.type)
        for i, v in zip(targets, inputs, strict=True)
        if known[i] is not None
    }
    found = backpropagate([values[v] for v in ends], seeds, inputs, builder, totals)
    with using(builder):
        results = [
            g if g is not None else full(v.shape, -0.0, v.dtype)
            for g, v in zip(found, inputs, strict=True)
        ]
    return builder.close(
        [*(values[v] for v in branch.inputs), *seeds, *totals.values()],
        results,  # type: ignore[arg-type]
    )


def push_tangents(node: Node, tangents: Cotangents) -> Cotangents:
    """The forward rule of `COND`: the tangents of what the chosen branch gives."""
    builder = current()
    assert isinstance(builder, Building)
    moving = [i for i, t in enumerate(tangents) if t is not None]
    reach = [dependencies(branch) for branch in node.regions]
    moved = [
        o
        for o, v in enumerate(node.outputs)
        if v.dtype.is_float and any(i - 1 in r[o] for r in reach for i in moving)
    ]
    if not moved:
        return [None] * len(node.outputs)
    captures = (*node.inputs[1:], *(t for t in tangents if t is not None))
    branches = [Traced(_forward(b, moving, moved), captures) for b in node.regions]
    made = dict(zip(moved, make_cond(builder, node.inputs[0], *branches), strict=True))
    return [made.get(o) for o in range(len(node.outputs))]


def _forward(branch: Graph, moving: Sequence[int], moved: Sequence[int]) -> Graph:
    builder = Building(branch.name)
    values = inline(branch, builder)
    tangents = {(v := values[branch.inputs[i - 1]]): builder.input(v.type) for i in moving}
    inputs = [*(values[v] for v in branch.inputs), *tangents.values()]
    push_forward(list(builder.nodes), tangents, builder)
    ends = [values[branch.outputs[o]] for o in moved]
    with using(builder):
        results = [tangents[v] if v in tangents else zeros_like(v) for v in ends]
    return builder.close(inputs, results)  # type: ignore[arg-type]
