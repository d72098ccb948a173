"""Lift eager history to a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ..dispatch import Array, Building, Origin
from ..ir import Graph, State, Value
from ..ops import REGISTRY
from ..passes import finish

Boundary = Callable[[Array], bool]


def history_until(roots: Iterable[Array], boundary: Boundary) -> list[Array]:
    """What the roots were computed from, operands before results, leaves and boundary values included.

    The walk does not look behind a value for which ``boundary`` holds, unless that value is itself a root. The order is
    the canonical one of `live_nodes`. Iterative, so that any depth is fine.
    """
    order: list[Array] = []
    seen: set[Array] = set()
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(root.inputs))]
        while stack:
            array, operands = stack[-1]
            for x in operands:
                if isinstance(x, Array) and x not in seen:
                    seen.add(x)
                    stack.append((x, iter(() if boundary(x) else x.inputs)))
                    break
            else:
                stack.pop()
                order.append(array)
    return order


def lift(
    name: str,
    outputs: Sequence[Array],
    inputs: Mapping[Array, str],
    writes: Mapping[Origin, Array],
    boundary: Boundary = lambda _: False,
    is_input: Boundary = lambda _: False,
    leaves: list[Array] | None = None,
) -> Graph:
    """The closed graph that computes eager values.

    Args:
        name: the graph's name.
        outputs: values that become the outputs.
        inputs: values that become the inputs, in order, with their names.
        writes: the last value of every leaf that was written: these become the states' outputs.
        boundary: values whose own history belongs to an earlier graph.
        is_input: whether a leaf that stands for nothing (no `Origin`) is one more input rather than a constant.
        leaves: gets what each parameter of the graph stands for, in the order of the parameters.

    Returns:
        A graph in which every leaf with an `Origin` is a state and every other leaf an input or a constant. Inputs
        not named in ``inputs`` and states come in the order in which the walk meets them.
    """
    builder = Building(name)
    values: dict[Array, Value] = {
        a: builder.input(a.type, hint, a.location) for a, hint in inputs.items()
    }
    more: dict[Value, Array] = {}
    first: dict[Origin, Array] = {}
    read: dict[Origin, Value] = {}
    roots = set(writes.values())
    # A root may be an input too (a function that returns its argument).
    for array in history_until((*outputs, *writes.values()), lambda a: a in inputs or boundary(a)):
        if array in values:
            continue
        is_leaf = array.op is None or (boundary(array) and array not in roots)
        if not is_leaf:
            values[array] = _apply(builder, array, values)
        elif array.origin is not None:
            if array.origin not in read:
                first[array.origin] = array
                read[array.origin] = builder.input(array.type, array.origin.name, array.location)
            values[array] = read[array.origin]
        elif is_input(array):
            values[array] = builder.input(array.type, f"x{len(more)}", array.location)
            more[values[array]] = array
        else:
            builder.at = array.location
            values[array] = builder.constant(np.array(array.data))
    builder.at = None
    for origin, array in writes.items():
        if origin not in read:
            first[origin] = array
            read[origin] = builder.input(array.type, origin.name, array.location)
    states = [
        State(slot, value, values[writes[origin]] if origin in writes else value)
        for slot, (origin, value) in zip(_slots(read), read.items(), strict=True)
    ]
    if leaves is not None:
        leaves += (*inputs, *more.values(), *(first[origin] for origin in read))
    graph = builder.close(
        [*(values[a] for a in inputs), *more], [values[a] for a in outputs], states
    )
    return finish(graph)


def _apply(builder: Building, array: Array, values: Mapping[Array, Value]) -> Value:
    assert array.op is not None
    if array.op.name not in REGISTRY:
        # A function whose gradient the user wrote: its first operand is the value that it computed.
        value = array.inputs[0]
        assert isinstance(value, Array)
        return values[value]
    builder.at = array.location
    numbers = [x for x in array.inputs if not isinstance(x, Array)]
    if not numbers:
        operands = [values[x] for x in array.inputs if isinstance(x, Array)]
        return builder.apply(array.op, operands, array.attrs)
    like = next(values[x] for x in array.inputs if isinstance(x, Array))
    return builder.apply(
        array.op,
        [values[x] if isinstance(x, Array) else builder.scalar(x, like) for x in array.inputs],
        array.attrs,
    )


def _slots(origins: Iterable[Origin]) -> list[str]:
    """A name for each state, made unique where two leaves are called the same."""
    used: dict[str, int] = {}
    slots = []
    for origin in origins:
        name = origin.name or origin.kind
        count = used[name] = used.get(name, -1) + 1
        slots.append(f"{name}_{count}" if count else name)
    return slots
