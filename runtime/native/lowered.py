"""The graph that is scheduled."""

from __future__ import annotations

from ...compiler.ir import Graph
from ...compiler.pipeline.optimizing import optimize
from ..assumptions import unified
from .windows import channels_last


def lowered(graph: Graph) -> Graph:
    """A graph with sizes that must be equal made one, rewritten, and with images channels last."""
    return channels_last(optimize(unified(graph)))
