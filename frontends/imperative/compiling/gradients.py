"""The history of what a compiled run returned: backward goes on through it as if it had been computed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from weakref import ref

import numpy as np

from ....compiler.autodiff import Joint, backward, joint_op
from ....compiler.autodiff.inline import bind_attrs
from ....compiler.dispatch import Array, Damaged, Recording, using
from ....compiler.dispatch.current import current
from ....compiler.errors import GradientError, GraphError, Place
from ....compiler.ir import Node, Value
from ....compiler.ops import EXTENT, add, extent, reshape
from ....runtime.paths import Branch, Gradient

__all__ = ["Flow", "spend"]


class Flow:
    """How gradients flow through one end of a tree.

    Args:
        branch: the end.
        outputs: which outputs of the end they come from, and the values.
        wrt: the starts that they flow to.
        starts: all starts of the tree.
    """

    def __init__(
        self,
        name: str,
        branch: Branch,
        outputs: dict[int, Value],
        wrt: Sequence[Value],
    ) -> None:
        self.name = name
        self.branch = branch
        self.numbers = list(outputs)
        self.outputs = list(outputs.values())
        self.wrt = tuple(wrt)
        self.gradient = Gradient(branch, self.outputs, wrt)

    @property
    def saved(self) -> tuple[Value, ...]:
        """What backward needs of a run, besides the starts."""
        return self.gradient.saved

    def link(
        self,
        outputs: Sequence[Array],
        starts: dict[Value, Array],
        saved: Sequence[np.ndarray],
        sizes: dict[str, int],
        where: tuple[CodeType, int],
    ) -> None:
        """Give the outputs of a run their history."""
        bundle = Array()
        bundle.data = outputs[self.numbers[0]].data
        run = _Run(self, starts, dict(zip(self.saved, saved, strict=True)), sizes)
        name = f"compiled:{self.name}"
        _history(bundle, name, run, tuple([starts[v] for v in self.wrt]), where)
        for i, number in enumerate(self.numbers):
            _history(outputs[number], name, _Pick(i, run), (bundle,), where)
            run.picks.append(ref(outputs[number]))


def _history(
    array: Array, name: str, gradient: Joint, inputs: tuple[Array, ...], where: tuple[CodeType, int]
) -> None:
    array.op = joint_op(name, gradient)
    array.inputs = inputs
    array.attrs = {}
    array.tracked = True
    array.origin = None
    array.code, array.lasti = where


def spend(array: Array, freed: tuple[()]) -> None:
    """Give an output the history of a value that backward went through already."""
    array.op = _SPENT
    array.inputs = freed
    array.tracked = True


class _Spent(Joint):
    """The gradient of what has none any more: the walk meets what stands for the operands first."""

    def pull(
        self, y: Array, g: Array, gradients: dict[Array, Array], ahead: Sequence[Array]
    ) -> None:
        raise AssertionError("backward stops at a value that was let go of")


_SPENT = joint_op("compiled", _Spent())


class _Pick(Joint):
    """One of the outputs."""

    def __init__(self, number: int, run: _Run) -> None:
        self.number = number
        self.run = run

    def pull(
        self, y: Array, g: Array, gradients: dict[Array, Array], ahead: Sequence[Array]
    ) -> None:
        (bundle,) = y.inputs
        assert isinstance(bundle, Array)
        box = gradients.get(bundle)
        if box is None:
            box = gradients[bundle] = Array()
            box.data = _Box()  # type: ignore[assignment]
            box.origin = None
        self.run.pull_one(self.number, g, gradients, ahead, box.data)  # type: ignore[arg-type]


class _Box:
    """What a walk carries from one output to the next.

    Attributes:
        shared: cotangents so far of values that several outputs are computed from.
        given: outputs and their cotangents, where operations are to be evaluated one by one.
    """

    __slots__ = ("given", "shared")

    def __init__(self) -> None:
        self.shared: dict[Value, np.ndarray] = {}
        self.given: list[tuple[int, Array]] = []


class _Run(Joint):
    """One run: from the cotangents of its outputs to those of what it started with."""

    def __init__(
        self,
        flow: Flow,
        starts: dict[Value, Array],
        saved: dict[Value, np.ndarray],
        sizes: dict[str, int],
    ) -> None:
        self.sizes = sizes
        self.flow = flow
        self.starts = starts
        self.saved = saved
        self.picks: list[ref[Array]] = []

    def pull_one(
        self,
        number: int,
        g: Array,
        gradients: dict[Array, Array],
        ahead: Sequence[Array],
        box: _Box,
    ) -> None:
        """Go on from one output, as far as no other output that is still to come needs it."""
        interpreter = current()
        if isinstance(interpreter, Recording):
            box.given.append((number, g))
            return
        flow = self.flow
        to_come: dict[Value, Array] = {}
        rest: list[int] = []
        if len(self.picks) > 1:
            coming = set(map(id, ahead))
            for i, pick in enumerate(self.picks):
                array = pick()
                if array is not None and id(array) in coming:
                    rest.append(i)
                    to_come[flow.outputs[i]] = array
        places = {**{v: self.starts[v] for v in flow.wrt}, **to_come}
        known = {v: gradients[a].data for v, a in places.items() if a in gradients}
        known.update(box.shared)
        values = _Whole(self.saved)
        for value, array in self.starts.items():
            values[value] = array.data
        try:
            found_here = flow.gradient(number, tuple(rest), g.data, known, values)
        except GraphError:
            # A size that nothing in the gradient tells: its operations are evaluated one by one.
            box.given.append((number, g))
            return
        box.shared = {}
        for value, data in found_here.items():
            place = places.get(value)
            if place is None:
                box.shared[value] = data
            elif place.tracked:
                gradients[place] = interpreter.constant(data)  # type: ignore[assignment]

    def pull(
        self, y: Array, g: Array, gradients: dict[Array, Array], ahead: Sequence[Array]
    ) -> None:
        interpreter = current()
        # The walk comes to the outputs in the reverse of the order in which it would have met them first.
        box: _Box = g.data  # type: ignore[assignment]
        if not box.given:
            return
        if isinstance(interpreter, Recording):
            self._replay(box.given[::-1], gradients, interpreter)
            return
        before = dict(gradients)
        self._replay(box.given[::-1], gradients, Recording())
        for array, part in gradients.items():
            if before.get(array) is not part:
                gradients[array] = interpreter.constant(part.data)  # type: ignore[assignment]

    def _replay(
        self, given: list[tuple[int, Array]], gradients: dict[Array, Array], interpreter: Recording
    ) -> None:
        """Evaluate the path's operations one by one, and their gradients, so that these have a history themselves."""
        flow = self.flow
        at = interpreter.at
        values = {v: reshape(a, a.data.shape) if a.tracked else a for v, a in self.starts.items()}
        enabled = interpreter.derive(True)
        with using(enabled):
            for branch in flow.branch.chain():
                for node in branch.nodes:
                    values[node.outputs[0]] = _evaluated(node, values, self.sizes, enabled)  # type: ignore[arg-type]
        wanted = [values[v] for v in flow.wrt]
        found = backward(
            [values[flow.outputs[i]] for i, _ in given],  # type: ignore[misc]
            [a for _, a in given],
            wanted,  # type: ignore[arg-type]
            interpreter=interpreter,
        )
        interpreter.at = at
        for v, proxy in zip(flow.wrt, wanted, strict=True):
            part = found.get(proxy)  # type: ignore[arg-type]
            array = self.starts[v]
            if part is not None and array.tracked:
                known = gradients.get(array)
                gradients[array] = part if known is None else add(known, part)  # type: ignore[assignment]


def _evaluated(
    node: Node, values: dict[Value, Array], sizes: dict[str, int], interpreter: Recording
) -> Array:
    if node.regions or len(node.outputs) != 1:
        raise GradientError(
            "the gradient of a compiled loop cannot be differentiated once more",
            places=(Place("the loop is here", node.location),),
            hint="take the second gradient inside the compiled function, or call the function uncompiled",
        )
    attrs = bind_attrs(node.attrs, sizes)
    if node.op is EXTENT:
        return extent(**attrs)  # type: ignore[arg-type, return-value]
    return interpreter.apply(node.op, [values[v] for v in node.inputs], attrs)


class _Whole(dict[Value, np.ndarray]):
    """Values, of which none that was overwritten may be read."""

    def __getitem__(self, value: Value) -> np.ndarray:
        data = super().__getitem__(value)
        if isinstance(data, Damaged):
            data.fail()
        return data
