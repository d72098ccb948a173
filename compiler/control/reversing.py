"""The reverse mode of loops: a second loop, from the last iteration to the first.

The forward loop is repeated with more results: it also stacks exactly those values of each iteration that the backward
one needs (`passes.merge_loops` makes one loop of the two). What is made of constants, is only another view of a
stacked value, or has another size in every iteration, is made again instead of stacked.

The cotangent of a capture is gathered in a carry, part by part, from the last iteration to the first. It begins with
what is known from behind the loop, or with -0.0, the one number that leaves every other as it is when it is added.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..autodiff import backpropagate, inline
from ..dispatch import Building, using
from ..dispatch.current import current
from ..errors import GradientError, Place
from ..ir import Expr, Graph, Node, Value, live_nodes, symbols_of
from ..ops import add, full, zeros_like
from ..ops.op import Cotangents
from .loops import Loop, dependencies
from .regions import Traced
from .scan import SCAN, make_scan


def pull_back(
    node: Node, cotangents: Cotangents, wanted: Sequence[bool], known: Cotangents
) -> Cotangents:
    """The rule of `SCAN` and `WHILE`: cotangents of the operands."""
    builder = current()
    assert isinstance(builder, Building)
    flow = _Flow(Loop.of(node), cotangents, wanted)
    if not flow.carries and not flow.stacks:
        return known
    return _Backward(builder, flow, cotangents, known).emit()


class _Flow:
    """Where cotangents flow in a loop.

    Attributes:
        carries: positions of the carries whose cotangent is carried back.
        stacks: positions among the body's outputs of the stacked values that have a cotangent.
        targets: positions of the sequences and captures that get one.
    """

    def __init__(self, loop: Loop, cotangents: Cotangents, wanted: Sequence[bool]) -> None:
        self.loop = loop
        n = loop.carries
        reach = dependencies(loop.body)
        active = {i for i, ask in enumerate(wanted) if ask}
        while more := {j for j in range(n) if j not in active and reach[j] & active}:
            active |= more
        outputs = [i for i, g in enumerate(cotangents) if g is not None and reach[i] & active]
        carried = {j for j in outputs if j < n}
        self.stacks = [i for i in outputs if i >= n]
        while (
            more := {i for o in (*carried, *self.stacks) for i in reach[o] & active if i < n}
            - carried
        ):
            carried |= more
        self.carries = sorted(carried)
        reached = {i for o in (*carried, *self.stacks) for i in reach[o] & active}
        self.targets = sorted(i for i in reached if i >= n and wanted[i])


class _Backward:
    """Builds the backward loop of one node."""

    def __init__(
        self, builder: Building, flow: _Flow, cotangents: Cotangents, known: Cotangents
    ) -> None:
        self.builder = builder
        self.flow = flow
        self.loop = loop = flow.loop
        self.cotangents = cotangents
        self.known = known
        self.sequences = [i for i in flow.targets if i < loop.first_capture]
        self.captures = [i for i in flow.targets if i >= loop.first_capture]
        self.sizes = {s for v in loop.body.inputs for s in symbols_of(v.shape)} - loop.varying
        # The body and its backward in one graph, to be taken apart.
        self.whole = whole = Building("whole")
        body = loop.body
        self.forward = inline(body, whole)
        self.original = {new: old for old, new in self.forward.items()}
        self.made_forward = set(whole.nodes)
        outputs = [body.outputs[i] for i in (*flow.carries, *flow.stacks)]
        self.seeds = [whole.input(v.type, f"d_{v.hint}" if v.hint else "") for v in outputs]
        totals = {
            self.forward[body.inputs[i]]: whole.input(body.inputs[i].type, "total")
            for i in self.captures
        }
        self.totals = list(totals.values())
        targets = [body.inputs[i] for i in (*flow.carries, *self.captures, *self.sequences)]
        found = backpropagate(
            [self.forward[v] for v in outputs],
            self.seeds,
            [self.forward[v] for v in targets],
            whole,
            totals,
        )
        self.results = [
            g if g is not None else _zeros(whole, self.forward[v])
            for g, v in zip(found, targets, strict=True)
        ]
        # The backward body: what it takes is found while its nodes are copied.
        self.region = Building("backward")
        self.values: dict[Value, Value] = {}
        self.slices: dict[Value, Value] = {}
        """Values of an iteration that come as slices: the input for each."""
        self.captured: dict[Value, Value] = {}

    def emit(self) -> Cotangents:
        flow, loop, region = self.flow, self.loop, self.region
        for v in (*self.seeds, *self.totals):
            self.values[v] = region.input(v.type, v.hint)
        for node in live_nodes(self.results):
            if node not in self.made_forward and not self._repeats(node):
                self._copy(node)
        results = [self._value(v) for v in self.results]
        count = len(flow.carries)
        carries, stacks = self.seeds[:count], self.seeds[count:]
        parameters = [self.values[v] for v in (*carries, *self.totals, *stacks)]
        # How often a loop ran, a backward loop that needs nothing else of it knows from the length of a sequence.
        counting = isinstance(loop.length, Expr) and not self.slices and not stacks
        if counting and loop.sequences:
            first = self.forward[loop.body.inputs[loop.carries]]
            self.slices[first] = region.input(first.type, first.hint)
        elif counting and loop.node.op is not SCAN:
            self._count()
        slices = self.slices.values()
        graph = region.close([*parameters, *slices, *self.captured.values()], results)
        at = self._augmented()
        operands = loop.node.inputs
        initial = [self._last(loop.node.outputs[j], self.cotangents[j]) for j in flow.carries]
        initial += [self._last(operands[i], self.known[i]) for i in self.captures]
        given = [g for i in flow.stacks if (g := self.cotangents[i]) is not None]
        made = make_scan(
            self.builder,
            Traced(graph, tuple(operands[i] for i in self._positions(self.captured))),
            initial,
            [*given, *at],
            loop.length,
            not loop.reverse,
        )
        return self._gathered(made)

    def _gathered(self, made: Sequence[Value]) -> Cotangents:
        found: list[Value | None] = list(self.known)
        places = [*self.flow.carries, *self.captures, *self.sequences]
        for i, total in zip(places, made, strict=True):
            before = self.known[i]
            if before is not None and i not in self.captures:
                total = add(before, total)  # type: ignore[assignment]
            found[i] = total
        return found

    def _repeats(self, node: Node) -> bool:
        """Whether a node is a loop of the forward body again, with more results: these are stacked like others.

        (It is made again where the sizes of its results differ from one iteration to the next.)
        """
        if not node.regions or not all(v in self.original for v in node.inputs):
            return False
        if not all(map(self._is_stackable, node.outputs)):
            return False
        operands = [self.original[v] for v in node.inputs]
        types = [v.type for v in node.outputs]
        again = Node(node.op, operands, node.attrs, types, node.location, node.regions)
        self.original.update(zip(node.outputs, again.outputs, strict=True))
        return True

    def _copy(self, node: Node) -> None:
        self.region.at = node.location
        operands = [self._value(v) for v in node.inputs]
        made = self.region.node(node.op, operands, node.attrs, node.regions)
        self.values.update(zip(node.outputs, made.outputs, strict=True))

    def _value(self, value: Value) -> Value:
        """A value in the backward body: already there, made again, or one more input."""
        known = self.values.get(value)
        if known is not None:
            return known
        node = value.producer
        again = node is not None and (not node.inputs or node.op.view)
        if node is not None and (again or not self._is_stackable(value)):
            self._copy(node)
            return self.values[value]
        old = self.original[value]
        made = self.region.input(value.type, old.hint, value.location)
        inputs = self.loop.body.inputs
        if old in inputs and inputs.index(old) >= self.loop.first_capture:
            self.captured[value] = made
        else:
            self._check_stackable(old)
            self.slices[value] = made
        self.values[value] = made
        return made

    def _positions(self, values: Sequence[Value] | dict[Value, Value]) -> list[int]:
        return [self.loop.body.inputs.index(self.original[v]) for v in values]

    def _count(self) -> None:
        """Have the forward loop stack something of no size."""
        mark = Building(self.loop.body.name).constant(np.asarray(True))
        self.original[mark] = mark
        self.slices[mark] = self.region.input(mark.type)

    def _augmented(self) -> list[Value]:
        """For each value that comes as slices, the sequence: an operand, or a stack that the forward loop makes."""
        loop, node = self.loop, self.loop.node
        body = loop.body
        places = {v: i for i, v in enumerate(body.outputs) if i >= loop.carries}
        more = [
            old
            for v in self.slices
            if (old := self.original[v]) not in places
            and not (old in body.inputs and body.inputs.index(old) >= loop.carries)
        ]
        outputs = node.outputs
        if more:
            made = (v.producer for v in more if v.producer is not None)
            nodes = tuple(dict.fromkeys((*body.nodes, *made)))
            places.update((v, len(body.outputs) + i) for i, v in enumerate(more))
            wider = Graph(body.name, body.inputs, (), nodes, (*body.outputs, *more))
            regions = [*node.regions[:-1], wider]
            outputs = self.builder.node(node.op, node.inputs, node.attrs, regions).outputs
        wanted = [self.original[v] for v in self.slices]
        return [
            outputs[places[v]] if v in places else node.inputs[body.inputs.index(v)] for v in wanted
        ]

    def _last(self, like: Value, known: Value | None) -> Value:
        """What a sum begins with."""
        if known is not None:
            return known
        return full(like.shape, -0.0, like.dtype)  # type: ignore[return-value]

    def _is_stackable(self, value: Value) -> bool:
        """Whether a value has the same size in every iteration."""
        return self.sizes.issuperset(symbols_of(value.shape))

    def _check_stackable(self, value: Value) -> None:
        if self._is_stackable(value):
            return
        raise GradientError(
            f"the gradient of this loop needs %{value.hint or 'a value'}: {value.type} of every iteration, "
            "and its size changes from one to the next",
            places=(
                Place("the loop is here", self.loop.node.location),
                Place("the value is made here", value.location),
            ),
            hint="keep its size the same (pad it), or stop_gradient the loop's result",
        )


def _zeros(builder: Building, like: Value) -> Value:
    with using(builder):
        return zeros_like(like)  # type: ignore[return-value]
