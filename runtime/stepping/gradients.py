"""Gradients at a moment of a run: of a scalar result, with respect to any value that is known.

The rest of the run is built as a graph that takes the value as an input: the innermost region from its own inputs, then
the iterations that are left of its loop as a loop, then what is behind the loop, and so on outwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...compiler.autodiff import backpropagate, specialize
from ...compiler.autodiff.inline import bind_attrs
from ...compiler.control.while_loop import fresh_size, while_attrs
from ...compiler.dispatch import Building, using
from ...compiler.errors import GradientError, Place
from ...compiler.ir import Expr, Graph, Node, TensorType, Value, substitute
from ...compiler.ir.dtypes import BY_NUMPY
from ...compiler.ops import concatenate, reshape, slice_, zeros_like
from ...compiler.ops.constant import CONSTANT
from ..executable import compile
from ..regions import Loop
from .naming import names_of
from .state import Entry, Frame, State

__all__ = ["gradient", "scalar_result"]


def scalar_result(state: State, name: str | None = None) -> Value:
    """The value of the outermost graph whose gradient is meant.

    Args:
        name: what it is called; None: the first output that is one float.

    Raises:
        GradientError: there is no such value, or it is not one float.
    """
    program = state.frames[0].program
    if name is None:
        for value in program.graph.outputs:
            if not value.shape and value.dtype.is_float:
                return value
        raise GradientError(
            f"{program.graph.name!r} gives no single float whose gradient could be meant",
            hint="name a value of it that is one",
        )
    for value in names_of(program).get(name.removeprefix("%"), ())[::-1]:
        if not value.shape and value.dtype.is_float:
            return value
        raise GradientError(f"{name} is {value.type}; a gradient is that of a single float")
    raise GradientError(f"there is no value called {name} in {program.graph.name!r}")


def gradient(state: State, frame: Frame, value: Value, of: Value) -> np.ndarray:
    """The gradient of a scalar of the outermost graph, at the numbers of this moment.

    Args:
        frame: one of the frames of ``state``. In a loop the value is that of this iteration alone.
        value: a float that is known in the frame.
        of: what `scalar_result` gives.

    Returns:
        An array of the shape and type of the value; zeros where no way leads to the scalar.

    Raises:
        GradientError: an operation on the way has no derivative, the value is no float, or a loop in which it is
            stacks values without knowing how many.
    """
    if not value.dtype.is_float:
        raise GradientError(f"{value.type} has no gradient: only floats have")
    if frame.entry is not None and frame.entry.part == "condition":
        return np.zeros_like(frame.values[value])  # whether a loop goes on has no derivative
    frames = state.frames[: state.frames.index(frame) + 1]
    rest = _Rest(frames[0].program.graph.name)
    found = rest.built(frames, value, of)
    builder, wrt = rest.builder, rest.wrt
    assert wrt is not None
    with using(builder):
        seed = builder.constant(np.ones((), of.dtype.numpy))
        (cotangent,) = backpropagate([found], [seed], [wrt], builder)
        result = zeros_like(wrt) if cotangent is None else cotangent
    graph = builder.close(rest.inputs, [result])  # type: ignore[list-item]
    with np.errstate(all="ignore"):
        (made, *_) = compile(graph, "numpy")(*rest.arrays)
    return made


class _Rest:
    """The rest of a run, as a graph that grows.

    Attributes:
        inputs, arrays: what it takes, and what that is at this moment.
        wrt: the value that the gradient is with respect to.
    """

    def __init__(self, name: str) -> None:
        self.builder = Building(f"{name}.rest")
        self.inputs: list[Value] = []
        self.arrays: list[np.ndarray] = []
        self.wrt: Value | None = None

    def built(self, frames: Sequence[Frame], value: Value, of: Value) -> Value:
        """``of``, computed from ``value`` and what else is known."""
        inner = frames[-1]
        values = self._parameters(inner)
        for changed in inner.changed:
            values[changed] = self._input(changed, inner)
        self.wrt = values[value] = self._input(value, inner)
        order = inner.program.order
        self._nodes(order, values, inner.sizes)
        if len(frames) == 1:
            return values[of]
        gave = [values[v] for v in inner.program.graph.outputs]
        for outer, entry in zip(frames[-2::-1], [f.entry for f in frames[:0:-1]], strict=True):
            assert entry is not None
            values = self._parameters(outer)
            for changed in outer.changed:
                values[changed] = self._input(changed, outer)
            at = outer.program.order.index(entry.node)
            self._nodes(outer.program.order[:at], values, outer.sizes)
            gave = self._behind(entry, gave, values, outer)
            values.update(zip(entry.node.outputs, gave, strict=True))
            self._nodes(outer.program.order[at + 1 :], values, outer.sizes)
            gave = [values[v] for v in outer.program.graph.outputs]
        return values[of]

    def _parameters(self, frame: Frame) -> dict[Value, Value]:
        return {v: self._input(v, frame) for v in frame.program.graph.parameters}

    def _input(self, value: Value, frame: Frame) -> Value:
        array = frame.values[value]
        kind = TensorType(BY_NUMPY[array.dtype], array.shape)
        made = self.builder.input(kind, value.hint, value.location)
        self.inputs.append(made)
        self.arrays.append(array)
        return made

    def _nodes(
        self, nodes: Sequence[Node], values: dict[Value, Value], sizes: Mapping[str, int]
    ) -> None:
        """Nodes once more; what has a value already keeps it."""
        before = self.builder.at
        for node in nodes:
            if all(v in values for v in node.outputs):
                continue
            self.builder.at = node.location
            made = self.builder.node(
                node.op,
                [values[v] for v in node.inputs],
                bind_attrs(node.attrs, sizes),
                [specialize(region, sizes) for region in node.regions],
            )
            for old, new in zip(node.outputs, made.outputs, strict=True):
                new.hint = old.hint
                values.setdefault(old, new)
        self.builder.at = before

    def _behind(
        self, entry: Entry, gave: list[Value], values: Mapping[Value, Value], frame: Frame
    ) -> list[Value]:
        """The outputs of a branch or loop, from those of the region that is being run in it."""
        node, number = entry.node, entry.iteration
        if number is None:
            return gave
        loop = Loop(node)
        operands = [values[v] for v in node.inputs]
        captures = [operands[i] for i in loop.captures]
        regions = [specialize(region, frame.sizes) for region in node.regions]
        carries, stacked = gave[: loop.carries], gave[loop.carries :]
        if loop.condition is not None:
            if loop.stacked:
                raise GradientError(
                    "inside a loop that stacks as many values as it makes iterations there is no gradient",
                    places=(Place("the loop is here", node.location),),
                    hint="step out of it, and ask for the gradient of what it started with",
                )
            maximum = None if loop.maximum is None else loop.maximum - number - 1
            varying: tuple[Expr, ...] = node.attrs["varying"]  # type: ignore[assignment]
            attrs = while_attrs(loop.carries, fresh_size(), maximum, varying)
            return list(self._loop(node, [*carries, *captures], attrs, regions))
        length = substitute(loop.length, frame.sizes)
        assert isinstance(length, int)
        left = length - 1 - number
        parts = [[self._lengthened(v)] for v in stacked]
        before = entry.stacked
        while before is not None:
            before, arrays = before
            for part, array in zip(parts, arrays, strict=True):
                part.insert(0, self._lengthened(self._constant(array)))
        if loop.reverse:
            parts = [part[::-1] for part in parts]
        if left:
            first = 0 if loop.reverse else number + 1
            slices = [self._sliced(operands[i], first, first + left) for i in loop.sequences]
            attrs = {**bind_attrs(node.attrs, frame.sizes), "length": left}
            made = self._loop(node, [*carries, *slices, *captures], attrs, regions)
            carries = list(made[: loop.carries])
            for part, more in zip(parts, made[loop.carries :], strict=True):
                part.insert(0 if loop.reverse else len(part), more)
        with using(self.builder):
            whole = [concatenate(part, 0) for part in parts]
        return [*carries, *whole]  # type: ignore[list-item]

    def _loop(
        self, node: Node, operands: list[Value], attrs: Mapping[str, object], regions: list[Graph]
    ) -> tuple[Value, ...]:
        self.builder.at = node.location
        made = self.builder.node(node.op, operands, attrs, regions)  # type: ignore[arg-type]
        self.builder.at = None
        return made.outputs

    def _sliced(self, value: Value, first: int, end: int) -> Value:
        rank = value.ndim
        stop = (end, *value.shape[1:])
        with using(self.builder):
            return slice_(value, (first, *[0] * (rank - 1)), stop, (1,) * rank)  # type: ignore[return-value]

    def _lengthened(self, value: Value) -> Value:
        with using(self.builder):
            return reshape(value, (1, *value.shape))  # type: ignore[return-value]

    def _constant(self, array: np.ndarray) -> Value:
        return self.builder.apply(CONSTANT, (), {"value": np.array(array)})
