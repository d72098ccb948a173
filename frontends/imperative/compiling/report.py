"""What became of the calls of a compiled function, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ....compiler.ir import Graph
from ....compiler.location import Location
from .recorded import Recorded

__all__ = ["Report", "Stats", "Traced"]


@dataclass(slots=True)
class Stats:
    """Numbers of calls.

    Attributes:
        calls: all of them.
        hits: those that ran as graphs.
        misses: those that ran the Python to learn its path.
        eager_runs: those that ran the Python because it is left alone there.
    """

    calls: int = 0
    hits: int = 0
    misses: int = 0
    eager_runs: int = 0


@dataclass(eq=False, slots=True)
class Traced:
    """One run of the Python.

    Attributes:
        reason: why there was one.
        location: the line that the reason is about.
        seconds: how long the run took.
        nodes: how many operations it did.
        refusal: why its path is not kept; empty where it is.
        loops: the loops that were found in it, and why others were not, in words.
        proof: whether its loops do what the Python did to the last bit; None where there is nothing to prove.
        hits: how often it was run as graphs since.
        spent: seconds in these runs.
    """

    reason: str
    location: Location | None
    seconds: float
    nodes: int = 0
    refusal: str = ""
    loops: list[str] = field(default_factory=list)
    proof: Callable[[], bool] | None = None
    hits: int = 0
    spent: float = 0.0


class Report:
    """What is known of one compiled function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stats = Stats()
        self.graphs: dict[str, Graph] = {}
        self.traces: list[Traced] = []
        self.left: dict[str, None] = {}
        """Lines that are left to Python, and why."""
        self.eager: Counter[str] = Counter()
        """Why calls were left to Python."""
        self.compiling = 0.0
        """Seconds spent so far in making graphs into programs."""

    def compiled(self, graph: Graph, seconds: float) -> None:
        """A graph was compiled."""
        self.graphs.setdefault(graph.fingerprint(), graph)
        self.compiling += seconds

    def traced(self, recorded: Recorded, reason: str, location: Location | None) -> Traced:
        """The Python ran."""
        made = Traced(
            reason,
            location,
            recorded.seconds,
            len(recorded.path.nodes) if recorded.path is not None else 0,
        )
        if recorded.refusal is not None:
            made.refusal = str(recorded.refusal)
        self.traces.append(made)
        return made

    def text(self) -> str:
        """All of it, for people."""
        s = self.stats
        lines = [
            f"{self.name}: {_counted(s.calls, 'call')}, {s.hits} ran as graphs, {s.misses} ran the Python to learn "
            f"its way, {s.eager_runs} were left to Python",
            f"{_counted(len(self.graphs), 'graph')} compiled in {_time(self.compiling)}",
        ]
        for number, trace in enumerate(self.traces, 1):
            lines.append("")
            lines.append(f"run {number} of the Python: {trace.reason}")
            if trace.location is not None:
                lines += trace.location.render().splitlines()
            cost = f"  {_counted(trace.nodes, 'operation')}, {_time(trace.seconds)}"
            if trace.refusal:
                lines.append(f"{cost}; not kept: {trace.refusal}")
            elif trace.hits:
                mean = _time(trace.spent / trace.hits)
                lines.append(f"{cost}; since then {_counted(trace.hits, 'hit')} of {mean}")
            else:
                lines.append(f"{cost}; no hits since, so nothing is compiled")
            for line, times in Counter(trace.loops).items():
                lines.append(f"  {line}" + (f" ({times} times)" if times > 1 else ""))
            if trace.proof is not None and not trace.proof():
                lines.append(
                    "  gradients of its loops add up in another order than Python's: last digits may differ"
                )
        if self.left:
            lines += ["", "left to Python from here on:", *[f"  {line}" for line in self.left]]
        if self.eager:
            lines += ["", "calls left to Python:"]
            lines += [f"  {count} x {reason}" for reason, count in self.eager.most_common()]
        return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
