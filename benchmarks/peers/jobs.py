"""What a framework builds for a workload: something that can be checked once and then run as often as one likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any, Protocol

import numpy as np

from .workloads import Arrays, Dense, Images, Recurrent, Training


class Unsupported(Exception):
    """The framework does not have this workload in this mode."""


def for_network(
    workload: Training,
    dense: Callable[..., Any] | None = None,
    images: Callable[..., Any] | None = None,
    recurrent: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """That of a framework's programs which belongs to the kind of network that is trained.

    Raises:
        Unsupported: the framework has none for it.
    """
    program = {Dense: dense, Images: images, Recurrent: recurrent}[type(workload)]
    if program is None:
        raise Unsupported(workload.name)
    return program


class Job(Protocol):
    def answer(self) -> Arrays:
        """What is held against the workload's reference; called first, and once."""

    def run(self, calls: int) -> None:
        """That many calls, with their results there at the end."""


class Steps:
    """Training steps on the workload's batches, in turn."""

    def __init__(
        self,
        workload: Training,
        batches: Sequence[Any],
        step: Callable[..., Any],
        weights: Callable[[], Arrays],
        wait: Callable[[Any], Any] = float,
    ) -> None:
        """
        Args:
            workload: what is trained.
            batches: of the framework's own arrays.
            step: takes a batch's arrays; gives the loss, perhaps as a promise.
            weights: the weights as they are now, in the workload's layout.
            wait: makes a number of a loss, and so waits for all that was asked for.
        """
        self._steps = workload.steps
        self._batches = cycle(batches)
        self._step, self._weights, self._wait = step, weights, wait

    def answer(self) -> Arrays:
        losses = [self._wait(self._step(*batch)) for batch in islice(self._batches, self._steps)]
        return [np.array(losses, np.float64), *(np.array(w) for w in self._weights())]

    def run(self, calls: int) -> None:
        step, loss = self._step, None
        for batch in islice(self._batches, calls):
            loss = step(*batch)
        self._wait(loss)


class Calls:
    """One call, over and over."""

    def __init__(
        self,
        call: Callable[[], Any],
        answer: Callable[[Any], Arrays] | None = None,
        wait: Callable[[Any], Any] | None = None,
    ) -> None:
        """
        Args:
            call: the call.
            answer: makes of its result what is checked; the result as one array if not given.
            wait: for results that are promises.
        """
        self._call, self._wait = call, wait
        self._answer = answer or (lambda result: [np.atleast_1d(np.asarray(result))])

    def answer(self) -> Arrays:
        return self._answer(self._call())

    def run(self, calls: int) -> None:
        call, result = self._call, None
        for _ in range(calls):
            result = call()
        if self._wait is not None:
            self._wait(result)


def scalars(values: Sequence[Any]) -> Arrays:
    """Single numbers as one array."""
    return [np.array([float(v) for v in values])]
