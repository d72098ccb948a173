"""What a notebook shows for a graph."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from .dot import draw
from .rendering import engine, image

if TYPE_CHECKING:
    from ..ir import Graph

NODES = 400
"""Larger graphs are shown as text: laying them out would take longer than anybody waits for a cell."""
PATIENCE = 10.0


def mimebundle(graph: Graph) -> dict[str, str]:
    """The graph's text, and its picture where an engine is installed; never raises."""
    try:
        bundle = {"text/plain": graph.to_text() if len(graph.nodes) <= 10 * NODES else repr(graph)}
    except Exception:  # a graph that is not well formed must still show something
        return {"text/plain": repr(graph)}
    if len(graph.nodes) <= NODES and engine() is not None:
        with suppress(Exception):  # a notebook that shows no picture still shows the text
            bundle["image/svg+xml"] = image(draw(graph), "svg", PATIENCE).decode()
    return bundle
