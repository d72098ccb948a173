"""What one run of the Python gave: its result, its path, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, TypeAlias

import numpy as np

from ....compiler.dispatch import Array, Origin
from ....compiler.location import Location
from ....compiler.sizes import General, Observed
from ....compiler.tracing import Path
from .effects import Effect
from .guard import Guard
from .results import Recipe
from .sources import Held, Source
from .tracer import Assumption

Condition: TypeAlias = "Callable[[np.ndarray], bool]"

__all__ = ["Condition", "Extra", "Recorded", "Unrecordable", "Write"]


class Unrecordable(Exception):
    """Why a run cannot be compiled.

    Attributes:
        reason: in words.
        location: the line.
    """

    def __init__(self, reason: str, location: Location | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


@dataclass(eq=False)
class Extra:
    """A value that a run leaves besides its results.

    Attributes:
        gradient: the leaf whose gradient it becomes; None for other values.
        assumption: what must hold for it; None for other values. What is left is shown.
    """

    gradient: Origin | None = None
    assumption: Assumption | None = None


@dataclass(eq=False)
class Write:
    """A state that a run changes.

    Attributes:
        source: the tensor that is written; for a gradient, the leaf whose gradient is replaced by a new tensor where
            ``replaces``.
        value: the value that the run gave it, whose line is named where somebody still needs the old one.
    """

    source: Source
    replaces: bool
    value: Array


@dataclass(eq=False)
class Recorded:
    """What a run of the Python gave.

    Attributes:
        result: what it returned.
        seconds: how long it took.
        path: what it computed; None where it is not known. Its outputs are what it returned, and then the ``extras``.
        refusal: why it cannot be compiled; None where it can.
        outputs: the values of what it returned.
        observed: what it asked about sizes.
        general: for which sizes the path holds, once it is known.
        ran: the code of the functions that ran.
        inputs, states: where the path's inputs and states come from.
        firsts: the values of the sources before the run.
        extras, writes: what is left behind.
        cleared: leaves whose gradient is None in the end.
        present: leaves whose gradient the run read, and whether there was one.
        recipe: how the result is made anew.
        fixed: whether it says sizes.
        spent: outputs whose history backward let go of, and what stands for it.
        flows: outputs of the path through which gradients flow on, and the sources that they may flow to.
        guard: what the run read of the world around it.
        effects: what it showed.
        conditions: what must hold for values that the run starts with.
        steps: how many optimizer steps it took.
        frozen: tensors among the arguments that must be these very tensors.
        total: the bytes of the large values that it computed.
        debugged: whether a debugger took over in it.
    """

    result: Any = None
    seconds: float = 0.0
    path: Path | None = None
    refusal: Unrecordable | None = None
    outputs: list[np.ndarray] = field(default_factory=list)
    observed: Observed | None = None
    general: General | None = None
    ran: tuple[CodeType, ...] = ()
    inputs: list[Source] = field(default_factory=list)
    states: list[Source] = field(default_factory=list)
    firsts: dict[Source, Array] = field(default_factory=dict)
    extras: list[Extra] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    cleared: list[Origin] = field(default_factory=list)
    present: dict[Origin, bool] = field(default_factory=dict)
    recipe: Recipe | None = None
    spent: dict[int, tuple[()]] = field(default_factory=dict)
    fixed: bool = False
    flows: dict[int, list[Source]] = field(default_factory=dict)
    guard: Guard | None = None
    effects: tuple[Effect, ...] = ()
    conditions: dict[tuple[Source, Condition], None] = field(default_factory=dict)
    steps: int = 0
    frozen: dict[int, Held] = field(default_factory=dict)
    total: int = 0
    debugged: bool = False
