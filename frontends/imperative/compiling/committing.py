"""What a run leaves behind, put in place when it has come to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ....compiler.dispatch import Array, damage, leaf, plain
from ....compiler.location import caller
from ..grad_mode import no_grad
from ..storage import settle
from ..tensor import Leaf, wrap
from ..writing import write
from .gradients import Flow, spend
from .guard import Guard
from .recorded import Recorded
from .report import Traced
from .results import Recipe, arranged, layout
from .signature import Call
from .sources import Gradient, Held, Source

if TYPE_CHECKING:
    from .variant import Variant

__all__ = ["Ending"]


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """A tensor that gets a new value.

    Attributes:
        replaces: whether the tensor is a gradient that gives way to another.
        order: how the new numbers lie in memory.
        where: the instruction that changes it.
    """

    source: Source
    replaces: bool
    order: tuple[int, ...] | None
    where: tuple[Any, int] | None


class Ending:
    """What goes with one end of a tree.

    Args:
        recorded: the run that came to this end.
        flow: how gradients flow through what it returned; None where none does.
        trace: the account of that run.

    Attributes:
        replaceable: whether the states that it changes are such that new values may be written over the old ones, where
            nobody else sees these.
        recipe: makes the result of the values of the outputs.
        steps: how many optimizer steps such a run takes.
    """

    __slots__ = (
        "_assumed",
        "_changes",
        "_cleared",
        "_gradients",
        "_guard",
        "_outputs",
        "_places",
        "_plain",
        "_shown",
        "_spent",
        "flow",
        "recipe",
        "replaceable",
        "steps",
        "trace",
    )

    def __init__(self, recorded: Recorded, flow: Flow | None, trace: Traced) -> None:
        self.trace = trace
        self._guard = recorded.guard
        assert recorded.path is not None
        assert recorded.recipe is not None
        self.recipe: Recipe = recorded.recipe
        self.flow = flow
        self._outputs = len(recorded.outputs)
        self.steps = recorded.steps
        self._changes = [
            _Change(
                w.source,
                w.replaces,
                layout(np.asarray(w.value.data)),
                _overwriting(w.value),
            )
            for w in recorded.writes
        ]
        self._places: list[int] = []
        self.replaceable = flow is None and all(
            isinstance(c.source, (Held, Gradient)) and not c.replaces and c.order is None
            for c in self._changes
        )
        self._cleared = recorded.cleared
        self._assumed = [e.assumption for e in recorded.extras if e.assumption is not None]
        self._gradients = cast(
            "list[Leaf]", [e.gradient for e in recorded.extras if e.gradient is not None]
        )
        self._shown = recorded.effects
        self._spent = recorded.spent
        self._plain = not (
            recorded.writes
            or recorded.extras
            or recorded.effects
            or recorded.cleared
            or recorded.spent
            or flow
        )

    @property
    def changed(self) -> list[Source]:
        """The tensors that are overwritten."""
        return [c.source for c in self._changes if not c.replaces]

    def arrange(self, places: Mapping[Source, int]) -> None:
        """Learn at which places runs are given what they start with."""
        self._places = [places[c.source] for c in self._changes]

    def certain(self, known: Guard) -> bool:
        """Whether a run that comes to this end counts, whatever its results; asked before they are computed."""
        return not self._assumed and (self._guard is None or self._guard is known)

    def holds(self, known: Guard) -> bool:
        """Whether what that run read of the world is as it was; ``known`` was asked already."""
        guard = self._guard
        return guard is None or guard is known or guard.holds()

    def accepts(self, results: Sequence[np.ndarray]) -> bool:
        """Whether everything holds for these results that functions made sure of before they computed."""
        at = self._outputs + len(self._gradients)
        return all(
            a.condition(data) is a.outcome
            for a, data in zip(self._assumed, results[at : at + len(self._assumed)], strict=True)
        )

    def commit(
        self,
        call: Call,
        variant: Variant,
        arrays: list[Array],
        results: Sequence[np.ndarray],
        replaced: bool,
        captured: bool,
    ) -> list[Array]:
        """Leave behind what the run leaves; gives the values of the outputs.

        Args:
            arrays: what the run started with, in the order of the variant's tree.
            results: outputs, gradients put in place, what was assumed of, what is shown, what backward needs, states.
            replaced: whether the states were given up for their new values, so that nobody knows the old ones.
            captured: whether somebody records everything.
        """
        at = self._outputs
        outputs = [plain(data) for data in results[:at]]
        if self._plain:
            return outputs
        for origin in self._cleared:
            origin.grad = None
        for origin in self._gradients:
            origin.gradient = results[at]
            at += 1
        at += len(self._assumed)
        shown = []
        for effect in self._shown:
            count = len(effect.arrays)
            shown.append((effect, results[at : at + count]))
            at += count
        # To whoever records everything, what a graph gave is data.
        if not captured:
            for number, freed in self._spent.items():
                spend(outputs[number], freed)
        if self.flow is not None:
            count = len(self.flow.saved)
            starts = dict(zip(variant.tree.order, arrays, strict=True))
            sizes = variant.binding(arrays)
            self.flow.link(outputs, starts, results[at : at + count], sizes, caller(0))
        if replaced:
            for place, data in zip(self._places, results[-len(self._places) :], strict=True):
                array = arrays[place]
                if data is not array.data:
                    array.data = arranged(data, None)
                array.code = array.op = None
                array.inputs = ()
        elif self._changes:
            for change, data in zip(self._changes, results[-len(self._changes) :], strict=True):
                _put(change, arranged(data, change.order), call)
            variant.expect(call)
        for effect, values in shown:
            effect.replay(values)
        return outputs


def _overwriting(value: Array) -> tuple[Any, int] | None:
    """The instruction that makes the old value unusable, if it is to be."""
    if value.code is None or (value.origin is not None and not value.origin.overwrites):
        return None
    return value.code, value.lasti


def _put(change: _Change, data: np.ndarray, call: Call) -> None:
    """Give a tensor its new value."""
    if change.replaces:
        assert isinstance(change.source, Gradient)
        change.source.origin.grad = wrap(plain(data))
        return
    tensor = change.source.tensor(call)
    if tensor.shared is not None and not settle(tensor):
        with no_grad():
            write(tensor, leaf(data), "an in-place operation")
        return
    old = tensor.array
    made = plain(data)
    made.origin, made.tracked = old.origin, old.tracked
    tensor.array = made
    if change.where is not None:
        damage(old, "an in-place operation", *change.where)
