"""The graph that is scheduled."""

from __future__ import annotations

from ...compiler.ir import Graph
from ...compiler.pipeline.optimizing import optimize
from ..assumptions import unified
from .rules import lower
from .windows import channels_last


def lowered(graph: Graph) -> Graph:
    """A graph with sizes that must be equal made one, rewritten, images channels last, by operations that have code."""
    return lower(channels_last(optimize(unified(graph))))
