"""Parameters that no gradient reaches, or no optimizer has."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ...compiler.autodiff import history
from ...compiler.dispatch import Array, Origin
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Cut, Declared, Event, Minimized, Pulled, Stepping
from .check import Check
from .stack import call_site

LOOKS = 3
"""How often the history of values of one line is walked: what a program does there it does again."""


@dataclass(slots=True)
class _Variable:
    """What was declared of a variable by all optimizers."""

    declared: Declared
    chosen: bool = False
    reached: bool = False
    behind: Location | None = None
    left_out_at: list[Location] = field(default_factory=list)


class Gradients(Check):
    """Parameters that are not trained, though they take part or were meant to.

    Found: a parameter of an optimizer that no gradient ever reaches, with the line that cuts its history
    (``detach``, ``stop_gradient``) where there is one; a step without any gradient, as no backward pass was made; a
    parameter that a loss depends on and no optimizer has (layers in a plain list, a ``var_list`` too short).
    Not found: parameters with ``requires_grad=False`` or ``trainable=False``, which says that it is meant; what another
    optimizer of the program trains, as in adversarial networks; gradients of losses that no optimizer lowers.
    """

    name = "gradients"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._walked: Counter[tuple[object, ...]] = Counter()
        self._cuts: dict[Origin, Location] = {}
        self._losses: list[list[Origin]] = []
        self._held: dict[Origin, Location | None] = {}
        self._reached: set[Origin] = set()
        self._steps: dict[tuple[str, int], tuple[Location, Location | None]] = {}
        self._stepped: set[tuple[str, int]] = set()
        self._declared: dict[tuple[object, str], _Variable] = {}

    def told(self, event: Event) -> None:
        if isinstance(event, Cut):
            where = Location.here()
            for origin in self._leaves((event.array,)):
                self._cuts.setdefault(origin, where)
        elif isinstance(event, Pulled):
            self._losses.append(self._leaves(event.roots))
        elif isinstance(event, Stepping):
            self._step(event)
        elif isinstance(event, Minimized):
            self._minimized(event)

    def _leaves(self, roots: Iterable[Array]) -> list[Origin]:
        """The leaves behind values, unless this line has shown its own often enough."""
        site = call_site()
        self._walked[site] += 1
        if self._walked[site] > LOOKS:
            return []
        found = history([root for root in roots if root.tracked])
        return [a.origin for a in found if a.origin is not None and a.tracked]

    def _step(self, event: Stepping) -> None:
        self._held.update(dict.fromkeys(event.parameters, event.made))
        live = {o for o, g in zip(event.parameters, event.gradients, strict=True) if g is not None}
        self._reached |= live
        here = Location.here()
        key = (here.file, here.line)
        self._steps[key] = (here, event.made)
        if live:
            self._stepped.add(key)

    def _minimized(self, event: Minimized) -> None:
        for one in event.variables:
            kept = self._declared.setdefault((event.graph, one.name), _Variable(one))
            kept.chosen |= one.chosen
            kept.reached |= one.chosen and one.reached
            kept.behind = kept.behind or one.behind
            if not one.chosen:
                kept.left_out_at.append(Location.here())

    def finish(self) -> None:
        self._finish_steps()
        self._finish_parameters()
        self._finish_declared()

    def _finish_steps(self) -> None:
        for key, (here, made) in self._steps.items():
            if key not in self._stepped:
                self.report(
                    "the optimizer's steps change nothing: no parameter ever has a gradient",
                    here,
                    "call loss.backward() between zero_grad() and step()",
                    [Place("the optimizer was made here", made)],
                )

    def _finish_parameters(self) -> None:
        if not self._stepped:
            return
        idle: dict[str, list[Origin]] = defaultdict(list)
        for origin in self._held:
            if origin not in self._reached:
                where = self._cuts.get(origin) or origin.location
                idle[str(where)].append(origin)
        for origins in idle.values():
            cut = self._cuts.get(origins[0])
            if cut is not None:
                made = [Place(f"{_named(o)} was made here", o.location) for o in origins[:2]]
                self._cut(", ".join(map(_named, origins)), cut, made)
            else:
                self.report(
                    f"no loss depends on {', '.join(map(_named, origins))}: its gradient is always None",
                    origins[0].location,
                    "use it in what the loss is computed from, or do not give it to the optimizer",
                )
        strays: dict[str, list[Origin]] = defaultdict(list)
        for origin in self._left_out():
            if origin.kind == "parameter":
                strays[str(origin.location)].append(origin)
        optimizers = [Place("an optimizer was made here", m) for m in dict.fromkeys(self._held.values())]  # fmt: skip
        for origins in strays.values():
            self.report(
                f"no optimizer has {', '.join(map(_named, origins))}, on which the loss depends",
                origins[0].location,
                "give it to the optimizer; layers in a list belong into nn.ModuleList, "
                "or a module does not know them (requires_grad_(False) says that it is meant)",
                optimizers[:1],
            )

    def _left_out(self) -> list[Origin]:
        """The leaves of losses that optimizers lower which none of them has; a loss of none is there for itself."""
        lowered = [leaves for leaves in self._losses if not self._held.keys().isdisjoint(leaves)]
        every = dict.fromkeys(origin for leaves in lowered for origin in leaves)
        return [origin for origin in every if origin not in self._held]

    def _finish_declared(self) -> None:
        cut: dict[str, list[_Variable]] = defaultdict(list)
        left: dict[str, list[_Variable]] = defaultdict(list)
        for one in self._declared.values():
            if not one.chosen:
                left[str(one.left_out_at[0])].append(one)
            elif not one.reached:
                cut[str(one.behind or one.declared.place)].append(one)
        for group in cut.values():
            names = ", ".join(repr(v.declared.name) for v in group)
            made = [Place(f"{v.declared.name!r} was made here", v.declared.place) for v in group[:2]]  # fmt: skip
            if group[0].behind is not None:
                self._cut(names, group[0].behind, made)
            else:
                self.report(
                    f"no loss depends on {names}: there is no gradient",
                    group[0].declared.place,
                    "use it in what the loss is computed from, or make it with trainable=False",
                )
        for group in left.values():
            self.report(
                f"no optimizer changes {', '.join(repr(v.declared.name) for v in group)}, on which the loss depends",
                group[0].left_out_at[0],
                "add it to var_list, or make it with trainable=False if that is meant",
                [Place(f"{v.declared.name!r} was made here", v.declared.place) for v in group[:2]],
            )

    def _cut(self, names: str, where: Location, made: list[Place]) -> None:
        self.report(
            f"no gradient reaches {names}: the history is cut here",
            where,
            "leave the history on (no detach, no stop_gradient) where it is to be trained",
            made,
        )


def _named(origin: Origin) -> str:
    return repr(origin.name or origin.kind)
