"""Regions: the operations that a branch, a condition or a loop body declares, as part of one operation of the graph.

The functions that `cond`, `while_loop` and their kind are given are called once, when the operation is declared. What
they declare stays inside: operations of a region run as often as the loop goes round, or not at all, so a value of one
is only to be had inside it, or as one of its results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ...compiler.errors import GraphError, Place
from ...compiler.location import Location
from .errors import UnsupportedError
from .needed import needed_operations

if TYPE_CHECKING:
    from .graph import Graph
    from .operation import Operation
    from .tensor import Tensor
    from .variable import Variable

T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """A branch or body.

    Attributes:
        what: what it is, for people: "the body of while".
        outer: the region around it.
        location: the user's line that declares it.
    """

    what: str
    outer: Region | None
    location: Location

    def inside(self, other: Region | None) -> bool:
        """Whether it is ``other`` or stands in it."""
        region: Region | None = self
        while region is not None and region is not other:
            region = region.outer
        return region is other


def inside(region: Region | None, other: Region | None) -> bool:
    """Whether what is made in ``region`` sees what is made in ``other``."""
    return other is None or (region is not None and region.inside(other))


def require_visible(ops: Iterable[Operation], region: Region | None, used: Location) -> None:
    """Raises: GraphError: an operation of one region is used where that region is not around."""
    for op in ops:
        if not inside(region, op.region):
            assert op.region is not None
            raise GraphError(
                f"{op.name!r} is part of {op.region.what}, and cannot be used "
                + ("outside it" if region is None else f"in {region.what}"),
                places=(
                    Place("used here", used),
                    Place(f"{op.name!r} was made here", op.location),
                    Place(f"{op.region.what} is declared here", op.region.location),
                    *(
                        [Place(f"{region.what} is declared here", region.location)]
                        if region
                        else []
                    ),
                ),
                hint="return it from there and use the result: what happens inside is only known inside",
            )


def declared(graph: Graph, what: str, function: Callable[[], T]) -> tuple[Region, T]:
    """Call a function of the user's; what it declares becomes a region."""
    region = Region(what, graph.region, Location.here())
    with graph.inside(region), graph.control_dependencies(None):
        return region, function()


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """A function of the user's that was called once, as a function of tensors.

    Attributes:
        parameters: the tensors that stand for its arguments.
        results: the tensors that it gives.
        operations: what is needed for the results, each after those it depends on.
        captures: the tensors around it that it uses.
        waits: the operations around it that must run before.
        writes: the variables that it changes.
        streams: slot and seed of the random keys from which it draws.
        calls: the operations that print or check something, in order.
    """

    parameters: tuple[Tensor, ...]
    results: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    captures: tuple[Tensor, ...]
    waits: tuple[Operation, ...]
    writes: tuple[Variable, ...]
    streams: Mapping[str, int | None]
    calls: tuple[Operation, ...]


def body_of(region: Region, parameters: Sequence[Tensor], results: Sequence[Tensor]) -> Body:
    """The function from ``parameters`` to ``results``, which are tensors of a region or around it.

    Raises:
        GraphError: a result belongs to another region.
        UnsupportedError: they need something that only a session can do.
    """
    require_visible([t.op for t in results], region, Location.here())
    given = set(parameters)
    wanted = [t.op for t in results if t.op.region is region and t not in given]
    operations = needed_operations(wanted, given, {region})
    captures: dict[Tensor, None] = {}
    waits: dict[Operation, None] = {}
    writes: dict[Variable, None] = {}
    streams: dict[str, int | None] = {}
    calls: list[Operation] = []
    for op in operations:
        if op.host is not None and not op.outputs:
            calls.append(op)
        elif op.host is not None and (op.inputs or op.outputs[0].dtype.is_numeric):
            error = UnsupportedError(
                f"{op.name!r} ({op.type}) is computed by Python, and {region.what} runs as one compiled piece"
            )
            error.places += (Place(f"{op.name!r} was made here", op.location),)
            raise error
        around = (t for t in op.inputs if t.op.region is not region and t.dtype.is_numeric)
        captures.update(dict.fromkeys(around))
        waits.update(dict.fromkeys(c for c in op.control_inputs if c.region is not region))
        writes.update(dict.fromkeys(op.writes))
        streams.update(streams_of(op))
    captures.update(dict.fromkeys(t for t in results if t.op.region is not region))
    return Body(
        tuple(parameters), tuple(results), tuple(operations), tuple(captures), tuple(waits),
        tuple(writes), streams, tuple(calls),
    )  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Surroundings:
    """What several bodies together use and change of what is around them: see `Body`."""

    captures: tuple[Tensor, ...]
    waits: tuple[Operation, ...]
    writes: tuple[Variable, ...]
    streams: Mapping[str, int | None]


def surroundings(*bodies: Body) -> Surroundings:
    """Their unions, in order."""
    return Surroundings(
        tuple(dict.fromkeys(t for b in bodies for t in b.captures)),
        tuple(dict.fromkeys(op for b in bodies for op in b.waits)),
        tuple(dict.fromkeys(v for b in bodies for v in b.writes)),
        {slot: seed for b in bodies for slot, seed in b.streams.items()},
    )


RNG = "rng"
"""The slot of the session's random key, which all operations without a seed of their own share."""


def streams_of(op: Operation) -> Mapping[str, int | None]:
    """Slot and seed of the random keys that an operation uses."""
    if op.draws:
        return {RNG if op.seed is None else f"{RNG}/{op.name}": op.seed}
    return op.streams
