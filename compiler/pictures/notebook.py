"""What a notebook shows for a graph."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from .dot import draw
from .rendering import engine, image

if TYPE_CHECKING:
    from ..ir import Graph
    from ..ir.diff import Difference

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


def difference_bundle(difference: Difference) -> dict[str, str]:
    """What differs in words, and both graphs in colours that say what of one is in the other; never raises."""
    from ..text.tables import pre

    text = str(difference)
    shown = pre(text)
    a, b = difference.a, difference.b
    if difference and max(len(a.nodes), len(b.nodes)) <= NODES and engine() is not None:
        with suppress(Exception):
            # As images: whatever names hold, an image runs nothing.
            pictures = [b64encode(image(draw(x, y), "svg", PATIENCE)) for x, y in ((a, b), (b, a))]
            shown += "".join(
                f'<img alt="graph {name}" style="background: white; max-width: 49%; vertical-align: top" '
                f'src="data:image/svg+xml;base64,{picture.decode()}">'
                for name, picture in zip("ab", pictures, strict=True)
            )
    return {"text/plain": text, "text/html": shown}
