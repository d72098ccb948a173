"""The gradient of what a path gave, as a program of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...compiler.autodiff import backpropagate_until
from ...compiler.dispatch import Building
from ...compiler.ir import Graph, Node, Value
from ..executable import Arrays, compile
from .branch import Branch
from .cutting import cut

__all__ = ["Gradient"]


class Gradient:
    """Cotangents of the starts of a tree, given those of outputs at one of its ends.

    The outputs come one after the other, as a walk over the history of what was made of them comes to them. Each time
    the part of the path is gone through that is not behind the outputs still to come, so that sums are taken in the
    order in which a walk over single operations would take them.

    Args:
        branch: the end.
        outputs: the values that may get cotangents.
        wrt: the starts that may be asked for.

    Attributes:
        saved: the values on the path that the gradient needs of a run, besides the starts.
    """

    def __init__(self, branch: Branch, outputs: Sequence[Value], wrt: Sequence[Value]) -> None:
        self.outputs = tuple(outputs)
        self.wrt = tuple(wrt)
        made = {v for b in branch.chain() for node in b.nodes for v in node.outputs}
        self._free = [n for b in branch.chain() for n in b.nodes if not n.inputs and not n.regions]
        self._programs: dict[tuple[object, ...], _Program] = {}
        needed = [v for i in range(len(outputs)) for v in self._program(i, (), ()).takes]
        self.saved = tuple(dict.fromkeys(v for v in needed if v in made))

    def __call__(
        self,
        number: int,
        rest: tuple[int, ...],
        seed: np.ndarray,
        known: Mapping[Value, np.ndarray],
        values: Mapping[Value, np.ndarray],
    ) -> dict[Value, np.ndarray]:
        """What the cotangent of one output contributes.

        Args:
            number: which output.
            rest: the outputs that are still to come.
            known: the cotangents so far: of starts, of outputs still to come, of values that several outputs share.
            values: of the starts, and of what was saved.

        Returns:
            Cotangents of starts, of outputs still to come and of shared values, with what was known of them.
        """
        program = self._program(number, rest, tuple(known))
        given = [seed, *known.values()]
        arrays = [given[program.own[v]] if v in program.own else values[v] for v in program.takes]
        return dict(zip(program.reached, program.run(*arrays), strict=True))

    def _program(self, number: int, rest: tuple[int, ...], known: tuple[Value, ...]) -> _Program:
        key = (number, rest, known)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = self._build(number, rest, known)
        return program

    def _build(self, number: int, rest: tuple[int, ...], known: tuple[Value, ...]) -> _Program:
        builder = Building("backward")
        output = self.outputs[number]
        seed = builder.input(output.type, "seed", output.location)
        before = {v: builder.input(v.type, "known", v.location) for v in known}
        until = [self.outputs[i] for i in rest]
        found = backpropagate_until([output], [seed], self.wrt, until, builder, before)
        own = [seed, *before.values()]
        results = list(found.values())
        nodes: list[Node] = [*self._free, *builder.nodes]
        outer = dict.fromkeys([*own, *(v for n in builder.nodes for v in n.inputs), *results])
        graph, takes = cut("backward", nodes, list(outer), {}, results, {})
        return _Program(graph, takes, own, list(found))


class _Program:
    """A gradient for some of the outputs; compiled when it is first run.

    Attributes:
        takes: the values that it is called with.
        own: which of them are cotangents, and their places among those given.
        reached: the values whose cotangents it gives.
    """

    def __init__(
        self, graph: Graph, takes: Sequence[Value], own: Sequence[Value], reached: list[Value]
    ) -> None:
        self.graph = graph
        self.takes = tuple(takes)
        self.own = {v: i for i, v in enumerate(own)}
        self.reached = reached

    def run(self, *arrays: np.ndarray) -> Arrays:
        return compile(self.graph, "numpy").run(*arrays)
