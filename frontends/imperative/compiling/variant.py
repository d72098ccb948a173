"""The paths of one function for one kind of call and one state of the world around it."""

from __future__ import annotations

from collections.abc import Callable

from ....compiler.dispatch import Array, Origin
from ....compiler.ir import Graph, Shape, Value, close
from ....compiler.passes import finish
from ....compiler.sizes import General
from ....compiler.tracing import Path, expand_pullbacks
from ....runtime.paths import Branch, End, Tree
from .committing import Ending
from .exclusive import alone
from .gathering import Gather, gathering
from .gradients import Flow
from .guard import Guard
from .recorded import Condition, Recorded
from .report import Traced
from .signature import Call
from .sources import Argument, Gone, Gradient, Held, Source, overwritable

__all__ = ["Variant", "graph_of"]

_SHAPES = 4096
"""For how many combinations of shapes it is remembered whether paths hold."""


class Variant:
    """A tree of paths, and what must hold for it to be used.

    Attributes:
        guard: what the program read of the world around it.
        tree: the paths.
        loops: whether loops were found in the paths, so that they may go different ways for the same looks.
        general: for which sizes the paths hold; None where they hold for the sizes of one call.
        left: why all calls are left to Python; None where they are not.
        known: the values of the states that were found to fit last, or that a run left behind.
        sizes: the sizes of the symbols by the shapes of what may have several, None where the paths do not hold.
    """

    def __init__(
        self,
        name: str,
        guard: Guard,
        compiled: Callable[[Graph, float], None],
        loops: bool,
        general: General | None = None,
    ) -> None:
        self.general = general
        self.guard = guard
        self.tree = Tree(name, compiled)
        self.loops = loops
        self.left: str | None = None
        self._arguments = 0
        self._sources: list[Source] = []
        self._parameters: list[int] = []
        self._kinds: dict[Source, tuple[object, ...]] = {}
        self._changed: dict[Source, None] = {}
        self._places: dict[Source, int] = {}
        self._endings: list[Ending] = []
        self._replaced: list[int] | None = None
        self._present: dict[Origin, bool] = {}
        self._frozen: dict[int, Held] = {}
        self._conditions: dict[tuple[Source, Condition], None] = {}
        self.known: list[Array] = []
        self._gather: Gather | None = None
        self._open: list[int] = []
        self.sizes: dict[tuple[Shape, ...], dict[str, int] | None] = {}

    @property
    def used(self) -> bool:
        """Whether anything was compiled."""
        return any(b.piece is not None for b in self.tree.root.below())

    def add(self, recorded: Recorded, trace: Traced, stop: int | None = None) -> None:
        """Let the path of a run join.

        Args:
            trace: the account of the run.
            stop: the check at which the path is cut off: there the Python runs.

        Raises:
            Diverged: it did something else though everything known was the same.
        """
        path = recorded.path
        assert path is not None
        if stop == 0:
            self.left = f"{path.checks[0].location}: a line that is left to Python"
        branch, names = self.tree.add(path, recorded.inputs, recorded.states, stop)
        self._expect(recorded)
        if branch.end is None and stop is None:
            self._finish(branch, names, path, recorded, trace)
        self._gather = None
        for ending in self._endings:
            ending.arrange(self._places)
        simple = all(ending.replaceable for ending in self._endings)
        self._replaced = [self._places[s] for s in self._changed] if simple else None

    def _finish(
        self,
        branch: Branch,
        names: dict[Value, Value],
        path: Path,
        recorded: Recorded,
        trace: Traced,
    ) -> None:
        writes = dict(zip(recorded.states, path.states, strict=True))
        results = [names[v] for v in path.outputs]
        count = len(recorded.outputs)
        extra = results[count:]
        flow: Flow | None = None
        if recorded.flows:
            outputs = {n: results[n] for n in recorded.flows}
            to = dict.fromkeys(s for sources in recorded.flows.values() for s in sources)
            flow = Flow(self.tree.name, branch, outputs, [self.tree.starts[s] for s in to])
            extra += flow.saved
        ending = Ending(recorded, flow, trace)
        self.tree.finish(
            branch,
            End(
                results[:count],
                {
                    names[writes[w.source].input]: names[writes[w.source].output]
                    for w in recorded.writes
                },
                extra,
                ending,
                ending.certain(self.guard),
            ),
        )
        self._endings.append(ending)
        self._changed.update(dict.fromkeys(ending.changed))

    def _expect(self, recorded: Recorded) -> None:
        """What must hold at the start of a run that may go the way of this one."""
        starts: list[Source] = list(self.tree.starts)  # type: ignore[arg-type]
        arguments = [s for s in starts if isinstance(s, Argument)]
        held = [s for s in starts if isinstance(s, Held)]
        gradients = [s for s in starts if isinstance(s, Gradient)]
        self._sources = [*arguments, *held, *gradients]
        self._arguments = len(arguments)
        self._parameters = [self._sources.index(s) for s in starts]
        self._places = {s: i for i, s in enumerate(self._sources)}
        if self.general is not None:
            # What is none of these keeps its shape, which `fits` looks at.
            known = zip(self._parameters, self.general.parameters, strict=True)
            still = {i for i, v in known if all(isinstance(d, int) for d in v.shape)}
            given = range(len(arguments))
            self._open = [
                *given,
                *(i for i in self._parameters if i not in still and i not in given),
            ]
        self.tree.arrange(self._sources)
        self._kinds.update(
            {s: (a.data.dtype, a.data.shape, a.tracked) for s, a in recorded.firsts.items()}
        )
        self._present.update(recorded.present)
        self._frozen.update(recorded.frozen)
        self._conditions.update(recorded.conditions)
        self.known = []

    def objection(self, call: Call) -> str:
        """Why the paths do not hold for a call though the world is as it was; empty where they do."""
        for source in self._sources:
            if isinstance(source, Held) and source.ref() is None:
                return "a tensor that was used is gone"
            if isinstance(source, Gradient) and source.origin.grad is None:
                return "there is no gradient now"
        for origin, present in self._present.items():
            if (origin.grad is not None) is not present:
                there = "there is" if origin.grad is not None else "there is no"
                return f"{there} gradient of {origin.name or origin.kind} now"
        for place, held in self._frozen.items():
            if held.ref() is not call.tensors[place]:
                return "a tensor is given that is not the one which the function also holds"
        if not all(overwritable(s.tensor(call)) for s in self._changed):
            return "a tensor that is written shares its memory with others"
        if not all(condition(s.array(call).data) for s, condition in self._conditions):
            return "elements lie in another range"
        return ""

    def binding(self, arrays: list[Array]) -> dict[str, int]:
        """The sizes of the symbols."""
        if self.general is None:
            return {}
        return self.sizes_of(arrays) or {}

    def sizes_of(self, arrays: list[Array]) -> dict[str, int] | None:
        """The sizes of the symbols; None where the paths do not hold for these."""
        assert self.general is not None
        open_shapes = tuple([arrays[i].data.shape for i in self._open])
        if open_shapes not in self.sizes:
            if len(self.sizes) > _SHAPES:
                self.sizes.clear()
            sizes = self.general.sizes([arrays[i].data.shape for i in self._parameters])
            holds = sizes is not None and self.general.holds(sizes)
            self.sizes[open_shapes] = sizes if holds else None
        return self.sizes[open_shapes]

    def widen(self, general: General) -> None:
        """The same path is known to hold for more sizes."""
        self.general = general
        self.sizes = {}

    def gather(self, call: Call) -> list[Array] | None:
        """The values that a run starts with; None where the paths do not hold for this call."""
        gather = self._gather
        if gather is None:
            gather = self._gather = self._gathering()
        return gather(self, call)

    def _gathering(self) -> Gather:
        return gathering(
            self._sources,
            self._present,
            self._frozen,
            self._changed,
            self._conditions,
            self._open if self.general is not None else None,
        )

    def replaceable(self, arrays: list[Array]) -> bool:
        """Whether nobody sees the memory of the states that runs change but the tensors themselves.

        Args:
            arrays: what `gather` gave last.
        """
        places = self._replaced
        return bool(places) and alone(arrays, places)  # type: ignore[arg-type]

    def fits(self, arrays: list[Array]) -> bool:
        """Whether the values, of which some states are not known yet, are of the types that the paths are for."""
        for place, (array, source) in enumerate(zip(arrays, self._sources, strict=True)):
            data = array.data
            dtype, shape, tracked = self._kinds[source]
            if data.dtype != dtype or array.tracked is not tracked:
                return False
            if data.shape != shape and place not in self._open:
                return False
        self.known = arrays[self._arguments :]
        return True

    def expect(self, call: Call) -> None:
        """A run has left new values behind, which are of the same types as the old ones."""
        try:
            self.known = [s.array(call) for s in self._sources[self._arguments :]]
        except (Gone, AttributeError):
            self.known = []


def graph_of(recorded: Recorded) -> Graph:
    """What a run did, as one graph."""
    assert recorded.path is not None
    path = expand_pullbacks(recorded.path)
    outputs = path.outputs[: len(recorded.outputs)]
    return finish(close(path.name, path.inputs, outputs, path.states))
