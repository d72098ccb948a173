"""What all optimizers share: `minimize` as gradients, then one update operation for each variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ....compiler.errors import GradientError, Place
from ....compiler.ir import Value
from ....compiler.location import Location
from ....compiler.ops import TensorLike
from ....runtime.checking.border import LISTENERS
from ..build import add_operation
from ..control import control_dependencies, group
from ..convert import constant, convert
from ..gradients import gradients
from ..graph import GraphKeys, get_default_graph
from ..operation import Operation
from ..tensor import Tensor
from ..variable import Variable, assign_add, trainable_variables
from .telling import tell_accumulators, tell_minimized

__all__ = ["Optimizer"]

GradsAndVars = Iterable[tuple[object, Variable]]


class Optimizer:
    """Base of the optimizers. A subclass says which slots it keeps and how it updates one variable."""

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking: bool = False, name: str = "Optimizer") -> None:
        self._name = name
        self._made = Location.here()
        self._slots: dict[str, dict[Variable, Variable]] = {}

    def get_name(self) -> str:
        return self._name

    def minimize(
        self,
        loss: object,
        global_step: Variable | None = None,
        var_list: Iterable[Variable] | None = None,
        gate_gradients: int = 1,
        aggregation_method: object = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: object = None,
    ) -> Operation:
        """An operation that changes the variables (default: the trainable ones) so that ``loss`` falls.

        Raises:
            GradientError: the loss depends on none of them; tells where the way ends.
        """
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if not any(g is not None for g, _ in pairs):
            raise no_gradients(convert(loss), [v for _, v in pairs])
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self,
        loss: object,
        var_list: Iterable[Variable] | None = None,
        gate_gradients: int = 1,
        aggregation_method: object = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: object = None,
    ) -> list[tuple[Tensor | None, Variable]]:
        """Pairs of gradient (None where there is none) and variable."""
        variables = _variables(var_list)
        if not variables:
            raise GradientError(
                "No variables to optimize.",
                places=(Place("called here", Location.here()),),
                hint="make variables (trainable ones) before the optimizer is applied",
            )
        pairs = list(zip(gradients(loss, variables, grad_ys=grad_loss), variables, strict=True))
        if LISTENERS:
            tell_minimized(self._made, convert(loss), grad_loss is not None, pairs)
        return pairs

    def apply_gradients(
        self,
        grads_and_vars: GradsAndVars,
        global_step: Variable | None = None,
        name: str | None = None,
    ) -> Operation:
        """An operation that updates each variable by its gradient, then adds 1 to ``global_step``.

        Raises:
            GradientError: no variable has a gradient.
        """
        pairs = [(g, v) for g, v in grads_and_vars]
        used = [(convert(g), v) for g, v in pairs if g is not None]
        if not used:
            raise no_gradients(None, [v for _, v in pairs])
        if LISTENERS:
            tell_accumulators([g for g, _ in used])
        graph = get_default_graph()
        with graph.control_dependencies(None):
            self._create_slots([v for _, v in used])
        with graph.name_scope(name or self._name) as scope:
            self._prepare()
            updates = []
            for gradient, variable in used:
                with graph.name_scope(f"update_{variable.op.name}"):
                    updates.append(self._apply(gradient, variable))
            finish = self._finish([u.op if isinstance(u, Tensor) else u for u in updates])
            if global_step is None:
                train_op = group(*finish, name=scope)
            else:
                with control_dependencies([group(*finish, name="update")]):
                    train_op = assign_add(global_step, 1, name=scope).op
        train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if train_op not in train_ops:
            train_ops.append(train_op)
        return train_op

    # Slots

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """The slot of that name that belongs to the variable; None if there is none."""
        return self._slots.get(name, {}).get(var)

    def get_slot_names(self) -> list[str]:
        return sorted(self._slots)

    def variables(self) -> list[Variable]:
        """All variables that the optimizer made."""
        return [v for slots in self._slots.values() for v in slots.values()]

    def _slot(self, variable: Variable, key: str, value: float = 0.0, name: str | None = None) -> Variable:  # fmt: skip
        """The slot ``key`` of a variable, made where it does not exist: like the variable, filled with a number."""
        slots = self._slots.setdefault(key, {})
        if variable not in slots:
            from ..creation import fill

            dims = variable.shape.as_list()
            slots[variable] = self._non_trainable(
                f"{variable.op.name}/{name or self._name}",
                lambda: fill(dims, constant(value, variable.dtype), name="zeros"),
            )
        return slots[variable]

    def _non_trainable(self, name: str, initial: Callable[[], Tensor]) -> Variable:
        with get_default_graph().name_scope(None):
            return Variable(initial, trainable=False, name=name)

    # What a subclass says

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        """Make the variables that the updates keep."""

    def _prepare(self) -> None:
        """Make tensors of the hyperparameters."""

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        """The operation that updates one variable."""
        raise NotImplementedError

    def _finish(self, updates: list[Operation]) -> list[Operation]:
        """All operations of a step, given those that update the variables."""
        return updates


def update(
    type: str,
    variables: Sequence[Variable],
    rule: Callable[..., Sequence[TensorLike]],
    *operands: Tensor | float,
) -> Operation:
    """An operation that replaces the values of ``variables`` by ``rule(*current values, *operands)``."""
    count = len(variables)

    def recipe(*values: Value) -> list[TensorLike]:
        rest = iter(values[count:])
        given = [next(rest) if isinstance(o, Tensor) else o for o in operands]
        return list(rule(*values[:count], *given))

    tensors = [o for o in operands if isinstance(o, Tensor)]
    return add_operation(type, recipe, tensors, writes=variables)


def hyperparameter(value: object, name: str) -> Tensor | float:
    """A hyperparameter: a tensor, or a number, which stays one so that the rules can compute with it beforehand."""
    given = value() if callable(value) else value
    if isinstance(given, (int, float)):
        return float(given)
    return convert(given, name=name)


def _variables(var_list: Iterable[Variable] | None) -> list[Variable]:
    if var_list is None:
        return trainable_variables()
    given: list[Variable] = [var_list] if isinstance(var_list, Variable) else list(var_list)
    for variable in given:
        if not isinstance(variable, Variable):
            raise TypeError(f"Argument is not a tf.Variable: {variable!r}")
    return given


def no_gradients(loss: Tensor | None, variables: Sequence[Variable]) -> GradientError:
    """The error for a loss that depends on no variable; says where the way back from it ends."""
    names = ", ".join(repr(v.name) for v in variables[:5]) + (", ..." if len(variables) > 5 else "")
    places = [Place("asked for here", Location.here())]
    reasons: list[str] = []
    if loss is not None:
        places.append(Place(f"the loss {loss.name!r} is made here", loss.op.location))
        for op, reason in _ends(loss):
            places.append(Place(f"the way ends here: {reason}", op.location))
            reasons.append(reason)
    places += [Place(f"variable {v.name!r}", v.op.location) for v in variables[:3]]
    return GradientError(
        "No gradients provided for any variable, check your graph for ops that do not support gradients, "
        f"between variables [{names}] and loss {loss.name if loss is not None else '(all gradients are None)'}.",
        places=places,
        hint="compute the loss from the variables by differentiable operations (tf.argmax, tf.round, "
        "comparisons, tf.stop_gradient and casts to integers have no gradient)",
    )


def _ends(loss: Tensor) -> list[tuple[Operation, str]]:
    """Operations at which a gradient stops on its way from the loss to variables."""
    found: dict[Operation, str] = {}
    seen: set[Operation] = set()
    pending = [loss.op]
    while pending and len(found) < 3:
        op = pending.pop(0)
        if op in seen:
            continue
        seen.add(op)
        if op.type in ("StopGradient", "Placeholder"):
            what = "is a placeholder" if op.type == "Placeholder" else "stops gradients"
            found[op] = f"{op.name!r} {what}"
            continue
        for t in op.inputs:
            if t.dtype.is_floating:
                pending.append(t.op)
            elif not op.outputs or op.outputs[0].dtype.is_floating:
                found[t.op] = f"{t.name!r} ({t.op.type}) is of type {t.dtype.name}"
    return list(found.items())
