"""`graph_of`: the graph that a session would run, as a graph of the compiler."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.errors import ShapeError
from ...compiler.ir import Graph as IRGraph
from ...compiler.ir import close
from .errors import UnsupportedError
from .feeds import fed_tensor, fed_type
from .fetches import Fetches
from .functionalize import UnknownRank, functionalize
from .graph import Graph, get_default_graph
from .needed import needed_operations
from .operation import Operation
from .tensor import Tensor


def graph_of(fetches: object, inputs: Sequence[object] | None = None) -> IRGraph:
    """The closed graph of a declarative program, training operations included.

    Args:
        fetches: what ``Session.run`` would be given.
        inputs: the tensors that become the graph's inputs, in this order; None: the placeholders that are needed,
            in the order in which they were made.

    Returns:
        A graph whose outputs are the fetched tensors and whose states are the variables and random keys it touches.

    Raises:
        FeedError: a placeholder is needed that is not among the inputs.
        ShapeError: an input has no shape.
        UnsupportedError: Python computes something that the graph needs.
    """
    graph = _graph_of(fetches)
    wanted = Fetches(graph, fetches)
    outputs = [e for e in wanted.elements if isinstance(e, Tensor)]
    effects = [e for e in wanted.elements if isinstance(e, Operation)]
    if inputs is None:
        needed = needed_operations([*(t.op for t in outputs), *effects], {})
        chosen = [op.outputs[0] for op in needed if op.type == "Placeholder"]
    else:
        chosen = [fed_tensor(graph, i) for i in inputs]
    for tensor in chosen:
        if tensor.type is None:
            raise ShapeError(
                f"{tensor.name!r} has no shape, so there is no one graph of this program",
                hint="give the placeholder a shape",
            )
    feeds = {t: fed_type(t, 0) for t in chosen}
    try:
        program = functionalize(outputs, effects, feeds, chosen)
    except UnknownRank as unknown:
        raise _computed_by_python(unknown.op) from None
    for call in program.calls:
        if call.results:
            raise _computed_by_python(call.op)
    whole = program.graph
    return close(whole.name, whole.inputs, whole.outputs[: len(outputs)], whole.states)


def _computed_by_python(op: Operation) -> UnsupportedError:
    return UnsupportedError(
        f"{op.name!r} ({op.type}) is computed by Python in the middle of a run, so there is no one "
        "graph of this program"
    )


def _graph_of(fetches: object) -> Graph:
    """The graph that the first tensor or operation belongs to."""
    if isinstance(fetches, dict):
        fetches = list(fetches.values())
    if isinstance(fetches, (list, tuple)):
        return _graph_of(fetches[0]) if fetches else get_default_graph()
    graph = getattr(fetches, "graph", None)
    return graph if isinstance(graph, Graph) else get_default_graph()
