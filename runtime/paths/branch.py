"""What a tree of paths is made of: branches between two looks at values, and ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...compiler.ir import Graph, Node, Value
from ...compiler.location import Location
from .piece import Piece

__all__ = ["Branch", "Diverged", "End", "Miss"]


class Diverged(Exception):
    """A path cannot join a tree: it computes something else after the same values.

    Attributes:
        location: where it does.
    """

    def __init__(self, location: Location | None) -> None:
        super().__init__("the path computes something else after the same values")
        self.location = location


class Miss(Exception):
    """A value came up that no path of the tree goes on with.

    Attributes:
        branch: after which it did.
        value: the value.
    """

    def __init__(self, branch: Branch, value: np.ndarray) -> None:
        super().__init__("a value that no path was seen to go on with")
        self.branch = branch
        self.value = value


class End:
    """Where a path ends.

    Attributes:
        outputs: what it returns.
        writes: what the tree's states become, by their values at the start.
        extra: values that are wanted besides, though the program does not say so.
        place: anything that belongs to this end.
        certain: whether a run that comes here counts, whatever its results: it may write over what it was given.
        graph: all that the paths compute, once somebody asked for it.
    """

    __slots__ = ("certain", "extra", "graph", "outputs", "place", "writes")

    def __init__(
        self,
        outputs: Sequence[Value],
        writes: Mapping[Value, Value],
        extra: Sequence[Value],
        place: object,
        certain: bool = False,
    ) -> None:
        self.outputs = tuple(outputs)
        self.writes = dict(writes)
        self.extra = tuple(extra)
        self.place = place
        self.certain = certain
        self.graph: Graph | None = None

    @property
    def results(self) -> tuple[Value, ...]:
        """Outputs, extra values, new states: what a run gives."""
        return (*self.outputs, *self.extra, *self.writes.values())


class Branch:
    """A piece of all paths that came so far.

    Attributes:
        above: the branch before.
        nodes: what it computes.
        looked: the value at the end that decides how it goes on; None where the paths end.
        location: the user's line that looked.
        children: how it goes on, by the value's bytes.
        end: where the paths end; None where they go on.
        piece: the compiled piece; None until it is needed, and again when more of its values are wanted.
        passed: how many runs came through.
        missed: how many met an unseen value at the end.
    """

    __slots__ = (
        "above", "children", "end", "location", "looked", "missed", "nodes", "passed", "piece",
    )  # fmt: skip

    def __init__(self, above: Branch | None) -> None:
        self.above = above
        self.nodes: list[Node] = []
        self.looked: Value | None = None
        self.location: Location | None = None
        self.children: dict[bytes, Branch] = {}
        self.end: End | None = None
        self.piece: Piece | None = None
        self.passed = 0
        self.missed = 0

    def chain(self) -> list[Branch]:
        """The branches from the first to this one."""
        found: list[Branch] = []
        branch: Branch | None = self
        while branch is not None:
            found.append(branch)
            branch = branch.above
        return found[::-1]

    def below(self) -> Iterator[Branch]:
        """This branch and all that follow it."""
        stack = [self]
        while stack:
            branch = stack.pop()
            yield branch
            stack.extend(branch.children.values())
