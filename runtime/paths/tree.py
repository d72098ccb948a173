"""Paths that begin alike, as a tree: they part where a value that the program looked at was another.

A branch is what runs between two looks. Its graph is made and compiled when it is first run again, so that a path which
never comes back costs nothing but its nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from ...compiler.ir import Graph, Node, Value
from ...compiler.passes import finish
from ...compiler.tracing import Check, Path
from ..executable import compile
from .branch import Branch, Diverged, End, Miss
from .cutting import cut
from .matching import same_node
from .piece import Piece

__all__ = ["Tree"]


class Tree:
    """Paths of one program that start from the same kinds of values.

    Args:
        name: what the program is called.
        compiled: called with each graph that is compiled, and the seconds that it took.

    Attributes:
        starts: the values that a run begins with, in order, by the keys by which paths know them.
        slots: the names of those that are states.
        root: the first branch.
        paths: how many paths there are.
        order: the starts in the order in which runs are given them; set by `arrange`.
    """

    def __init__(self, name: str, compiled: Callable[[Graph, float], None]) -> None:
        self.name = name
        self.starts: dict[Hashable, Value] = {}
        self.slots: dict[Value, str] = {}
        self.root = Branch(None)
        self.paths = 0
        self.order: list[Value] = []
        self._compiled = compiled
        self._places: dict[Value, int] = {}
        self._blank: list[np.ndarray | None] = []

    # Growing.

    def add(
        self,
        path: Path,
        inputs: Sequence[Hashable],
        states: Sequence[Hashable],
        stop: int | None = None,
    ) -> tuple[Branch, dict[Value, Value]]:
        """Let a path join.

        Args:
            inputs, states: the keys of the path's inputs and states.
            stop: the check at which the path is left: nothing goes on from there, whatever the value.

        Returns:
            The branch at which the path ends, and the tree's values for those of the path. The branch has an `end`
            where the path was known; otherwise the caller gives it one (`finish`).

        Raises:
            Diverged: the path differs from those of the tree elsewhere than in the values that it looked at. The tree
                stays as it was.
        """
        starts = [*zip(inputs, path.inputs, strict=True)]
        starts += [(key, s.input) for key, s in zip(states, path.states, strict=True)]
        names = {value: self.starts.get(key, value) for key, value in starts}
        last = path.checks[stop] if stop is not None else None
        nodes = path.nodes[: last.at] if last is not None else path.nodes
        branch, at, checks = self.root, 0, list(path.checks[:stop])
        if self.paths:
            branch, at, checks = _follow(nodes, checks, last, branch, names)
            if not checks and (branch.end is not None or branch.looked is not None):
                return branch, names
        for key, value in starts:
            self.starts.setdefault(key, value)
        for state in path.states:
            self.slots.setdefault(names[state.input], state.slot)
        if self.paths:
            branch = _child(branch, checks.pop(0).expected)
        for check in checks:
            _graft(branch, nodes[at : check.at], names)
            at = check.at
            branch.looked, branch.location = names[check.value], check.location
            branch = _child(branch, check.expected)
        _graft(branch, nodes[at:], names)
        if last is not None:
            branch.looked, branch.location = names[last.value], last.location
        self.paths += 1
        return branch, names

    def finish(self, branch: Branch, end: End) -> None:
        """Say what the paths give that end at the branch."""
        branch.end = end
        branch.piece = None
        for above in branch.chain()[:-1]:
            if above.piece is not None and not above.piece.gives.issuperset(_wanted(above)):
                above.piece = None

    # Running.

    def arrange(self, keys: Sequence[Hashable]) -> None:
        """Say in which order runs will be given the values that they begin with: all keys of `starts`."""
        self.order = [self.starts[key] for key in keys]
        self._place()

    def _place(self) -> None:
        """Give every value that is known between pieces a place."""
        self._places = {v: i for i, v in enumerate(self.order)}
        for branch in self.root.below():
            if branch.piece is not None:
                branch.piece.place(self._places)
        self._blank = [None] * (len(self._places) - len(self.order))

    def run(
        self, given: Sequence[np.ndarray], replace: bool = False
    ) -> tuple[Branch, Sequence[np.ndarray]]:
        """Run on one array for each of `order`: the branch where the run ended, and the results of its `end`.

        Args:
            replace: whether the new states of an end that is certain may be written over the arrays that were given,
                which then come back as results. Nothing is written over where a run fails.

        Raises:
            Miss: a value came up that no path goes on with.
            BifrontError: an operation failed.
        """
        branch = self.root
        values: list[Any] = [*given, *self._blank]
        while True:
            piece = branch.piece
            if piece is None:
                piece = branch.piece = self._compile(branch)
                self._place()
                values += [None] * (len(self._places) - len(values))
            end = branch.end
            if end is not None:
                results = piece.finish(values, replace and end.certain)
                branch.passed += 1
                return branch, results
            results = piece.run(values)
            branch.passed += 1
            for i, result in zip(piece.given, results, strict=False):
                values[i] = result
            found = values[piece.looked]
            child = branch.children.get(found.tobytes())
            if child is None:
                branch.missed += 1
                raise Miss(branch, found)
            branch = child

    def whole(self, branch: Branch) -> Graph:
        """Everything that the paths which end at a branch compute, as one graph; it is made once."""
        end = branch.end
        assert end is not None
        if end.graph is None:
            nodes = [node for b in branch.chain() for node in b.nodes]
            outer = list(self.starts.values())
            graph, _ = cut(self.name, nodes, outer, self.slots, end.outputs, end.writes)
            end.graph = finish(graph)
        return end.graph

    def _compile(self, branch: Branch) -> Piece:
        began = perf_counter()
        above = [node for b in branch.chain()[:-1] for node in b.nodes]
        free = [node for node in above if _is_free(node)]
        nodes = [*free, *branch.nodes]
        outer = [*self.starts.values(), *(v for node in above for v in node.outputs)]
        end = branch.end
        changed: tuple[int, ...] = ()
        if end is None:
            assert branch.looked is not None
            outputs = tuple({branch.looked: None, **dict.fromkeys(_wanted(branch))})
            graph, takes = cut(self.name, nodes, outer, self.slots, outputs, {})
            said = graph
        else:
            outputs = (*end.outputs, *end.extra)
            graph, takes = cut(self.name, nodes, outer, self.slots, outputs, end.writes)
            said = graph
            if end.extra:
                said, _ = cut(self.name, nodes, outer, self.slots, end.outputs, end.writes)
            states = [v for v in takes if v in self.slots]
            changed = tuple([len(outputs) + states.index(v) for v in end.writes])
        if said is graph:
            said = graph = finish(graph)
        else:
            said, graph = finish(said), finish(graph)
        if end is not None and branch is self.root:
            end.graph = said
        # Floats that the program looked at are known by their bits, which are those of eager evaluation.
        exact = branch.looked is not None and branch.looked.dtype.is_float
        executable = compile(graph, "numpy" if exact else None)
        piece = Piece(said, executable, takes, outputs, changed, branch.looked)
        self._compiled(said, perf_counter() - began)
        return piece


def _follow(
    path: Sequence[Node],
    checks: list[Check],
    last: Check | None,
    branch: Branch,
    names: dict[Value, Value],
) -> tuple[Branch, int, list[Check]]:
    """The last branch that a path shares, how many of its nodes that is, and the checks that are left.

    The first of them is the one at which the path parts from those that came before.
    """
    at = 0
    while True:
        stop = checks[0].at if checks else len(path)
        nodes = path[at:stop]
        for mine, other in zip(branch.nodes, nodes, strict=False):
            if not same_node(mine, other, names):
                raise Diverged(other.location)
            names.update(zip(other.outputs, mine.outputs, strict=True))
        look = checks[0] if checks else last
        if len(nodes) != len(branch.nodes) or (look is None) is not (branch.looked is None):
            raise Diverged(look.location if look is not None else branch.location)
        at = stop
        if look is not None and names[look.value] is not branch.looked:
            raise Diverged(look.location)
        if not checks:
            return branch, at, checks
        child = branch.children.get(checks[0].expected.tobytes())
        if child is None:
            return branch, at, checks
        branch = child
        del checks[0]


def _child(branch: Branch, value: np.ndarray) -> Branch:
    made = branch.children[value.tobytes()] = Branch(branch)
    return made


def _graft(branch: Branch, nodes: Sequence[Node], names: dict[Value, Value]) -> None:
    """Give the branch nodes of a path, on the tree's values."""
    for node in nodes:
        inputs = [names[v] for v in node.inputs]
        made = node
        if any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            types = [v.type for v in node.outputs]
            made = Node(node.op, inputs, node.attrs, types, node.location, node.regions)
            for old, new in zip(node.outputs, made.outputs, strict=True):
                new.hint = old.hint
        names.update(zip(node.outputs, made.outputs, strict=True))
        branch.nodes.append(made)


def _wanted(branch: Branch) -> list[Value]:
    """The values of a branch that what follows it needs."""
    own = {v: None for node in branch.nodes if not _is_free(node) for v in node.outputs}
    used: set[Value] = set()
    for below in branch.below():
        if below is not branch:
            used.update(v for node in below.nodes for v in node.inputs)
            if below.looked is not None:
                used.add(below.looked)
            if below.end is not None:
                used.update((*below.end.outputs, *below.end.writes.values(), *below.end.extra))
    return [v for v in own if v in used]


def _is_free(node: Node) -> bool:
    """Whether no operand decides the node's value, so that it may as well be computed again."""
    return not node.inputs and not node.regions
