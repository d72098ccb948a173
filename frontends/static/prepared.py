"""Prepared runs: what `Session.run` does again and again for the same fetches and feeds, and nothing else.

A training loop asks for the same things in every step. What follows from the fetches and the names of the feeds alone
is worked out once: where arguments come from, where states go, and which results are wanted in which form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from .plans import Plan, run_alone
from .tensor import Tensor

if TYPE_CHECKING:
    from .feeds import Feed


class Prepared:
    """A plan in which nothing but the graph is computed, for feeds that come in a certain order.

    `prepare` says for which plans there is one.
    """

    __slots__ = (
        "_assemble", "_changed", "_constants", "_executable", "_feeds", "_needed", "_read", "_results", "_wanted",
    )  # fmt: skip

    def __init__(self, plan: Plan, feeds: Sequence[Feed]) -> None:
        program = plan.program
        graph = program.graph
        self._executable = plan.parts[0][1]
        self._feeds = feeds
        place = {feed.tensor: i for i, feed in enumerate(feeds)}
        needed = [place[t] for t in program.feeds]
        self._needed = None if needed == list(range(len(feeds))) else _taking(needed)
        self._read = _taking([s.slot for s in graph.states])
        self._constants = plan.constants
        self._changed = [slot for _, slot in plan.changes]
        self._results = _taking([position for position, _ in plan.changes])
        result = {t: i for i, t in enumerate(program.outputs)}
        self._wanted = [
            (result[e], not graph.outputs[result[e]].shape) if isinstance(e, Tensor) else None
            for e in plan.fetches.elements
        ]
        self._assemble = plan.fetches.assemble

    def run(self, store: dict[str, np.ndarray], values: Iterable[object]) -> object:
        """Compute the answer to the fetches.

        Args:
            store: the states by slot; those that change are changed in it.
            values: what is fed, in the order of the feeds.

        Raises:
            NoValue: a state has no value; nothing was done.
            FeedError, InvalidArgumentError: as `Session.run`.
        """
        given: Sequence[np.ndarray] = [
            feed.array(value) for feed, value in zip(self._feeds, values, strict=True)
        ]
        if self._needed is not None:
            given = self._needed(given)
        try:
            states = self._read(store)
        except KeyError:
            raise NoValue from None
        # The store alone has the states' arrays: what leaves a run of what is asked for is a copy.
        results = run_alone(self._executable, (*given, *states), replace=bool(self._changed))
        if self._changed:
            store.update(zip(self._changed, self._results(results), strict=True))
        if self._constants:
            store.update(self._constants)
        # A scalar comes as an array of rank 0 or as NumPy's scalar; `()` makes the latter of both.
        return self._assemble(
            [w if w is None else results[w[0]][()] if w[1] else results[w[0]] for w in self._wanted]
        )


class NoValue(Exception):
    """A state has no value yet."""


def prepare(plan: Plan, feeds: Sequence[Feed]) -> Prepared | None:
    """The prepared run of a plan; None where Python computes a part of it, or a feed is fetched or of unknown rank."""
    fed = {feed.tensor for feed in feeds}
    usual = (
        len(plan.parts) == 1
        and not plan.program.calls
        and all(t.type is not None for t in fed)
        and fed.isdisjoint(plan.fetches.elements)
    )
    return Prepared(plan, feeds) if usual else None


def _taking(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the items with these keys out of a container, as a tuple."""
    if not keys:
        return lambda _: ()
    if len(keys) == 1:
        only = keys[0]
        return lambda container: (container[only],)
    return itemgetter(*keys)
