"""`get_variable` and `variable_scope`: variables found again by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeAlias

from ...compiler.errors import Place, ShapeError, StateError
from ...compiler.location import Location
from . import dtypes
from .dtypes import as_dtype
from .errors import UnsupportedError
from .graph import GraphKeys, get_default_graph
from .initializers import Initializer, default_initializer
from .shape import TensorShape
from .tensor import Tensor
from .variable import Variable

__all__ = [
    "AUTO_REUSE", "VariableScope", "get_local_variable", "get_variable", "get_variable_scope",
    "no_regularizer", "variable_op_scope", "variable_scope",
]  # fmt: skip


class _AutoReuse:
    def __repr__(self) -> str:
        return "_ReuseMode.AUTO_REUSE"


AUTO_REUSE = _AutoReuse()
"""Reuse the variable where it exists, make it where it does not."""

Reuse: TypeAlias = "bool | _AutoReuse | None"
Regularizer: TypeAlias = "Callable[[Variable], Tensor | None]"


def no_regularizer(_: object) -> None:
    """The regularizer that adds nothing."""
    return None


class VariableStore:
    """The variables of a graph that `get_variable` made, by name."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.entered: dict[str, int] = {}
        """How often each variable scope was entered: default names are numbered by it."""


class VariableScope:
    """Defaults for `get_variable`, and the prefix of its names."""

    def __init__(
        self,
        name: str,
        reuse: Reuse = False,
        initializer: object = None,
        regularizer: Regularizer | None = None,
        dtype: object = dtypes.float32,
        original_name_scope: str = "",
    ) -> None:
        self.name = name
        self.reuse: Reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.dtype = as_dtype(dtype)
        self.original_name_scope = original_name_scope

    def reuse_variables(self) -> None:
        """From here on, `get_variable` finds variables instead of making them."""
        self.reuse = True

    def set_initializer(self, initializer: object) -> None:
        self.initializer = initializer

    def set_regularizer(self, regularizer: Regularizer | None) -> None:
        self.regularizer = regularizer

    def set_dtype(self, dtype: object) -> None:
        self.dtype = as_dtype(dtype)

    def copy(self) -> VariableScope:
        return VariableScope(
            self.name, self.reuse, self.initializer, self.regularizer, self.dtype,
            self.original_name_scope,
        )  # fmt: skip

    def global_variables(self) -> list[object]:
        return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, self._prefix)

    def trainable_variables(self) -> list[object]:
        return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, self._prefix)

    @property
    def _prefix(self) -> str:
        return self.name + "/" if self.name else ""

    def get_variable(self, name: str, *args: object, **kwargs: object) -> Variable:
        with variable_scope(self, auxiliary_name_scope=False):
            return get_variable(name, *args, **kwargs)  # type: ignore[arg-type]


def get_variable_scope() -> VariableScope:
    """The current variable scope."""
    return get_default_graph().variable_scope


