"""What became of the calls of a compiled function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....compiler.ir import Graph
from .recording import Recorded

__all__ = ["Report", "Stats"]


@dataclass(slots=True)
class Stats:
    """Numbers of calls.

    Attributes:
        calls: all of them.
        hits: those that ran as graphs.
        misses: those that ran the Python to learn its path.
        eager_runs: those that ran the Python because it is left alone.
    """

    calls: int = 0
    hits: int = 0
    misses: int = 0
    eager_runs: int = 0


class Report:
    def __init__(self, name: str) -> None:
        self.name = name
        self.stats = Stats()
        self.graphs: dict[str, Graph] = {}
        self.lines: list[str] = []

    def compiled(self, graph: Graph, seconds: float) -> None:
        self.graphs.setdefault(graph.fingerprint(), graph)

    def traced(self, recorded: Recorded, missed: Any) -> None:
        self.lines.append("traced")

    def refused(self, recorded: Recorded) -> None:
        self.lines.append(str(recorded.refusal))

    def text(self) -> str:
        return "\n".join(self.lines)
