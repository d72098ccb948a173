"""The lints, on the graphs of a running program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from ...compiler.autodiff import history
from ...compiler.dispatch import Array
from ...compiler.errors import BifrontError
from ...compiler.ir import Graph
from ...compiler.lints import Finding, lint
from ...compiler.ops import REGISTRY
from ...compiler.tracing import lift
from .border import Event, Pulled, Ran, Traced
from .stack import call_site

LOOKS = 2
"""How often a backward pass of one line has the history of its loss read."""


class Linting:
    """Gives every graph that runs, and the history of every value that is differentiated, to the lints.

    Args:
        names: of the lints.
    """

    def __init__(self, names: Collection[str], report: Callable[[Finding], None]) -> None:
        self._names = names
        self._report = report
        self._seen: dict[int, Graph] = {}
        self._read: Counter[tuple[object, ...]] = Counter()

    def told(self, event: Event) -> None:
        if isinstance(event, Ran):
            self._look_at(event.executable.graph)
        elif isinstance(event, Traced):
            self._look_at(event.graph)
        elif isinstance(event, Pulled):
            site = call_site()
            self._read[site] += 1
            if self._read[site] <= LOOKS:
                graph = _lifted(event.roots)
                if graph is not None:
                    self._look_at(graph)

    def _look_at(self, graph: Graph) -> None:
        if id(graph) not in self._seen:
            self._seen[id(graph)] = graph
            for finding in lint(graph, self._names):
                self._report(finding)


def _lifted(roots: tuple[Array, ...]) -> Graph | None:
    """What differentiated values were computed from; None where that is not all known."""
    for array in history([r for r in roots if r.tracked]):
        if type(array.inputs) is not tuple or (array.op and array.op.name not in REGISTRY):
            return None
    try:
        return lift("loss", roots, {}, {}, lambda a: a.origin is not None, lambda _: True)
    except BifrontError:
        return None
