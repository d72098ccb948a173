"""`bf.draw`: a graph as it was built, as it would be fused, or as an executable runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..compiler.ir import Graph
from ..compiler.pictures import draw as draw_graph
from ..runtime.executable import Executable

if TYPE_CHECKING:
    import graphviz


def draw(
    what: Graph | Executable, against: Graph | None = None, *, fused: bool = False
) -> graphviz.Digraph:
    """A picture of a graph, or of what an executable made of one.

    Operations are coloured by kind and stand in the clusters of their name scopes; inputs, states and outputs have
    shapes of their own; edges carry element type and shape; regions are dashed clusters; tooltips have the user's line.
    Of an executable, and with ``fused``, the clusters are kernels, numbered as the steps of `Executable.memory`: what
    stands in one frame is computed together. What no kernel computes stands in a dashed frame that says why.

    Args:
        what: a graph, or the executable of one.
        against: another graph; colours then say what of the graph is the same there, is applied to something else, has
            changed, or is missing.
        fused: show a graph as the native backend would run it: rewritten, and in kernels. Nothing is compiled.

    Returns:
        The picture; ``bifront.compiler.pictures.render`` writes it to a file, a notebook shows it.
    """
    if isinstance(what, Executable):
        grouping = what.grouping()
    elif fused:
        from ..runtime.native.groups import fused as as_fused

        grouping = as_fused(what)
    else:
        return draw_graph(what, against)
    return draw_graph(grouping.graph, against, grouping.groups, grouping.notes)
