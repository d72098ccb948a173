"""Moving averages of variables."""

from __future__ import annotations

from collections.abc import Iterable

from ....compiler import library, ops
from ....compiler.ir import Value, dtypes
from ....compiler.ops import TensorLike
from ..control import group
from ..convert import convert
from ..errors import UnsupportedError
from ..graph import GraphKeys, get_default_graph
from ..operation import Operation
from ..tensor import Tensor
from ..variable import Variable, global_variables, trainable_variables
from .optimizer import update

__all__ = ["ExponentialMovingAverage"]


class ExponentialMovingAverage:
    """Keeps ``shadow = decay * shadow + (1 - decay) * variable`` for variables.

    Args:
        num_updates: the step; makes the decay ``min(decay, (1 + step) / (10 + step))``, so that averages move faster at
            first.
    """

    def __init__(
        self,
        decay: float,
        num_updates: object = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        if zero_debias:
            raise UnsupportedError("bifront does not have zero_debias of ExponentialMovingAverage")
        self._decay = decay
        self._num_updates = num_updates
        self._name = name
        self._averages: dict[Tensor | Variable, Variable] = {}

    @property
    def name(self) -> str:
        return self._name

    def apply(self, var_list: Iterable[object] | None = None) -> Operation:
        """The operation that moves the averages of these variables or tensors (default: the trainable variables)."""
        given = list(trainable_variables() if var_list is None else var_list)
        graph = get_default_graph()
        sources = [v if isinstance(v, Variable) else convert(v) for v in given]
        for source in sources:
            if source not in self._averages:
                self._averages[source] = self._shadow(source)
        with graph.name_scope(self._name) as scope:
            steps = [] if self._num_updates is None else [convert(self._num_updates)]
            moved = [
                update("AssignMovingAverage", [self._averages[s]], self._rule, convert(s), *steps)
                for s in sources
            ]
            return group(*moved, name=scope)

    def _rule(self, old: Value, new: Value, *steps: Value) -> list[TensorLike]:
        if not steps:
            return [library.moving_average(old, new, 1 - self._decay)]
        step = ops.cast(steps[0], dtypes.float32)
        decay = ops.minimum(ops.div(ops.add(step, 1.0), ops.add(step, 10.0)), self._decay)
        return [library.moving_average(old, new, ops.cast(ops.sub(1.0, decay), old.dtype))]

    def _shadow(self, source: Tensor | Variable) -> Variable:
        from ..creation import zeros

        graph = get_default_graph()
        with graph.name_scope(None), graph.control_dependencies(None):
            name = f"{source.op.name}/{self._name}"
            if isinstance(source, Variable):
                made = Variable(source.initialized_value(), trainable=False, name=name)
            else:
                dims = source.shape.as_list()
                made = Variable(lambda: zeros(dims, source.dtype), trainable=False, name=name)
        graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, source)
        return made

    def average(self, var: object) -> Variable | None:
        """The average of a variable or tensor; None if it has none."""
        found = var if isinstance(var, (Variable, Tensor)) else None
        return self._averages.get(found) if found is not None else None

    def average_name(self, var: object) -> str:
        """The name under which a checkpoint holds the average."""
        return f"{var.op.name}/{self._name}"  # type: ignore[attr-defined]

    def variables_to_restore(
        self, moving_avg_variables: Iterable[Variable] | None = None
    ) -> dict[str, Variable]:
        """For a `Saver` that reads the averages into the variables themselves."""
        averaged = set(
            trainable_variables() if moving_avg_variables is None else moving_avg_variables
        )
        shadows = set(self._averages.values())
        found = {self.average_name(v): v for v in averaged}
        found.update(
            {v.op.name: v for v in global_variables() if v not in averaged and v not in shadows}
        )
        return found
