"""The paths of one function for one kind of call and one state of the world around it."""

from __future__ import annotations

from collections.abc import Callable

from ....compiler.dispatch import Array, Origin
from ....compiler.ir import Graph, Value, close
from ....compiler.passes import finish
from ....compiler.tracing import Path, expand_pullbacks
from ....runtime.paths import Branch, End, Tree
from .committing import Ending
from .gradients import Flow
from .guard import Guard
from .recording import Condition, Extra, Recorded
from .report import Traced
from .signature import Call
from .sources import Gone, Held, Source, overwritable

__all__ = ["Variant", "graph_of"]


class Variant:
    """A tree of paths, and what must hold for it to be used.

    Attributes:
        guard: what the program read of the world around it.
        tree: the paths.
        loops: whether loops were found in the paths, so that they may go different ways for the same looks.
        left: why all calls are left to Python; None where they are not.
        alive: False once a tensor that the paths use is gone.
    """

    def __init__(
        self, name: str, guard: Guard, compiled: Callable[[Graph, float], None], loops: bool
    ) -> None:
        self.guard = guard
        self.tree = Tree(name, compiled)
        self.alive = True
        self.loops = loops
        self.left: str | None = None
        self._sources: list[Source] = []
        self._kinds: dict[Source, tuple[object, ...]] = {}
        self._changed: dict[Source, None] = {}
        self._present: dict[Origin, bool] = {}
        self._frozen: dict[int, Held] = {}
        self._conditions: dict[tuple[Source, Condition], None] = {}
        self._last: list[Array] = []

    def add(self, recorded: Recorded, call: Call, trace: Traced, stop: int | None = None) -> None:
        """Let the path of a run join.

        Args:
            trace: the account of the run.
            stop: the check at which the path is cut off: there the Python runs.

        Raises:
            Diverged: it did something else though everything known was the same.
        """
        path = recorded.path
        assert path is not None
        stripped, extras = _without_extras(path, recorded)
        if stop == 0:
            self.left = f"{stripped.checks[0].location}: a line that is left to Python"
        states = [s for s in recorded.states if not isinstance(s, Extra)]
        branch, names = self.tree.add(stripped, recorded.inputs, states, stop)
        self._expect(recorded)
        if branch.end is None and stop is None:
            self._finish(branch, names, stripped, extras, states, recorded, trace)

    def _finish(
        self,
        branch: Branch,
        names: dict[Value, Value],
        stripped: Path,
        extras: list[Value],
        states: list[Source],
        recorded: Recorded,
        trace: Traced,
    ) -> None:
        writes = dict(zip(states, stripped.states, strict=True))
        extra = [names[v] for v in extras]
        flow: Flow | None = None
        if recorded.flows:
            outputs = {n: names[stripped.outputs[n]] for n in recorded.flows}
            to = dict.fromkeys(s for sources in recorded.flows.values() for s in sources)
            flow = Flow(self.tree.name, branch, outputs, [self.tree.starts[s] for s in to])
            extra += flow.saved
        ending = Ending(recorded, flow, trace)
        self.tree.finish(
            branch,
            End(
                [names[v] for v in stripped.outputs],
                {
                    names[writes[w.source].input]: names[writes[w.source].output]
                    for w in recorded.writes
                },
                extra,
                ending,
            ),
        )
        self._changed.update(dict.fromkeys(ending.changed))

    def _expect(self, recorded: Recorded) -> None:
        """What must hold at the start of a run that may go the way of this one."""
        self._sources = list(self.tree.starts)  # type: ignore[arg-type]
        self._kinds.update(
            {s: (a.data.dtype, a.data.shape, a.tracked) for s, a in recorded.firsts.items()}
        )
        self._present.update(recorded.present)
        self._frozen.update(recorded.frozen)
        self._conditions.update(recorded.conditions)
        self._last = []

    def objection(self, call: Call) -> str:
        """Why the paths do not hold for a call though the world is as it was; empty where they do."""
        for origin, present in self._present.items():
            if (origin.grad is not None) is not present:
                there = "there is" if origin.grad is not None else "there is no"
                return f"{there} gradient of {origin.name or origin.kind} now"
        if not self.alive:
            return "a tensor that was used is gone"
        for place, held in self._frozen.items():
            if held.tensor(call) is not call.tensors[place]:
                return "a tensor is given that is not the one which the function also holds"
        if not all(overwritable(s.tensor(call)) for s in self._changed):
            return "a tensor that is written shares its memory with others"
        if not all(condition(s.array(call).data) for s, condition in self._conditions):
            return "elements lie in another range"
        return ""

    def binding(self, arrays: list[Array]) -> dict[str, int]:
        """The sizes of the symbols."""
        return {}

    def gather(self, call: Call) -> list[Array] | None:
        """The values that a run starts with; None where the paths do not hold for this call."""
        if not self.alive:
            return None
        for origin, present in self._present.items():
            if (origin.grad is not None) is not present:
                return None
        try:
            for place, held in self._frozen.items():
                if held.tensor(call) is not call.tensors[place]:
                    return None
            arrays = [s.array(call) for s in self._sources]
            if not all(overwritable(s.tensor(call)) for s in self._changed):
                return None
        except Gone:
            self.alive = False
            return None
        for source, condition in self._conditions:
            if not condition(source.array(call).data):
                return None
        if arrays != self._last:
            for array, source in zip(arrays, self._sources, strict=True):
                data = array.data
                if (data.dtype, data.shape, array.tracked) != self._kinds[source]:
                    return None
            self._last = arrays
        return arrays


def graph_of(recorded: Recorded) -> Graph:
    """What a run did, as one graph."""
    assert recorded.path is not None
    path, _ = _without_extras(expand_pullbacks(recorded.path), recorded)
    return finish(close(path.name, path.inputs, path.outputs, path.states))


def _without_extras(path: Path, recorded: Recorded) -> tuple[Path, list[Value]]:
    """The path without the states that are none, and what would have become of them."""
    states = []
    extras = []
    for state, source in zip(path.states, recorded.states, strict=True):
        if isinstance(source, Extra):
            extras.append(state.output)
        else:
            states.append(state)
    return Path(
        path.name, path.inputs, tuple(states), path.nodes, path.checks, path.outputs
    ), extras
