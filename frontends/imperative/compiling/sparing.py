"""Numbers that a log need not keep: those of values that only the log knows.

A log keeps every value of a run, and what each was computed from, for what they say about the path: operation,
operands, type. Without it most of the numbers would be gone as soon as the next operation has read them, and so they
are let go of here.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from sys import getrefcount
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn, cast

import numpy as np

from ....compiler.dispatch import Array, Damaged
from ....compiler.ops import CONSTANT
from ....compiler.tracing import Event, Pulled

if TYPE_CHECKING:
    from ....compiler.dispatch import Origin
    from .tracer import GradientAtStart

__all__ = ["Sparing"]

LARGE = 1 << 12
"""Bytes of a value worth letting go of."""
OFTEN = 1 << 20
"""After how many bytes of such values it is done."""
FEW = 512
"""So many events are all looked at each time; of more than that, the latest."""
BACK = 8
"""Those since so many times ago."""


class Spared(Damaged):
    """In the place of numbers that nobody can ask for any more."""

    __slots__ = ()

    def __init__(self, victim: Array) -> None:
        self.dtype = victim.data.dtype
        self.shape = victim.data.shape

    def fail(self) -> NoReturn:
        raise AssertionError("a trace let go of numbers that were still needed")


class Sparing:
    """Lets go of numbers of a log now and then.

    Args:
        events: those of the log, which grow.
        spent: values that backward went through and let go of, which grow too.
        replaced: values of leaves that were written, each with the one in its place; they grow too.
        gradients: the gradients of leaves as the run found them; they grow too.

    Attributes:
        total: the bytes of all large values that were computed.
    """

    def __init__(
        self,
        events: Sequence[Event],
        spent: Collection[Array],
        replaced: Sequence[tuple[Array, Array]],
        gradients: Mapping[Origin, GradientAtStart],
    ) -> None:
        self._events = events
        self._spent = spent
        self._replaced = replaced
        self._gradients = gradients
        self.total = 0
        self._since = 0
        self._often = OFTEN
        self._whole = FEW
        self._latest = deque([0], maxlen=BACK)

    def computed(self, array: Array) -> None:
        """A value was added to the events."""
        data = array.data
        size = data.nbytes
        if size < LARGE or data.base is not None:
            return
        self.total += size
        self._since += size
        if self._since > self._often:
            start = self._start()
            freed = spare(self._events, self._spent, self._replaced, self._gradients, start)
            if freed < self._since // 8:
                self._often *= 2
            self._since = 0

    def _start(self) -> int:
        """Where to begin: mostly some times back, as most values are either soon needed no more or for long."""
        count = len(self._events)
        start = self._latest[0]
        self._latest.append(count)
        if count <= self._whole:
            return 0
        if count > 2 * self._whole:
            self._whole = count
            return 0
        return start


def spare(
    events: Sequence[Event],
    spent: Collection[Array],
    replaced: Sequence[tuple[Array, Array]],
    gradients: Mapping[Origin, GradientAtStart],
    start: int = 0,
) -> int:
    """Let go of the numbers of values that only the log knows; gives how many bytes that are.

    Args:
        start: the first event that is looked at.

    Reference counts say so. A value that another one was computed from keeps its numbers for that only where a gradient
    may still flow from the one to the other. Where counts leave doubt, as for operands that two values have in common,
    numbers are kept.

    A gradient that the run found goes with its tensor, which the program gives up by ``zero_grad()``.
    """
    freed = 0
    users: defaultdict[int, int] = defaultdict(int)
    for event in islice(reversed(events), len(events) - start):
        if type(event) is Pulled:
            # It says which leaves there were, not what they were.
            for leaf in event.wrt:
                users[id(leaf)] += 1
            del leaf
            continue
        if type(event) is not Array:
            continue
        is_spent = event in spent
        alone = getrefcount(event) - users.pop(id(event), 0) - is_spent == _ALONE
        if not alone and event.tracked and event.origin is None and not is_spent:
            continue
        _count(users, event)
        if alone and event.op is not CONSTANT:
            freed += _let_go(event)
    for pair in islice(reversed(replaced), len(events) - start):
        old = pair[0]
        # The log holds the first value of a leaf as such, too.
        if getrefcount(old) - users.get(id(old), 0) == _ALONE + 1:
            freed += _let_go(old)
    for found in gradients.values():
        gradient = found.array
        # What is known of the start holds the tensor, and its value as the tensor does.
        if (
            gradient is not None
            and getrefcount(found.tensor) == _HELD
            and getrefcount(gradient) - users.get(id(gradient), 0) == _ALONE + 1
        ):
            freed += _let_go(gradient)
    return freed


def _count(users: defaultdict[int, int], event: Array) -> None:
    """A function of its own, whose names are gone when the next value's references are counted."""
    for x in event.inputs:
        if type(x) is Array:
            users[id(x)] += 1


def _let_go(array: Array) -> int:
    data = array.data
    if type(data) is not np.ndarray or data.nbytes < LARGE:
        return 0
    array.data = cast("np.ndarray", Spared(array))
    return data.nbytes


def _alone() -> int:
    """The references that `spare` sees to a value that one list holds."""
    for event in reversed([Array()]):
        if type(event) is Array:
            return getrefcount(event)
    raise AssertionError


def _held() -> int:
    """The references that `spare` sees to what one attribute holds."""
    holder = SimpleNamespace(tensor=Array())
    return getrefcount(holder.tensor)


_ALONE = _alone()
_HELD = _held()
