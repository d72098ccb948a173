"""Reverse mode: one walk, used on graphs (`vjp`) and on eager history (``loss.backward()``) alike.

Because both frontends walk the same structure in the same order and call the same rules, the gradients that they
record are the same graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..dispatch import Array, Building, Recording, current, using
from ..ir import Graph, Node, Value, live_nodes
from ..ops import Whole, add, zeros_like
from .history import history
from .joint import Joint

if TYPE_CHECKING:
    from ..ops.op import TensorLike

Visit = Callable[[Array, Array], "Array | None"]


def backpropagate(
    outputs: Sequence[Value],
    seeds: Sequence[Value],
    wrt: Sequence[Value],
    builder: Building,
    known: Mapping[Value, Value] | None = None,
) -> list[Value | None]:
    """Cotangents of ``wrt`` given cotangents of ``outputs``; None where no path leads there.

    The new nodes go to ``builder`` and carry the location of the forward node whose gradient they compute. What is
    ``known`` of a cotangent from elsewhere is included: the parts that are found are added to it one by one.
    """
    gradients = backpropagate_until(outputs, seeds, wrt, (), builder, known)
    return [gradients.get(v) for v in wrt]


def backpropagate_until(
    outputs: Sequence[Value],
    seeds: Sequence[Value],
    wrt: Sequence[Value],
    until: Sequence[Value],
    builder: Building,
    known: Mapping[Value, Value] | None = None,
) -> dict[Value, Value]:
    """The part of `backpropagate` that does not go through what other values are computed from.

    Args:
        until: the values whose own computation, themselves included, is left out.

    Returns:
        The cotangents that there are: of ``wrt``, and of the values at which the walk stopped.
    """
    active = set(wrt)
    for node in live_nodes((*outputs, *until)):
        if node.op.vjp is not None and any(v in active for v in node.inputs):
            active.update(v for v in node.outputs if v.dtype.is_float)
    # Eager history is walked along ways of gradient only; so is the graph, or sums would be written in another order.
    nodes = live_nodes(outputs, active)
    if until:
        beyond = set(live_nodes(until, active))
        nodes = [node for node in nodes if node not in beyond]
    gradients: dict[Value, Value] = dict(known or {})
    with using(builder):
        for output, seed in zip(outputs, seeds, strict=True):
            if output in active:
                _accumulate(gradients, output, seed)
        wanted = set(wrt)
        before = builder.at
        try:
            for node in reversed(nodes):
                _pull_back(node, gradients, active, wanted, builder)
        finally:
            builder.at = before
    return gradients


def _pull_back(
    node: Node,
    gradients: dict[Value, Value],
    active: set[Value],
    wanted: set[Value],
    builder: Building,
) -> None:
    rules = node.op.vjp
    if isinstance(rules, Whole):
        _pull_back_whole(node, rules, gradients, active, wanted, builder)
        return
    y = node.outputs[0]
    g = gradients.get(y) if y in wanted else gradients.pop(y, None)
    if g is None or rules is None:
        return
    builder.at = node.location
    for i, operand in enumerate(node.inputs):
        rule = rules[i] if operand in active else None
        if rule is not None:
            _accumulate(gradients, operand, rule(g, y, *node.inputs, **node.attrs))


def _pull_back_whole(
    node: Node,
    rule: Whole,
    gradients: dict[Value, Value],
    active: set[Value],
    wanted: set[Value],
    builder: Building,
) -> None:
    cotangents = [gradients.get(y) if y in wanted else gradients.pop(y, None) for y in node.outputs]
    if all(g is None for g in cotangents):
        return
    builder.at = node.location
    asked = [v in active and v.dtype.is_float for v in node.inputs]
    # What is known goes to the first of several places at which a value is used.
    known = [
        gradients.pop(v, None) if ask else None for v, ask in zip(node.inputs, asked, strict=True)
    ]
    for operand, part in zip(node.inputs, rule.rule(node, cotangents, asked, known), strict=True):
        if part is not None:
            _accumulate(gradients, operand, part)


def _accumulate(gradients: dict[Value, Value], value: Value, part: TensorLike) -> None:
    assert isinstance(part, Value)
    known = gradients.get(value)
    gradients[value] = part if known is None else add(known, part)  # type: ignore[assignment]


def backward(
    outputs: Sequence[Array],
    seeds: Sequence[Array],
    wanted: Iterable[Array],
    *,
    interpreter: Recording | None = None,
    visit: Visit | None = None,
    on_node: Callable[[Array], None] | None = None,
) -> dict[Array, Array]:
    """Cotangents of the ``wanted`` eager values given cotangents of ``outputs``.

    Args:
        outputs: roots of the walk.
        seeds: their cotangents.
        wanted: values whose cotangent is to be returned (leaves, or values whose gradient is retained).
        interpreter: what the gradient's own operations are given to: None evaluates and forgets; a `Recording`
            remembers them (``create_graph=True``, or a trace), stamped with the forward operation's location.
        visit: called with (value, cotangent) when a cotangent is complete; what it returns replaces the cotangent
            (tensor hooks).
        on_node: called for each walked value after its rules ran (to free it).
    """
    wanted = set(wanted)
    found: dict[Array, Array] = {}
    gradients: dict[Array, Array] = {}
    order = history(outputs)
    with using(interpreter if interpreter is not None else current().forgetful()):
        for output, seed in zip(outputs, seeds, strict=True):
            known = gradients.get(output)
            gradients[output] = seed if known is None else add(known, seed)  # type: ignore[assignment]
        while order:
            # Popped, so that a value which nobody needs any more is freed as soon as the walk is past it.
            y = order.pop()
            g = gradients.pop(y, None)
            if g is None:
                continue
            if visit is not None:
                changed = visit(y, g)
                g = g if changed is None else changed
            if y in wanted:
                found[y] = g
            op = y.op
            if op is None or op.vjp is None or y.origin is not None:
                # A leaf, or a value that was declared to be one (a trace remembers what made it all the same).
                continue
            if interpreter is not None:
                interpreter.at = (y.code, y.lasti)
            inputs = y.inputs
            rules = op.vjp
            if isinstance(rules, Joint):
                rules.pull(y, g, gradients, order)
                if on_node is not None:
                    on_node(y)
                continue
            assert not isinstance(rules, Whole), (
                "operations with regions are never evaluated eagerly"
            )
            operands = _lift(inputs)
            for i, x in enumerate(inputs):
                if x.__class__ is Array and x.tracked and (rule := rules[i]) is not None:
                    part = rule(g, y, *operands, **y.attrs)
                    known = gradients.get(x)
                    gradients[x] = part if known is None else add(known, part)  # type: ignore[assignment]
            if on_node is not None:
                on_node(y)
    return found


def _lift(inputs: tuple[Array | float, ...]) -> Sequence[Array]:
    """Python numbers beside an array become the constants that a graph would hold."""
    for x in inputs:
        if x.__class__ is not Array:
            break
    else:
        return inputs  # type: ignore[return-value]
    dtype = next(x.data.dtype for x in inputs if isinstance(x, Array))
    return [
        x if isinstance(x, Array) else current().constant(np.asarray(x, dtype))  # type: ignore[misc]
        for x in inputs
    ]


def vjp(graph: Graph, wrt: Sequence[int | str] | None = None) -> Graph:
    """The vector-Jacobian product of a graph, as a graph.

    Args:
        graph: the function to differentiate.
        wrt: what to differentiate for: positions among the inputs or names of state slots; None: every float input
            and state.

    Returns:
        A graph whose inputs are those of ``graph`` followed by one cotangent for each float output, with the same
        states (unchanged), whose outputs are the cotangents of ``wrt``. Where no path leads, the cotangent is zeros.
    """
    from .inline import inline

    builder = Building(f"{graph.name}.vjp")
    values = inline(graph, builder)
    targets = _targets(graph, wrt)
    outputs = [v for v in graph.outputs if v.dtype.is_float]
    seeds = [builder.input(v.type, f"d_{v.hint or i}", v.location) for i, v in enumerate(outputs)]
    found = backpropagate(
        [values[v] for v in outputs], seeds, [values[v] for v in targets], builder
    )
    with using(builder):
        cotangents = [
            g if g is not None else zeros_like(values[t])
            for g, t in zip(found, targets, strict=True)
        ]
    return _finish(graph, builder, values, [values[v] for v in graph.inputs] + seeds, cotangents)


def gradients(graph: Graph, wrt: Sequence[int | str] | None = None) -> Graph:
    """The gradients of a graph with one scalar float output: same inputs and states, one output for each of ``wrt``."""
    from .inline import inline

    if len(graph.outputs) != 1 or graph.outputs[0].shape or not graph.outputs[0].dtype.is_float:
        from ..errors import GradientError

        kinds = ", ".join(str(v.type) for v in graph.outputs)
        raise GradientError(
            f"gradients() needs a graph with one scalar float output; {graph.name!r} gives {kinds}",
            hint="reduce the output to one number, or use vjp() and give the cotangent",
        )
    builder = Building(f"{graph.name}.gradients")
    values = inline(graph, builder)
    targets = _targets(graph, wrt)
    loss = values[graph.outputs[0]]
    with using(builder):
        seed = current().constant(np.ones((), loss.dtype.numpy))
        assert isinstance(seed, Value)
        found = backpropagate([loss], [seed], [values[v] for v in targets], builder)
        filled = [
            g if g is not None else zeros_like(values[t])
            for g, t in zip(found, targets, strict=True)
        ]
    return _finish(graph, builder, values, [values[v] for v in graph.inputs], filled)


def _targets(graph: Graph, wrt: Sequence[int | str] | None) -> list[Value]:
    if wrt is None:
        return [v for v in graph.parameters if v.dtype.is_float]
    slots = {s.slot: s.input for s in graph.states}
    return [graph.inputs[w] if isinstance(w, int) else slots[w] for w in wrt]


def _finish(
    graph: Graph,
    builder: Building,
    values: dict[Value, Value],
    inputs: Sequence[Value],
    outputs: Sequence[TensorLike],
) -> Graph:
    from ..ir import State

    states = [State(s.slot, values[s.input], values[s.input]) for s in graph.states]
    return builder.close(inputs, outputs, states)  # type: ignore[arg-type]
