"""One run of the Python itself, with everything that it did noted down."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from ....compiler.dispatch.current import current
from ..grad_mode import capturing, is_grad_enabled
from .effects import Refusal
from .environment import Watching
from .finding import Finding
from .guard import Guard
from .length import plain_length
from .lengths import Lengths
from .recorded import Recorded, Unrecordable
from .signature import Call
from .traced import plain
from .tracer import Log, Tracing

__all__ = ["record"]


def record(
    name: str,
    function: Callable[..., Any],
    call: Call,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    sizes: bool = True,
) -> Recorded:
    """Run the Python, with all its effects, and find the path that it took.

    Args:
        sizes: whether to listen to what it asks about sizes.

    Raises: what the function raises; then there is no path.
    """
    log = Log(Lengths() if sizes else None)
    arguments = [t.array for t in call.tensors]
    # A write in the run gives tensors origins.
    origins = [a.origin for a in arguments]
    before = random.getstate(), np.random.get_state()
    tracing = Tracing(log, is_grad_enabled())
    watching = Watching(function, call.objects, effects=log.effects, released=log.release)
    recorded: Recorded | None = None
    began = perf_counter()
    try:
        with tracing.listening(), watching as watch:
            result = log.numbers.recognized(function(*args, **kwargs))
        seconds = perf_counter() - began
        observed = None
        if log.lengths is not None:
            result = log.lengths.numbered(result, log.size)
            observed = log.lengths.close()
        result = plain_length(result)
        recorded = Recorded(
            plain(result),
            seconds,
            observed=observed,
            ran=watch.ran,
            steps=log.steps,
            total=log.total,
            debugged=log.debugged,
        )
        try:
            guard = watch.guard()
            if isinstance(guard, Refusal):
                raise Unrecordable(guard.reason, guard.location)
            recorded.guard = guard
            # The path of a run that will not come again is told to who wants to know what ran.
            Finding(name, log, call, arguments, origins, result, guard, recorded).find()
            recorded.refusal = recorded.refusal or _unrepeatable(log, guard, before)
        except Unrecordable as refusal:
            recorded.refusal = refusal
        del result  # what is left of the numbers of the trace is what the program keeps
        return recorded
    finally:
        if log.lengths is not None:
            log.lengths.close()
        if capturing() and recorded is not None and recorded.flows:
            # Whoever records everything shall see what the gradient goes through.
            log.hand_over(current())
        else:
            log.forget()


def _unrepeatable(log: Log, guard: Guard, before: tuple[Any, Any]) -> Unrecordable | None:
    """Why a run cannot be done again by a graph although its path is known."""
    if log.effects.refusals:
        refusal = log.effects.refusals[0]
        return Unrecordable(refusal.reason, refusal.location)
    if guard.mutated:
        return Unrecordable(f"it changes {guard.mutated[0]}")
    if not _same(before, (random.getstate(), np.random.get_state())):
        return Unrecordable(
            "it draws from the random numbers of Python or NumPy, which no graph can do for it"
        )
    return None


def _same(before: tuple[Any, Any], after: tuple[Any, Any]) -> bool:
    (python, numpy), (python_now, numpy_now) = before, after
    return python == python_now and all(
        np.array_equal(a, b) for a, b in zip(numpy, numpy_now, strict=True)
    )
