"""Sizes that are found out while a graph runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..ir import Attr, Expr, Node, symbols_of
from ..ops import NONZERO

_FOUND_OUT = ("trips", "varying", "sizes")
"""The attributes with which control flow names sizes: iterations that ran, and what branches or iterations change."""


def made_symbols(node: Node) -> list[str]:
    """The symbols whose sizes are known once the node has run, and not before."""
    if node.op is NONZERO:
        return symbols_of(node.output.shape[:1])
    if not node.regions:
        return []
    return symbols_of(_dims_of(node.attrs.get(name) for name in _FOUND_OUT))


def attr_symbols(node: Node) -> list[str]:
    """The symbols in the attributes of a node."""
    return symbols_of(_dims_of(node.attrs.values()))


def _dims_of(attrs: Iterable[Attr]) -> Iterator[Expr]:
    for attr in attrs:
        if isinstance(attr, Expr):
            yield attr
        elif isinstance(attr, tuple):
            yield from _dims_of(attr)


def shaping_symbols(node: Node) -> list[str]:
    """Those of `made_symbols` on which shapes depend: not the number of iterations of a loop that stacks nothing."""
    made = made_symbols(node)
    trips = node.attrs.get("trips")
    if made and isinstance(trips, Expr) and len(node.outputs) == node.attrs["carries"]:
        return [s for s in made if s not in symbols_of((trips,))]
    return made
