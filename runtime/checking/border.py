"""What frontends tell of a program at their borders, in words that both styles share.

Nothing is told, and nothing is made to be told, where nobody listens: a frontend asks `LISTENERS` first. What happens
once for each operation is not told here; an interpreter sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from types import FunctionType

    from ...compiler.dispatch import Array, Origin
    from ...compiler.ir import Graph, TensorType
    from ...compiler.location import Location
    from ..executable import Executable

Place: TypeAlias = "Location | None"


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The program looked at a value that was evaluated."""

    array: Array


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """An executable ran.

    Attributes:
        arguments, results: one array for each of the graph's parameters and results; not to be changed.
    """

    executable: Executable
    arguments: tuple[np.ndarray, ...]
    results: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pulled:
    """A backward pass of evaluated values is about to begin."""

    roots: tuple[Array, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A value was made that has the numbers of ``array``, and not its history."""

    array: Array


@dataclass(frozen=True, slots=True, eq=False)
class Stepping:
    """An optimizer of evaluated values is about to make a step.

    Attributes:
        made: where the optimizer was made.
        parameters: everything it is to update, as far as it ever required a gradient.
        gradients: that of each, None where there is none.
    """

    made: Place
    parameters: tuple[Origin, ...]
    gradients: tuple[Array | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """Values were dropped at random.

    Attributes:
        place: the line that called the model, or the function.
        learning: whether gradients flow.
    """

    place: Place
    learning: bool


@dataclass(frozen=True, slots=True, eq=False)
class Unset:
    """Memory was handed out as it was found: floats, which a listener may fill."""

    data: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """A container was given one layer that has parameters several times.

    Attributes:
        container, layer: what they are called.
        made: where the layer was made.
    """

    container: str
    layer: str
    times: int
    made: Place


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Saved values were loaded though names did not fit."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Retraced:
    """A compiled function ran as Python, to be compiled for something that it did not know.

    Attributes:
        function: its name.
        counts: how many calls there were so far, and how many of them ran as Python.
    """

    function: str
    counts: Callable[[], tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A function was run once to keep its graph."""

    graph: Graph
    function: FunctionType


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A session is about to run something for the first time.

    Attributes:
        graph: stands for the declared graph.
        fetched: the names of the operations that are asked for.
        made: where each operation was declared, in order.
    """

    graph: object
    fetched: tuple[str, ...]
    made: tuple[Location, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A variable, as a minimized loss sees it.

    Attributes:
        name: what it is called; also the slot of its state.
        place: where it was made.
        chosen: whether the loss is minimized for it.
        reached: whether the gradient of the loss comes to it.
        behind: where the gradient was stopped on the way to it.
    """

    name: str
    place: Place
    chosen: bool
    reached: bool
    behind: Place


@dataclass(frozen=True, slots=True, eq=False)
class Minimized:
    """Gradients for an optimizer were declared.

    Attributes:
        made: where the optimizer was made.
        graph: stands for the declared graph.
        loss: the type of the loss, None where its rank is unknown.
        loss_at: where the loss was made.
        weighted: whether the elements of the loss have weights of the program's own.
        variables: the trainable variables that the loss depends on, and all that were chosen.
    """

    made: Place
    graph: object
    loss: TensorType | None
    loss_at: Place
    weighted: bool
    variables: tuple[Declared, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Accumulator:
    """A variable was given to an optimizer as a gradient.

    Attributes:
        name: what it is called.
        initializer: the name of the operation that sets it to its first value.
        adding, other: where, so far, something is added to it, and where it is changed in another way.
    """

    graph: object
    name: str
    initializer: str
    adding: Callable[[], list[Location]]
    other: Callable[[], list[Location]]


Event: TypeAlias = (
    "Looked | Ran | Pulled | Cut | Stepping | Dropped | Unset | Repeated | Loaded | Retraced | Traced | Planned"
    " | Minimized | Accumulator"
)

LISTENERS: list[Callable[[Event], None]] = []
"""Who is told, on whatever thread something happens."""


def tell(event: Event) -> None:
    """Tell everyone who listens."""
    for listener in tuple(LISTENERS):
        listener(event)
