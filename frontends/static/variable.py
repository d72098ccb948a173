"""Variables: named state that a session keeps between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ...compiler import ops
from ...compiler.errors import AttributeValueError, Place, ShapeError, StateError
from ...compiler.ir import TensorType, Value, unify
from ...compiler.location import Location
from ...compiler.ops import TensorLike
from .build import add_operation
from .convert import convert, known_type
from .dtypes import DType, as_dtype
from .errors import UnsupportedError
from .graph import Graph, GraphKeys, get_default_graph
from .operation import Operation
from .operators import Operators
from .shape import TensorShape
from .tensor import Tensor

if TYPE_CHECKING:
    from .session import Session

__all__ = [
    "Variable", "all_variables", "assign", "assign_add", "assign_sub", "global_variables",
    "global_variables_initializer", "initialize_all_variables", "initialize_local_variables",
    "initialize_variables", "is_variable_initialized", "local_variables",
    "local_variables_initializer", "model_variables", "moving_average_variables",
    "report_uninitialized_variables", "trainable_variables", "variables_initializer",
]  # fmt: skip


class Variable(Operators):
    """State of one type, set by its initializer and changed by assignments.

    Args:
        initial_value: a tensor, number, list, array, or a function that makes one.
        trainable: whether optimizers change it.
        collections: where to list it; by default the global variables.
        name: made unique in the current name scope.
        dtype: the type to convert the initial value to.

    Raises:
        ShapeError: the shape of the initial value is not known.
    """

    __slots__ = ("__weakref__", "_initial", "_initializer", "_op", "_read", "trainable")

    def __init__(
        self,
        initial_value: object = None,
        trainable: bool = True,
        collections: Iterable[str] | str | None = None,
        validate_shape: bool = True,
        caching_device: object = None,
        name: str | None = None,
        variable_def: object = None,
        dtype: object = None,
        expected_shape: object = None,
        import_scope: object = None,
        constraint: object = None,
        use_resource: object = None,
        shape: object = None,
    ) -> None:
        graph = get_default_graph()
        if initial_value is None:
            raise AttributeValueError("initial_value must be specified.")
        if constraint is not None:
            raise UnsupportedError("bifront does not have constraints on variables")
        # A variable is made whatever runs before it, and once: its operations wait for nothing and are part of no loop.
        with (
            graph.inside(None),
            graph.control_dependencies(None),
            graph.name_scope(name or "Variable") as scope,
        ):
            if callable(initial_value):
                # Named apart, so that initializers' operations stand beneath the variable's name.
                with graph.name_scope("Initializer"):
                    initial_value = initial_value()
            self._initial = convert(initial_value, dtype, "initial_value")
            self.trainable = trainable
            self._make(graph, scope)
        names = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
        wanted = [names] if isinstance(names, str) else list(names)
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in wanted:
            wanted.append(GraphKeys.TRAINABLE_VARIABLES)
        graph.add_to_collections(wanted, self)

    def _make(self, graph: Graph, scope: str) -> None:
        try:
            type = known_type(self._initial)
        except ValueError as unknown:
            raise ShapeError(
                f"initial_value must have a shape specified: {unknown}",
                places=(Place("made here", Location.here()),),
            ) from None
        if not type.is_concrete:
            raise ShapeError(
                f"variable {scope[:-1]!r} would have the shape {TensorShape.of(type)}: "
                "its dimensions must be numbers",
                places=(
                    Place("made here", Location.here()),
                    Place("the initial value was made here", self._initial.op.location),
                ),
                hint="an initial value's shape must not depend on what is fed",
            )
        self._op = add_operation(
            "VariableV2", None, name=scope, outputs=[(as_dtype(type.dtype), type)]
        )
        self._op.variable = self
        state = self._op.outputs[0]
        initial = self._initial
        self._initializer = add_operation(
            "Assign", _assigned, [initial], name="Assign", writes=[self]
        )
        self._read = add_operation("Identity", lambda x: x, [state], name="read").outputs[0]

    # What it is

    @property
    def name(self) -> str:
        return f"{self._op.name}:0"

    @property
    def slot(self) -> str:
        """The name under which sessions and graphs keep its value."""
        return self._op.name

    @property
    def op(self) -> Operation:
        return self._op

    @property
    def graph(self) -> Graph:
        return self._op.graph

    @property
    def device(self) -> str:
        """Always empty: placement has no meaning here."""
        return ""

    @property
    def dtype(self) -> DType:
        return self._op.outputs[0].dtype

    @property
    def type(self) -> TensorType:
        return known_type(self._op.outputs[0])

    @property
    def shape(self) -> TensorShape:
        return self._op.outputs[0].shape

    def get_shape(self) -> TensorShape:
        return self.shape

    def set_shape(self, shape: object) -> None:
        """Raises: ShapeError: the variable has another shape."""
        self.shape.assert_is_compatible_with(shape)

    @property
    def initializer(self) -> Operation:
        """The operation that gives it its initial value."""
        return self._initializer

    @property
    def initial_value(self) -> Tensor:
        return self._initial

    def initialized_value(self) -> Tensor:
        """Its initial value, for use in the initial value of another variable."""
        return self._initial

    def value(self) -> Tensor:
        """A tensor with its value."""
        return self._read

    def read_value(self) -> Tensor:
        """A tensor with its value when the operation made here runs."""
        return add_operation("Identity", lambda x: x, [self._op.outputs[0]]).outputs[0]

    def _as_tensor(self) -> Tensor:
        return self._op.outputs[0]

    def _ref(self) -> Tensor:
        return self._op.outputs[0]

    # What is done to it

    def assign(
        self, value: object, use_locking: object = False, name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:  # fmt: skip
        """An operation that stores ``value``; its output is the new value."""
        return assign(self, value, name=name)

    def assign_add(
        self, delta: object, use_locking: object = False, name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:  # fmt: skip
        """An operation that adds ``delta``; its output is the new value."""
        return assign_add(self, delta, name=name)

    def assign_sub(
        self, delta: object, use_locking: object = False, name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:  # fmt: skip
        """An operation that subtracts ``delta``; its output is the new value."""
        return assign_sub(self, delta, name=name)

    def load(self, value: object, session: Session | None = None) -> None:
        """Store a number or array right away, in ``session`` or the default session."""
        from .session import session_for

        session_for(self._op, session, "load()").load(self, np.asarray(value))

    def eval(self, session: Session | None = None) -> np.ndarray:
        """Its value in ``session``, or in the default session."""
        return self._op.outputs[0].eval(session=session)

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}_ref>"

    def __iter__(self) -> object:
        raise TypeError("'Variable' object is not iterable.")


def write(
    ref: object,
    type: str,
    how: Callable[..., TensorLike],
    *operands: Tensor,
    name: str | None = None,
) -> Tensor:
    """An operation that replaces a variable's value by ``how(current, *operands)``; its output is the new value."""
    variable = variable_of(ref)

    def recipe(current: Value, *values: Value) -> list[TensorLike]:
        new = how(current, *values)
        if new.shape != current.shape:
            fits = len(new.shape) == len(current.shape) and all(
                unify(a, b) is not None for a, b in zip(new.shape, current.shape, strict=True)
            )
            if not fits:
                raise ShapeError(
                    f"{variable.name!r} has shape {variable.shape} and cannot take a value of type {new.type}"
                )
            new = ops.reshape(new, current.shape)  # a run makes sure of the sizes
        return [new, new]

    op = add_operation(type, recipe, operands, name=name, writes=[variable])
    return op.outputs[0]


