"""The global step."""

from __future__ import annotations

from ....compiler.errors import Place, StateError
from ....compiler.location import Location
from ..creation import zeros
from ..dtypes import int64
from ..graph import Graph, GraphKeys, get_default_graph
from ..session import Session
from ..variable import Variable
from ..variable_scope import get_variable

__all__ = ["create_global_step", "get_global_step", "get_or_create_global_step", "global_step"]


def get_global_step(graph: Graph | None = None) -> Variable | None:
    """The variable that counts training steps; None if there is none."""
    chosen = graph or get_default_graph()
    found = chosen.get_collection(GraphKeys.GLOBAL_STEP)
    step = found[0] if found else None
    if step is None:
        named = [
            v
            for v in chosen.get_collection(GraphKeys.GLOBAL_VARIABLES)
            if isinstance(v, Variable) and v.op.name == "global_step"
        ]
        step = named[0] if named else None
    return step if isinstance(step, Variable) else None


def create_global_step(graph: Graph | None = None) -> Variable:
    """Make the variable that counts training steps.

    Raises:
        StateError: there is one already.
    """
    chosen = graph or get_default_graph()
    existing = get_global_step(chosen)
    if existing is not None:
        raise StateError(
            '"global_step" already exists.',
            places=(
                Place("called here", Location.here()),
                Place("it was made here", existing.op.location),
            ),
            hint="use tf.train.get_or_create_global_step()",
        )
    with chosen.as_default(), chosen.name_scope(None):
        return get_variable(
            "global_step",
            initializer=zeros([], int64),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


def get_or_create_global_step(graph: Graph | None = None) -> Variable:
    """The variable that counts training steps, made if there is none."""
    return get_global_step(graph) or create_global_step(graph)


def global_step(sess: Session, global_step_tensor: Variable) -> int:
    """The current number of the step."""
    return int(sess.run(global_step_tensor))  # type: ignore[call-overload, no-any-return]
