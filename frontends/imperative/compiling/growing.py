"""The paths that a function was seen to take, by what it was called with, and how new ones join them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ....compiler.ir import Graph
from ....compiler.location import Location
from ....compiler.sizes import Family, General, Licence, Pinned, Run
from ....compiler.source import place_at
from ....compiler.tracing import expand_pullbacks
from ....runtime.paths import Diverged, Miss
from .preparing import Prepared, prepare
from .reasons import difference, shown_value
from .recorded import Recorded
from .report import Report, Traced
from .signature import Call
from .variant import Variant, graph_of

__all__ = ["Growth"]

OUTCOMES = 8
"""How many different values a line may be seen to look at before it is left to Python."""
MISSES = 64
"""How many new ways may start at a line, for one kind of call, before it is left to Python."""
VARIANTS = 16
"""How many trees are kept for calls of one kind and size."""
REFUSALS = 4
"""How often in a row a kind of call may turn out to be impossible to compile before it is left to Python."""
REMEMBERED = 16
"""With how many calls of late a new one is compared, to say what is new about it."""

Site: TypeAlias = Hashable


@dataclass(eq=False)
class _Kind:
    """Calls that are alike but for sizes."""

    exact: dict[Hashable, list[Variant]] = field(default_factory=dict)
    general: list[Variant] = field(default_factory=list)
    families: dict[Hashable, _Relatives] = field(default_factory=dict)
    misses: Counter[tuple[Hashable, Site]] = field(default_factory=Counter)
    refused: dict[Hashable, int] = field(default_factory=dict)
    given_up: dict[Hashable, str] = field(default_factory=dict)

    def generalized(
        self, recorded: Recorded, prepared: Prepared, licence: Licence, trace: Traced
    ) -> General | None:
        """The path for many sizes that a run is one of; None while it stands alone."""
        key = (tuple(recorded.inputs), tuple(recorded.states), len(recorded.extras))
        relatives = self.families.setdefault(key, _Relatives())
        relatives.licence = licence
        before = len(relatives.family.refusals)
        member = relatives.family.add(Run(prepared.rolled, recorded.observed))
        if member is not None:
            trace.loops += member.general.describe()
            return member.general
        trace.loops += [f"sizes stay fixed: {r}" for r in relatives.family.refusals[before:]]
        return None


class _Relatives:
    """Runs that start with the same kinds of values.

    Attributes:
        licence: says of the run that came last which of its loops are the same for every length.
    """

    def __init__(self) -> None:
        self.licence: Licence | None = None
        self.family = Family(self._ask)

    def _ask(self, pin: Pinned) -> str | None:
        assert self.licence is not None
        return self.licence(pin)


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
        self.quick: dict[Hashable, Iterable[Variant]] = {}
        """The trees of calls by their `quick` keys, until something joins."""
        self._kinds: dict[Hashable, _Kind] = {}
        self._calls: deque[Call] = deque(maxlen=REMEMBERED)
        self._outcomes: dict[Site, set[bytes]] = defaultdict(set)
        self._wild: set[Site] = set()

    def variants(self, call: Call) -> Iterable[Variant]:
        """The trees that a call may run, those that came last first."""
        kind = self._kinds.get(call.key)
        if kind is None:
            return ()
        exact = kind.exact.get(call.sizes, ())
        return (*kind.general, *exact) if kind.general else exact

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
        self.quick.clear()
        kind = self._kinds.setdefault(call.key, _Kind())
        reason, location = self._reason(kind, call, missed)
        trace = self.report.traced(recorded, reason, location)
        self._calls.append(call.summary())
        if recorded.path is None or recorded.refusal is not None:
            # That somebody debugged a call says nothing about others.
            if not recorded.debugged:
                self._refused(kind, call, recorded)
            return None
        kind.refused.pop(call.sizes, None)
        warning = self._look_for_wild(kind, call, missed)
        self._keep(kind, recorded, call, missed, trace)
        return warning

    def graph_of(self, recorded: Recorded) -> tuple[Graph, Mapping[str, int]]:
        """What a run of the Python did, as a graph, and the sizes of its symbols."""
        sizes: Mapping[str, int] | None = None
        if recorded.refusal is not None:
            # Not kept, as the first run of an optimizer that makes slots; told like those that are.
            assert recorded.path is not None
            recorded.path = prepare(recorded.path).path
        if recorded.general is not None:
            sources = [*recorded.inputs, *recorded.states]
            sizes = recorded.general.sizes([recorded.firsts[s].data.shape for s in sources])
        return graph_of(recorded), sizes or {}

    # What keeps a path from being kept.

    def _refused(self, kind: _Kind, call: Call, recorded: Recorded) -> None:
        count = kind.refused[call.sizes] = kind.refused.get(call.sizes, 0) + 1
        if count >= REFUSALS:
            kind.given_up[call.sizes] = str(recorded.refusal)
            self.report.left[str(recorded.refusal)] = None

    def _look_for_wild(
        self, kind: _Kind, call: Call, missed: tuple[Variant, Miss] | None
    ) -> str | None:
        """Count what a line was seen to look at; a warning, where that is too much from now on."""
        if missed is None:
            return None
        location = missed[1].branch.location
        site = _site(location)
        outcomes = self._outcomes[site]
        outcomes.add(missed[1].value.tobytes())
        kind.misses[call.sizes, site] += 1
        few = len(outcomes) < OUTCOMES and kind.misses[call.sizes, site] < MISSES
        if few or site in self._wild:
            return None
        self._wild.add(site)
        said = (
            f"more than {OUTCOMES} different values"
            if len(outcomes) >= OUTCOMES
            else "ever new combinations of values"
        )
        text = (
            f"{location}: {self.name} looked at {said} here, and went another way "
            "for each; from here on the Python runs. To keep it compiled, let the value stay a tensor: choose with "
            "torch.where, compute with a mask, or return the tensor and look at it outside"
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
        sites = [n.location for n in recorded.path.nodes if n.location is not None]
        prepared = prepare(recorded.path)
        trace.loops, trace.proof = prepared.told, prepared.proof
        recorded.path = prepared.path
        assert recorded.guard is not None
        checks = prepared.path.checks
        stop = next((i for i, c in enumerate(checks) if _site(c.location) in self._wild), None)
        if missed is not None and missed[0].general is None:
            variant = missed[0]
            try:
                variant.add(recorded, trace, stop)
                return
            except Diverged as diverged:
                if not prepared.loops and not variant.loops:
                    self._impure(kind, call, diverged, trace)
                    return
        if self.dynamic and not recorded.fixed and stop is None:
            licence = Licence(recorded.ran, [i for s in sites if (i := s.instruction) is not None])
            try:
                general = kind.generalized(recorded, prepared, licence, trace)
            except Exception as error:
                # What is not understood stays as it was: for one size.
                trace.loops.append(f"sizes stay fixed: {type(error).__name__}: {error}")
                general = None
            if general is not None:
                self._keep_general(kind, recorded, general, prepared, trace)
                return
        variant = Variant(self.name, recorded.guard, self.report.compiled, prepared.loops)
        variant.add(recorded, trace, stop)
        variants = kind.exact.setdefault(call.sizes, [])
        variants.insert(0, variant)
        del variants[VARIANTS:]

    def _keep_general(
        self,
        kind: _Kind,
        recorded: Recorded,
        general: General,
        prepared: Prepared,
        trace: Traced,
    ) -> None:
        """Keep a path for many sizes, in the place of those for one that were never compiled."""
        assert recorded.guard is not None
        for sizes, variants in list(kind.exact.items()):
            kind.exact[sizes] = [v for v in variants if v.used]
        for variant in kind.general:
            assert variant.general is not None
            if variant.general.path is general.path and variant.guard.holds():
                variant.widen(general)
                recorded.path, recorded.general = expand_pullbacks(general.path), general
                return
        recorded.path, recorded.general = expand_pullbacks(general.path), general
        made = Variant(self.name, recorded.guard, self.report.compiled, prepared.loops, general)
        made.add(recorded, trace)
        seen = [dict(s) for s in general.seen]
        kind.general = [
            v
            for v in kind.general
            if v.used or v.general is None or not all(dict(s) in seen for s in v.general.seen)
        ]
        kind.general.insert(0, made)
        del kind.general[VARIANTS:]

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
    if location.instruction is not None:
        return place_at(*location.instruction)
    return location.file, location.span