def _assigned(current: Value, value: Value) -> Value:
    return value


def variable_of(ref: object) -> Variable:
    """The variable that a reference stands for.

    Raises:
        TypeError: it stands for none.
    """
    if isinstance(ref, Variable):
        return ref
    if isinstance(ref, Tensor):
        if ref.op.variable is not None:
            return ref.op.variable
        if len(ref.op.writes) == 1:
            # The output of an assignment is a reference to the variable.
            return ref.op.writes[0]
    raise TypeError(f"{ref!r} is not a variable: only variables can be assigned to")


def assign(
    ref: object,
    value: object,
    validate_shape: bool = True,
    use_locking: object = None,
    name: str | None = None,
) -> Tensor:
    """An operation that stores ``value`` in a variable; its output is the new value.

    Raises:
        DTypeError, ShapeError: the value is of another type than the variable.
    """
    value = convert(value, variable_of(ref).dtype, "value")
    return write(ref, "Assign", lambda current, new: new, value, name=name)


def assign_add(
    ref: object, value: object, use_locking: object = None, name: str | None = None
) -> Tensor:
    """An operation that adds ``value`` to a variable; its output is the new value."""
    value = convert(value, variable_of(ref).dtype, "value")
    return write(ref, "AssignAdd", ops.add, value, name=name)


def assign_sub(
    ref: object, value: object, use_locking: object = None, name: str | None = None
) -> Tensor:
    """An operation that subtracts ``value`` from a variable; its output is the new value."""
    value = convert(value, variable_of(ref).dtype, "value")
    return write(ref, "AssignSub", ops.sub, value, name=name)


def _variables(key: str, scope: str | None) -> list[Variable]:
    return [v for v in get_default_graph().get_collection(key, scope) if isinstance(v, Variable)]


def global_variables(scope: str | None = None) -> list[Variable]:
    """The variables that a checkpoint holds, in the order in which they were made."""
    return _variables(GraphKeys.GLOBAL_VARIABLES, scope)


all_variables = global_variables


def local_variables(scope: str | None = None) -> list[Variable]:
    """The variables in the collection of local ones (counters of metrics)."""
    return _variables(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Variable]:
    return _variables(GraphKeys.MODEL_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Variable]:
    return _variables(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables that optimizers change, in the order in which they were made."""
    return _variables(GraphKeys.TRAINABLE_VARIABLES, scope)


def variables_initializer(var_list: Iterable[Variable], name: str = "init") -> Operation:
    """One operation that initializes all these variables."""
    from .control import group

    return group(*(v.initializer for v in var_list), name=name)


def global_variables_initializer() -> Operation:
    """One operation that initializes all global variables made so far."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Operation:
    """One operation that initializes all local variables made so far."""
    return variables_initializer(local_variables())


initialize_all_variables = global_variables_initializer
initialize_local_variables = local_variables_initializer
initialize_variables = variables_initializer


def is_variable_initialized(variable: Variable, name: str | None = None) -> Tensor:
    """Whether the session has a value for it."""
    from .dtypes import bool as bool_

    op = add_operation(
        "IsVariableInitialized", None, name=name, outputs=[(bool_, TensorType(bool_.ir, ()))],
        host=lambda session: np.bool_(variable.slot in session.store),
    )  # fmt: skip
    return op.outputs[0]


def report_uninitialized_variables(
    var_list: Iterable[Variable] | None = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """The names of those variables for which the session has no value."""
    from .dtypes import string

    watched = [*global_variables(), *local_variables()] if var_list is None else list(var_list)

    def missing(session: Session) -> np.ndarray:
        return np.array([v.slot.encode() for v in watched if v.slot not in session.store], object)

    op = add_operation("Const", None, name=name, outputs=[(string, None)], host=missing)
    return op.outputs[0]


class UninitializedError(StateError):
    """A variable was read before it got a value (``tf.errors.FailedPreconditionError``)."""
