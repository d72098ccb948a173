"""The paths that a function was seen to take, by what it was called with, and how new ones join them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from ....compiler.ir import Graph
from ....compiler.location import Location
from ....compiler.tracing import Path
from ....runtime.paths import Diverged, Miss
from .preparing import prepare
from .reasons import difference, shown_value
from .recording import Recorded
from .report import Report, Traced
from .signature import Call
from .variant import Variant, graph_of

__all__ = ["Growth"]

OUTCOMES = 8
"""How many different values a line may be seen to look at before it is left to Python."""
VARIANTS = 16
"""How many trees are kept for calls of one kind and size."""
REFUSALS = 4
"""How often in a row a kind of call may turn out to be impossible to compile before it is left to Python."""
REMEMBERED = 16
"""With how many calls of late a new one is compared, to say what is new about it."""

Site = Hashable


@dataclass(eq=False)
class _Kind:
    """Calls that are alike but for sizes."""

    exact: dict[Hashable, list[Variant]] = field(default_factory=dict)
    general: list[Variant] = field(default_factory=list)
    refused: dict[Hashable, int] = field(default_factory=dict)
    given_up: dict[Hashable, str] = field(default_factory=dict)


class Growth:
    """The trees of one function.

    Args:
        name: of the function.
        report: told of everything that happens.
        dynamic: whether paths for several sizes may become one.
    """

    def __init__(self, name: str, report: Report, dynamic: bool) -> None:
        self.name = name
        self.report = report
        self.dynamic = dynamic
        self._kinds: dict[Hashable, _Kind] = {}
        self._calls: deque[Call] = deque(maxlen=REMEMBERED)
        self._outcomes: Counter[Site] = Counter()
        self._wild: set[Site] = set()

    def variants(self, call: Call) -> Iterable[Variant]:
        """The trees that a call may run, those that came last first."""
        kind = self._kinds.get(call.key)
        if kind is None:
            return ()
        exact = kind.exact.get(call.sizes, ())
        return (*exact, *kind.general) if kind.general else exact

    def given_up(self, call: Call) -> str | None:
        """Why calls like this one are left to Python; None where they are not."""
        kind = self._kinds.get(call.key)
        return kind.given_up.get(call.sizes) if kind is not None else None

    def is_wild(self, miss: Miss) -> bool:
        """Whether the line at which a run went another way is left to Python."""
        return _site(miss.branch.location) in self._wild

    def add(
        self, recorded: Recorded, call: Call, missed: tuple[Variant, Miss] | None
    ) -> str | None:
        """Let a run of the Python join; gives a warning for the user, where there is one.

        Args:
            missed: the tree that a run of the call was in, and where it went another way.
        """
        kind = self._kinds.setdefault(call.key, _Kind())
        reason, location = self._reason(kind, call, missed)
        trace = self.report.traced(recorded, reason, location)
        self._calls.append(call.summary())
        if recorded.path is None or recorded.refusal is not None:
            self._refused(kind, call, recorded)
            return None
        kind.refused.pop(call.sizes, None)
        warning = self._look_for_wild(recorded.path, missed)
        self._keep(kind, recorded, call, missed, trace)
        return warning

    def graph_of(self, recorded: Recorded) -> tuple[Graph, Mapping[str, int]]:
        """What a run of the Python did, as a graph, and the sizes of its symbols."""
        return graph_of(recorded), {}

    # What keeps a path from being kept.

    def _refused(self, kind: _Kind, call: Call, recorded: Recorded) -> None:
        count = kind.refused[call.sizes] = kind.refused.get(call.sizes, 0) + 1
        if count >= REFUSALS:
            kind.given_up[call.sizes] = str(recorded.refusal)
            self.report.left[str(recorded.refusal)] = None

    def _look_for_wild(self, path: Path, missed: tuple[Variant, Miss] | None) -> str | None:
        """Count what a line was seen to look at; a warning, where that is too much from now on."""
        if missed is None:
            return None
        location = missed[1].branch.location
        site = _site(location)
        self._outcomes[site] += 1
        if self._outcomes[site] < OUTCOMES or site in self._wild:
            return None
        self._wild.add(site)
        text = (
            f"{location}: {self.name} looked at more than {OUTCOMES} different values here, and went another way for each; "
            "from here on the Python runs. To keep it compiled, let the value stay a tensor: choose with torch.where, "
            "compute with a mask, or return the tensor and look at it outside"
        )
        self.report.left[text] = None
        return text

    # Keeping it.

    def _keep(
        self,
        kind: _Kind,
        recorded: Recorded,
        call: Call,
        missed: tuple[Variant, Miss] | None,
        trace: Traced,
    ) -> None:
        assert recorded.path is not None
        prepared = prepare(recorded.path)
        trace.loops = prepared.told
        recorded.path = prepared.path
        stop = next(
            (i for i, c in enumerate(prepared.path.checks) if _site(c.location) in self._wild), None
        )
        if missed is not None:
            variant = missed[0]
            try:
                variant.add(recorded, call, trace, stop)
                return
            except Diverged as diverged:
                if not prepared.loops and not variant.loops:
                    self._impure(kind, call, diverged, trace)
                    return
        assert recorded.guard is not None
        variant = Variant(self.name, recorded.guard, self.report.compiled, prepared.loops)
        variant.add(recorded, call, trace, stop)
        variants = kind.exact.setdefault(call.sizes, [])
        variants.insert(0, variant)
        del variants[VARIANTS:]

    def _impure(self, kind: _Kind, call: Call, diverged: Diverged, trace: Traced) -> None:
        where = f"{diverged.location}: " if diverged.location is not None else ""
        text = (
            f"{where}it did something else though everything that it was seen to read was the same"
        )
        trace.refusal = text
        kind.exact.pop(call.sizes, None)
        kind.given_up[call.sizes] = text
        self.report.left[text] = None

    # Why the Python ran.

    def _reason(
        self, kind: _Kind, call: Call, missed: tuple[Variant, Miss] | None
    ) -> tuple[str, Location | None]:
        if missed is not None:
            branch = missed[1].branch
            seen = "a new value"
            return f"{seen} was looked at: {shown_value(missed[1].value)}", branch.location
        said = []
        for variant in kind.exact.get(call.sizes, ()):
            text = variant.guard.differs() or variant.objection(call)
            if text:
                said.append(text)
        if said:
            return said[0], None
        return difference(call, self._calls), None


def _site(location: Location | None) -> Site:
    if location is None:
        return None
    return location.instruction or (location.file, location.line, location.column)
