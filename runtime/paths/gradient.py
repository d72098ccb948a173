"""The gradient of what a path gave, as a program of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...compiler.autodiff import backpropagate
from ...compiler.dispatch import Building
from ...compiler.ir import Graph, Node, Value
from ..executable import Arrays, compile
from .cutting import cut
from .tree import Branch

__all__ = ["Gradient"]


class Gradient:
    """Cotangents of the starts of a tree, given those of outputs at one of its ends.

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
        self._made = {v: None for b in branch.chain() for node in b.nodes for v in node.outputs}
        self._free = [n for b in branch.chain() for n in b.nodes if not n.inputs and not n.regions]
        self._programs: dict[tuple[object, ...], _Program] = {}
        every = self._program(tuple(range(len(outputs))), ())
        self.saved = tuple([v for v in every.takes if v in self._made])

    def __call__(
        self,
        picked: Sequence[int],
        seeds: Sequence[np.ndarray],
        known: Mapping[int, np.ndarray],
        values: Mapping[Value, np.ndarray],
    ) -> dict[int, np.ndarray]:
        """Cotangents of ``wrt``, by number; none where no way leads.

        Args:
            picked: numbers of outputs.
            seeds: their cotangents.
            known: what is known of the cotangents so far, by number of ``wrt``; it is included.
            values: of the starts, and of what was saved.
        """
        program = self._program(tuple(picked), tuple(sorted(known)))
        given = [*seeds, *[known[i] for i in sorted(known)]]
        arrays = [given[program.own[v]] if v in program.own else values[v] for v in program.takes]
        return dict(zip(program.reached, program.run(*arrays), strict=True))

    def _program(self, picked: tuple[int, ...], known: tuple[int, ...]) -> _Program:
        key = (picked, known)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = self._build(picked, known)
        return program

    def _build(self, picked: tuple[int, ...], known: tuple[int, ...]) -> _Program:
        builder = Building("backward")
        outputs = [self.outputs[i] for i in picked]
        seeds = [builder.input(v.type, "seed", v.location) for v in outputs]
        before = [builder.input(self.wrt[i].type, "known", self.wrt[i].location) for i in known]
        found = backpropagate(
            outputs,
            seeds,
            self.wrt,
            builder,
            dict(zip([self.wrt[i] for i in known], before, strict=True)),
        )
        own = [*seeds, *before]
        reached = [i for i, g in enumerate(found) if g is not None]
        results = [g for g in found if g is not None]
        nodes: list[Node] = [*self._free, *builder.nodes]
        # Values of the path come after the starts, whose order is that of their first use here.
        outer = dict.fromkeys([*own, *(v for n in builder.nodes for v in n.inputs), *results])
        graph, takes = cut("backward", nodes, list(outer), {}, results, {})
        return _Program(graph, takes, own, reached)


class _Program:
    """A gradient for some of the outputs; compiled when it is first run.

    Attributes:
        takes: the values that it is called with.
        own: which of them are cotangents, and their places among those given.
        reached: the numbers of those it is for to which a way leads.
    """

    def __init__(
        self, graph: Graph, takes: Sequence[Value], own: Sequence[Value], reached: list[int]
    ) -> None:
        self.graph = graph
        self.takes = tuple(takes)
        self.own = {v: i for i, v in enumerate(own)}
        self.reached = reached

    def run(self, *arrays: np.ndarray) -> Arrays:
        return compile(self.graph).run(*arrays)
