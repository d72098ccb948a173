"""Nested fetches: what ``session.run`` is asked for, and how the answer is put together again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from ...compiler.errors import FetchError, GraphError, Place
from ...compiler.location import Location
from .operation import Operation
from .tensor import Tensor

if TYPE_CHECKING:
    from .graph import Graph

Assemble = Callable[[Sequence[object]], object]

_SINGLE = frozenset({Tensor, Operation, str})


def fetch_key(fetches: object) -> Hashable:
    """Something hashable that is equal for equal structures of the same tensors and operations."""
    kind = type(fetches)
    if kind in _SINGLE:
        return fetches
    if kind is list or isinstance(fetches, tuple):
        return (kind, *[f if type(f) in _SINGLE else fetch_key(f) for f in fetches])  # type: ignore[attr-defined]
    if isinstance(fetches, Mapping):
        return (kind, *((k, fetch_key(v)) for k, v in fetches.items()))
    return fetches if isinstance(fetches, Hashable) else id(fetches)


class Fetches:
    """A structure of fetches, flattened.

    Attributes:
        elements: the tensors and operations, in order of appearance, each once.
        assemble: builds the structure again from one result for each element.
    """

    def __init__(self, graph: Graph, fetches: object) -> None:
        self._graph = graph
        self._positions: dict[Tensor | Operation, int] = {}
        self.assemble: Assemble = self._read(fetches)
        self.elements = list(self._positions)

    def _read(self, fetch: object) -> Assemble:
        if isinstance(fetch, Mapping):
            kind = type(fetch)
            parts = {k: self._read(v) for k, v in fetch.items()}
            return lambda results: kind((k, part(results)) for k, part in parts.items())  # type: ignore[call-arg]
        if isinstance(fetch, (list, tuple)):
            items = [self._read(f) for f in fetch]
            if isinstance(fetch, list):
                return lambda results: [item(results) for item in items]
            make = getattr(type(fetch), "_make", type(fetch))
            return lambda results: make([item(results) for item in items])
        position = self._positions.setdefault(self._element(fetch), len(self._positions))
        return itemgetter(position)

    def _element(self, fetch: object) -> Tensor | Operation:
        if fetch is None:
            raise FetchError(
                "Fetch argument None has invalid type <class 'NoneType'>",
                places=(Place("run here", Location.here()),),
                hint="a function that makes operations may have returned nothing "
                "(tf.gradients gives None where no path leads; merge_all gives None without summaries)",
            )
        try:
            found = self._graph.as_graph_element(fetch)
        except GraphError as error:
            raise ForeignFetch(
                f"Fetch argument cannot be interpreted as a Tensor. {error.answer}",
                places=error.places,
                hint=error.hint,
            ) from None
        except (TypeError, ValueError) as error:
            raise FetchError(
                f"Fetch argument {fetch!r:.200} of type {type(fetch).__name__} cannot be fetched: {error}",
                places=(Place("run here", Location.here()),),
                hint="fetch tensors, operations, variables or their names, in lists, tuples and dicts",
            ) from None
        op = found if isinstance(found, Operation) else found.op
        if op.region is not None:
            raise ForeignFetch(
                f"Operation {op.name!r} has been marked as not fetchable: it is part of {op.region.what}",
                places=(
                    Place("run here", Location.here()),
                    Place(f"{op.name!r} was made here", op.location),
                    Place(f"{op.region.what} is declared here", op.region.location),
                ),
                hint="return it from there and fetch the result",
            )
        return found


class ForeignFetch(FetchError, GraphError):
    """A fetch that belongs to another graph or to the inside of a loop, or a name that this graph does not have."""
