"""The steps of a run: functions from one state to the next. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...compiler.control.sizes import attr_symbols, made_symbols
from ...compiler.errors import BifrontError
from ...compiler.ir import Graph, Value, substitute, symbols_of
from ..arguments import Arguments
from ..binding import solve
from ..regions import Loop, is_cond, nodes_within
from .evaluating import bound, evaluated
from .state import Entry, Frame, Stack, State, program_of
from .values import Values

__all__ = ["into", "out", "over", "results", "start", "with_value"]

_Arrays = tuple[np.ndarray, ...]


def start(graph: Graph, arrays: Sequence[np.ndarray]) -> State:
    """The beginning of a run.

    Args:
        arrays: one for each of ``graph.parameters``, of their types.

    Raises:
        FeedError: they are not what the graph takes.
        ShapeError: they disagree on a symbolic dimension.
    """
    arguments = Arguments(graph)
    arguments.check(arrays)
    sizes = solve(graph.parameters).sizes(arguments, arrays)
    known = Values().plus(dict(zip(graph.parameters, arrays, strict=True)))
    return State((Frame(program_of(graph), 0, known, sizes),))


def into(state: State) -> State:
    """The next step: one node is computed, or a region is entered, or left at its end.

    Raises:
        BifrontError: the node's operation fails.
    """
    frame = state.inner
    node = frame.node
    if node is None:
        return state if frame.entry is None else _left(state)
    operands = [frame.values[v] for v in node.inputs]
    if not node.regions:
        return _computed(state, evaluated(node, operands, frame.sizes))
    if is_cond(node):
        part, region = ("then", 0) if operands[0] else ("otherwise", 1)
        entry = Entry(node, part)
        return _entered(state, node.regions[region], operands[1:], entry)
    loop = Loop(node)
    return _iteration(state, loop, 0, tuple(operands[: loop.carries]), None)


def over(state: State) -> State:
    """The next node as a whole, with all that its regions do."""
    depth = state.depth
    state = into(state)
    while state.depth > depth:
        state = into(state)
    return state


def out(state: State) -> State:
    """The end of the region that is being run, all its iterations included: behind its branch or loop."""
    depth = state.depth
    while state.depth >= depth and not state.finished:
        state = into(state)
    return state


def results(state: State) -> _Arrays:
    """Outputs and new states of a finished run, as an executable gives them: nothing shares memory."""
    assert state.finished
    frame = state.inner
    return tuple(np.array(frame.values[v]) for v in frame.program.graph.results)


def with_value(state: State, value: Value, new: np.ndarray) -> State:
    """The same moment, had a value of the innermost frame been another: what was computed from it is computed anew.

    Raises:
        BifrontError: the value is not known there, ``new`` has another shape or type, or an operation fails.
    """
    frame = state.inner
    name = frame.program.names.get(value, "the value")
    if value not in frame.values:
        raise BifrontError(f"{name} is no value of this frame that is computed already")
    old = frame.values[value]
    new = np.asarray(new)
    if not np.can_cast(new.dtype, old.dtype, "same_kind"):
        raise BifrontError(f"{name} is {old.dtype}, and cannot become {new.dtype}")
    try:
        array = np.array(np.broadcast_to(new, old.shape), old.dtype)
    except ValueError:
        raise BifrontError(f"{name} has shape {old.shape}, and cannot get {new.shape}") from None
    changed = frame.changed | {value}
    stale: set[Value] = {value}
    sizes: set[str] = set()
    there = replace(frame, at=0, values=frame.values.plus({value: array}), changed=changed)
    for at, node in enumerate(frame.program.order[: frame.at]):
        used = (node, *(n for region in node.regions for n in nodes_within(region)))
        if stale.isdisjoint(node.inputs) and sizes.isdisjoint(
            s for n in used for s in attr_symbols(n)
        ):
            continue
        stale.update(node.outputs)
        found = made_symbols(node)
        sizes.update(found)
        known = {s: size for s, size in there.sizes.items() if s not in found}
        again = replace(there, at=at, sizes=known)
        made = over(State((*state.frames[:-1], again))).inner
        kept = {v: frame.values[v] for v in node.outputs if v in changed - {value}}
        there = replace(made, values=made.values.plus(kept) if kept else made.values)
    there = replace(there, at=frame.at)
    return State((*state.frames[:-1], there), (value,), True)


def _computed(state: State, arrays: _Arrays, trips: tuple[str, int] | None = None) -> State:
    """The moment when the next node of the innermost frame has given these arrays."""
    frame = state.inner
    node = frame.node
    assert node is not None
    sizes = frame.sizes
    if trips is not None:
        sizes = {**sizes, trips[0]: trips[1]}
    known = replace(
        frame,
        at=frame.at + 1,
        values=frame.values.plus(dict(zip(node.outputs, arrays, strict=True))),
        sizes=bound(node.outputs, arrays, sizes),
    )
    return replace(state, frames=(*state.frames[:-1], known), made=node.outputs)


def _entered(state: State, region: Graph, given: Sequence[np.ndarray], entry: Entry) -> State:
    sizes = bound(region.inputs, given, state.inner.sizes)
    known = Values().plus(dict(zip(region.inputs, given, strict=True)))
    frame = Frame(program_of(region), 0, known, sizes, entry)
    return replace(state, frames=(*state.frames, frame), made=())


def _iteration(state: State, loop: Loop, number: int, carries: _Arrays, stacked: Stack) -> State:
    """The beginning of an iteration; the end of the loop if there is none."""
    frame = state.inner
    operands = [frame.values[v] for v in loop.node.inputs]
    captures = [operands[i] for i in loop.captures]
    if loop.condition is not None:
        if number == loop.maximum:
            return _looped(state, loop, number, carries, stacked)
        entry = Entry(loop.node, "condition", number, carries, stacked)
        return _entered(state, loop.condition, [*carries, *captures], entry)
    length = substitute(loop.length, frame.sizes)
    assert isinstance(length, int)
    if number == length:
        return _looped(state, loop, number, carries, stacked)
    place = length - 1 - number if loop.reverse else number
    slices = [operands[i][place, ...] for i in loop.sequences]
    entry = Entry(loop.node, "body", number, carries, stacked)
    return _entered(state, loop.body, [*carries, *slices, *captures], entry)


def _looped(state: State, loop: Loop, trips: int, carries: _Arrays, stacked: Stack) -> State:
    parts: list[_Arrays] = []
    while stacked is not None:
        stacked, last = stacked
        parts.append(last)
    if not loop.reverse:
        parts.reverse()
    whole = [_stack(state.inner, v, i, parts) for i, v in enumerate(loop.stacked)]
    name = symbols_of((loop.trips,)) if loop.condition is not None else []
    return _computed(state, (*carries, *whole), (name[0], trips) if name else None)


def _stack(frame: Frame, value: Value, i: int, parts: Sequence[_Arrays]) -> np.ndarray:
    if parts:
        return np.stack([part[i] for part in parts])
    shape = [substitute(d, frame.sizes) for d in value.shape[1:]]
    # A size that no iteration told may be any.
    return np.empty((0, *[d if isinstance(d, int) else 0 for d in shape]), value.dtype.numpy)


def _left(state: State) -> State:
    """The moment after the end of a region."""
    frame = state.inner
    entry = frame.entry
    assert entry is not None
    gave = tuple(frame.values[v] for v in frame.program.graph.outputs)
    outer = replace(state, frames=state.frames[:-1], made=())
    if entry.iteration is None:
        return _computed(outer, gave)
    loop, number, carries = Loop(entry.node), entry.iteration, entry.carries
    if entry.part == "condition":
        if not gave[0]:
            return _looped(outer, loop, number, carries, entry.stacked)
        captures = [outer.inner.values[entry.node.inputs[i]] for i in loop.captures]
        goes_on = replace(entry, part="body")
        return _entered(outer, loop.body, [*carries, *captures], goes_on)
    stacked = (entry.stacked, gave[loop.carries :]) if loop.stacked else None
    return _iteration(outer, loop, number + 1, gave[: loop.carries], stacked)