class variable_scope:  # noqa: N801 - TensorFlow's name
    """``with tf.variable_scope("layer", reuse=True) as scope:`` variables are found as ``layer/name``.

    Args:
        name_or_scope: a name, below the current scope, or a scope to enter again; None: ``default_name``, made unique.
        reuse: True: variables must exist; `AUTO_REUSE`: they may; None: as around.
        initializer, regularizer, dtype: defaults for `get_variable` inside.
        auxiliary_name_scope: whether to open a name scope too.
        values, custom_getter, caching_device, partitioner, constraint, use_resource: as far as they have no meaning
            here, accepted; ``custom_getter`` and ``constraint`` raise NotImplementedError.
    """

    def __init__(
        self,
        name_or_scope: object,
        default_name: str | None = None,
        values: object = None,
        initializer: object = None,
        regularizer: Regularizer | None = None,
        caching_device: object = None,
        partitioner: object = None,
        custom_getter: object = None,
        reuse: Reuse = None,
        dtype: object = None,
        use_resource: object = None,
        constraint: object = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if custom_getter is not None or constraint is not None:
            raise UnsupportedError(
                "bifront does not have custom_getter and constraint of variable_scope"
            )
        if name_or_scope is None and default_name is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        self._given = name_or_scope
        self._default = default_name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._dtype = dtype
        self._opens_names = auxiliary_name_scope
        self._open: AbstractContextManager[VariableScope] | None = None

    def __enter__(self) -> VariableScope:
        self._open = self._scopes()
        return self._open.__enter__()

    def __exit__(self, *exception: object) -> None:
        assert self._open is not None
        self._open.__exit__(*exception)  # type: ignore[arg-type]

    @contextmanager
    def _scopes(self) -> Iterator[VariableScope]:
        graph = get_default_graph()
        around = graph.variable_scope
        entered, leaf = self._inside(around)
        counts = graph.variable_store.entered
        before = dict(counts)
        counts[entered.name] = counts.get(entered.name, 0) + 1
        graph.variable_scope = entered
        names = graph.name_scope(leaf) if self._opens_names and leaf else nullcontext("")
        try:
            with names as prefix:
                if not isinstance(self._given, VariableScope):
                    entered.original_name_scope = prefix
                yield entered
        finally:
            graph.variable_scope = around
            if isinstance(self._given, VariableScope):
                graph.variable_store.entered = before
            else:
                # Whoever enters this scope again numbers the layers inside from the beginning.
                counts = graph.variable_store.entered
                for name in [k for k in counts if k.startswith(entered.name + "/")]:
                    del counts[name]

    def _inside(self, around: VariableScope) -> tuple[VariableScope, str]:
        """The scope to enter, and its last name."""
        given = self._given
        if isinstance(given, VariableScope):
            entered = given.copy()
            entered.reuse = entered.reuse or around.reuse
            leaf = given.name.rpartition("/")[2]
        else:
            leaf = str(given) if given is not None else self._unique_default(around)
            entered = around.copy()
            entered.name = f"{around.name}/{leaf}" if around.name else leaf
        if self._reuse is not None:
            entered.reuse = self._reuse or entered.reuse
        if self._initializer is not None:
            entered.initializer = self._initializer
        if self._regularizer is not None:
            entered.regularizer = self._regularizer
        if self._dtype is not None:
            entered.dtype = as_dtype(self._dtype)
        return entered, leaf

    def _unique_default(self, around: VariableScope) -> str:
        counts = get_default_graph().variable_store.entered
        prefix = f"{around.name}/" if around.name else ""
        name, tried = str(self._default), 0
        candidate = name
        while counts.get(prefix + candidate):
            tried += 1
            candidate = f"{name}_{tried}"
        return candidate


@contextmanager
def variable_op_scope(
    values: object, name_or_scope: object, default_name: str | None = None, **kwargs: object
) -> Iterator[VariableScope]:
    """The older form of `variable_scope`."""
    with variable_scope(name_or_scope, default_name, values, **kwargs) as scope:  # type: ignore[arg-type]
        yield scope


def get_variable(
    name: str,
    shape: object = None,
    dtype: object = None,
    initializer: object = None,
    regularizer: Regularizer | None = None,
    trainable: bool | None = None,
    collections: Iterable[str] | None = None,
    caching_device: object = None,
    partitioner: object = None,
    validate_shape: bool = True,
    use_resource: object = None,
    custom_getter: object = None,
    constraint: object = None,
    synchronization: object = None,
    aggregation: object = None,
) -> Variable:
    """The variable called ``name`` in the current variable scope: a new one, or, under reuse, the one that exists.

    Args:
        shape: needed unless ``initializer`` is a tensor or array.
        initializer: a function of a shape, its class, a tensor or an array; by default the scope's, else Glorot uniform
            for floats and zeros for integers.
        regularizer: its value for a new variable goes to the regularization losses.

    Raises:
        StateError: the variable exists and reuse is off, or does not and reuse is on.
        ShapeError: it exists with another shape, or no shape is given.
    """
    if custom_getter is not None or constraint is not None:
        raise UnsupportedError("bifront does not have custom_getter and constraint of get_variable")
    graph = get_default_graph()
    scope = graph.variable_scope
    full = f"{scope.name}/{name}" if scope.name else name
    existing = graph.variable_store.variables.get(full)
    if existing is not None:
        if not scope.reuse:
            raise StateError(
                f"Variable {full} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?",
                places=(
                    Place("asked for here", Location.here()),
                    Place(f"{existing.name!r} was first made here", existing.op.location),
                ),
                hint="give another name, or open the scope with reuse=tf.AUTO_REUSE to share the variable",
            )
        _require_match(existing, shape, dtype)
        return existing
    if scope.reuse is True:
        from difflib import get_close_matches

        near = get_close_matches(full, graph.variable_store.variables, 3)
        raise StateError(
            f"Variable {full} does not exist, or was not created with tf.get_variable(). Did you mean "
            "to set reuse=tf.AUTO_REUSE in VarScope?",
            places=(Place("asked for here", Location.here()),),
            hint=f"variables like it: {', '.join(near)}" if near else "leave out reuse=True",
        )
    made = _make(full, shape, dtype, initializer, trainable, collections)
    graph.variable_store.variables[full] = made
    regularizer = regularizer or scope.regularizer
    if regularizer is not None and regularizer is not no_regularizer:
        with graph.inside(None), graph.name_scope(f"{made.op.name}/Regularizer/"):
            loss = regularizer(made)
        if loss is not None:
            graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    return made


def get_local_variable(name: str, *args: object, **kwargs: object) -> Variable:
    """`get_variable` for a variable that is neither trained nor saved."""
    kwargs["collections"] = [GraphKeys.LOCAL_VARIABLES]
    kwargs["trainable"] = False
    return get_variable(name, *args, **kwargs)  # type: ignore[arg-type]


def _make(
    full: str,
    shape: object,
    dtype: object,
    initializer: object,
    trainable: bool | None,
    collections: Iterable[str] | None,
) -> Variable:
    graph = get_default_graph()
    scope = graph.variable_scope
    initial: object
    kind = scope.dtype if dtype is None else as_dtype(dtype)
    if initializer is None:
        initializer = scope.initializer or default_initializer(kind)
    if isinstance(initializer, type) and issubclass(initializer, Initializer):
        initializer = initializer()
    if callable(initializer):
        dims = _dims(full, shape)
        function = initializer
        initial = lambda: function(dims, dtype=kind)  # noqa: E731 - a thunk, not a function with a name
    else:
        _require_no_shape_clash(full, initializer, shape)
        initial = initializer
        kind = None if dtype is None else kind  # type: ignore[assignment]
    # Variables are named by variable scopes alone, whatever name scope is open.
    with graph.name_scope(None):
        return Variable(
            initial,
            trainable=trainable is None or trainable,
            collections=collections,
            name=full,
            dtype=kind,
        )


def _dims(full: str, shape: object) -> list[int]:
    known = TensorShape(shape)
    if not known.is_fully_defined():
        raise ShapeError(
            f"Shape of a new variable ({full}) must be fully defined, but instead was {known}.",
            places=(Place("asked for here", Location.here()),),
            hint="give all dimensions as numbers, or a tensor or array as initializer",
        )
    return [int(d) for d in known]


def _require_no_shape_clash(full: str, initializer: object, shape: object) -> None:
    if shape is not None and isinstance(initializer, Tensor):
        given = TensorShape(shape)
        if not initializer.shape.is_compatible_with(given):
            raise ShapeError(
                f"variable {full}: the initializer has shape {initializer.shape}, not {given}",
                places=(
                    Place("asked for here", Location.here()),
                    Place("the initializer was made here", initializer.op.location),
                ),
                hint="leave out shape= where the initializer is a tensor",
            )


def _require_match(existing: Variable, shape: object, dtype: object) -> None:
    places: Sequence[Place] = (
        Place("asked for here", Location.here()),
        Place(f"{existing.name!r} was first made here", existing.op.location),
    )
    if shape is not None and not existing.shape.is_compatible_with(TensorShape(shape)):
        raise ShapeError(
            f"Trying to share variable {existing.op.name}, but specified shape {TensorShape(shape)} "
            f"and found shape {existing.shape}.",
            places=places,
        )
    if dtype is not None and existing.dtype != dtype:
        raise StateError(
            f"Trying to share variable {existing.op.name}, but specified dtype "
            f"{as_dtype(dtype).name} and found dtype {existing.dtype.name}.",
            places=places,
        )
